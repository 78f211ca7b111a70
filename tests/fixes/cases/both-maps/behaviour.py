import asyncio
import time

import tables as module

module.PAUSE = 0
tables = module.tables


async def turns():
    for _ in range(20):
        await asyncio.sleep(0)


async def main():
    tables.order("first", time.monotonic() - 1)
    tables.receipt("one", time.monotonic() + 60)
    while tables._orders:
        await asyncio.sleep(0)
    await turns()
    tables._receipts["one"] = 0.0
    await turns()
    assert not tables._receipts and tables._sweeper is None
    tables.receipt("two", 0.0)
    await turns()
    assert not tables._receipts and tables._sweeper is None


asyncio.run(main())
