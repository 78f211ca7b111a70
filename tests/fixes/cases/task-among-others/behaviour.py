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
    (task,) = app.running
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not app.running


asyncio.run(main())
