import asyncio
import sys
import time
from types import SimpleNamespace

api = SimpleNamespace(post=lambda path: lambda function: function)
sys.modules["fastapi"] = SimpleNamespace(FastAPI=lambda lifespan: api)

import app

sleep = asyncio.sleep
asyncio.sleep = lambda seconds: sleep(0)


async def main():
    async with app.lifespan(api):
        for number in range(500):
            app._seen[f"old {number}", "seen"] = time.time() - 3700
            app._asked[f"old {number}"] = {"asked": time.time() - 3700}
        await app.see("new")
        await app.ask("new")
        for _ in range(9):
            await sleep(0)
    assert app.alive and list(app._seen) == [("new", "seen")] and list(app._asked) == ["new"]


asyncio.run(main())
