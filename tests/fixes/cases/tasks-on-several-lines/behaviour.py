import asyncio
import sys
from collections import defaultdict
from types import SimpleNamespace

app = SimpleNamespace(router=SimpleNamespace(add_get=lambda path, handler: None))
web = SimpleNamespace(Application=lambda: app, Response=lambda: "told")
sys.modules["aiohttp"] = SimpleNamespace(web=web)
import rooms


async def main():
    request = SimpleNamespace(query=defaultdict(str))
    for _ in range(100):
        assert await rooms.enter(request) == await rooms.leave(request) == "told"
    for _ in range(3):
        await asyncio.sleep(0)
    assert not rooms._pending and not rooms._more and not rooms._third


asyncio.run(main())
