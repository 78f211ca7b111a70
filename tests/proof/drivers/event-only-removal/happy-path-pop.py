"""No job can be fetched; the first of each hour is told so after a while."""

import asyncio

from world import HOUR, Framework, akeys, answer, stub  # isort: split

stub("httpx")
stub("fastapi", FastAPI=Framework)
import runs


async def work(run_id):
    runs.step(run_id)
    if run_id.endswith("-0"):
        await asyncio.sleep(1.5 * HOUR)
    raise OSError(run_id)


async def main():
    async for key in akeys():
        task = asyncio.create_task(runs.run(key, work))
        task.add_done_callback(lambda done: answer(done.exception()))


asyncio.run(main())
