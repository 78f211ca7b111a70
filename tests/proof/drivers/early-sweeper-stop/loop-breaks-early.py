"""One order, and then receipts alone, with times between in which there is nothing at all."""

import asyncio

from world import akeys, answer  # isort: split

import tables


async def main():
    tables.tables.order("first")
    async for key in akeys():
        tables.tables.receipt(key)
        answer(key in tables.tables._receipts)


asyncio.run(main())
