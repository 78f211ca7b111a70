import asyncio

import tickets

clock = [1_000_000.0]
tickets.monotonic = lambda: clock[0]
tickets.PAUSE = 0
desk = tickets.desk


async def main():
    sweeper = asyncio.create_task(desk.sweep())
    desk.open("short", 60)
    desk.open("long", None)
    assert desk.seen("long")
    for left in (["long"], []):
        clock[0] += 80_000
        for _ in range(20):
            await asyncio.sleep(0)
        assert list(desk._tickets) == left
    sweeper.cancel()


asyncio.run(main())
