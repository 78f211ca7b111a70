import asyncio
import sys
from types import SimpleNamespace

pass_on = SimpleNamespace(
    on_event=lambda name: lambda f: f, post=lambda path: lambda f: f
)
sys.modules["fastapi"] = SimpleNamespace(FastAPI=lambda: pass_on)
import app


async def main():
    await app.begin()
    await app.begin()
    assert len(app._tasks) == 2
    app._tasks.pop().cancel()


asyncio.run(main())
