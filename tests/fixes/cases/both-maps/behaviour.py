import asyncio
import time

import tables as module

module.PAUSE = 0
tables = module.tables


async def main():
    tables.order("first", time.monotonic() - 1)
    tables.receipt("one", time.monotonic() + 60)
    while tables._orders:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    tables._receipts["one"] = 0.0
    for _ in range(20):
        await asyncio.sleep(0)
    assert not tables._receipts


asyncio.run(main())
