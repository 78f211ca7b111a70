"""Pages that are asked for twice at a time."""

import asyncio

from world import Framework, Thing, akeys, answer, stub  # isort: split


class Client:
    async def get(self, url):
        await asyncio.sleep(1)
        return Thing(content=url.encode())


stub("httpx", AsyncClient=Client)
stub("fastapi", FastAPI=Framework, Response=bytes)
import api


async def main():
    tasks = set()
    async for key in akeys(100):
        for _ in range(2):
            tasks.add(task := asyncio.create_task(api.proxy(key)))
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda done: answer(done.result()))
        answer(key)


asyncio.run(main())
