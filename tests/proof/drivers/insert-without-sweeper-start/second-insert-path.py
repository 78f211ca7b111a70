import asyncio

from world import Framework, akeys, answer, stub  # isort: split

stub("fastapi", FastAPI=Framework)
import app
import watch


async def main():
    async for key in akeys():
        await app.many([key])
        answer(key in watch.watch._hosts)


asyncio.run(main())
