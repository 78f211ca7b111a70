"""The page of the status cannot be reached, nobody looks at the task, and feeds are asked for."""

import asyncio

from world import Framework, akeys, answer, stub  # isort: split


class Client(Framework):
    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def post(self, *_, **__):
        raise OSError("no way to the host")


stub("httpx", AsyncClient=Client)
import feeds


async def main():
    keeper = asyncio.create_task(feeds.maintain())
    async for key in akeys():
        feeds.requested(key)
        answer(key in feeds._feeds)
    keeper.cancel()


asyncio.run(main())
