"""One order, and then receipts alone, of which there are always some."""

import asyncio

from world import akeys, answer  # isort: split

import tables


async def main():
    tables.tables.order("first")
    async for key in akeys(hours=0.1):
        tables.tables.receipt(key)
        answer(key in tables.tables._receipts)


asyncio.run(main())
