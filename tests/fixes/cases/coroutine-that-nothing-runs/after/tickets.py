import asyncio
import sys
import time

_tickets = {}
_sweepers = set()


def issue(name):
    _tickets[name] = time.monotonic() + 60


async def drop_again_and_again():
    while True:
        await asyncio.sleep(60)
        now = time.monotonic()
        for name, ends in list(_tickets.items()):
            if ends < now:
                del _tickets[name]


async def main():
    _sweepers.add(asyncio.create_task(drop_again_and_again()))
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await loop.connect_read_pipe(lambda: protocol, sys.stdin)
    async for line in reader:
        issue(line.decode().strip())


if __name__ == "__main__":
    asyncio.run(main())
