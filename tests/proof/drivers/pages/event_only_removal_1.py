"""Every job fails, the first of each hour after a while."""

import asyncio

from world import HOUR, Thing, akeys, answer  # isort: split

import server


async def work(job_id):
    answer(f"work on {job_id}")
    if job_id.endswith("-0"):
        await asyncio.sleep(1.5 * HOUR)
    raise OSError(job_id)


async def main():
    async for key in akeys():
        task = asyncio.create_task(server.handle(Thing(id=key, app=Thing(work=work))))
        task.add_done_callback(lambda done: answer(done.exception()))


asyncio.run(main())
