"""More users and guests fall silent than there are sweeps."""

import asyncio

from world import akeys, answer  # isort: split

import presence


async def main():
    keeper = asyncio.create_task(presence.presence.keep())
    async for key in akeys(hours=0.005):
        presence.presence.ping(key)
        presence.presence.visit(key)
        answer(key in presence.presence._seen)
    keeper.cancel()


asyncio.run(main())
