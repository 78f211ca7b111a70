"""Runs that are to be kept."""

import asyncio

from world import akeys, answer  # isort: split

from runs import runs


async def main():
    async for key in akeys(hours=6):
        runs.register(key, "a task", None)
        answer(runs._runs[key].task)


asyncio.run(main())
