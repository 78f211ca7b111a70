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
    assert not app._janitor_task.done()
    app._janitor_task.cancel()


asyncio.run(main())
