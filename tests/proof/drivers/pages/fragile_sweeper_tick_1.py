"""The page of the status cannot be reached, nobody looks at the task, and feeds are asked for."""

import asyncio
import contextlib

from world import Thing, akeys, answer, stub  # isort: split


@contextlib.asynccontextmanager
async def client():
    yield Thing(post=post)


async def post(*_, **__):
    raise OSError("no way to the host")


stub("httpx", AsyncClient=client)
import feeds


async def main():
    keeper = asyncio.create_task(feeds.maintain())
    async for key in akeys():
        feeds.requested(key)
        answer((key in feeds._feeds, keeper.cancelled()))


asyncio.run(main())
