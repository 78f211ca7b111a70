import asyncio
import sys
from types import SimpleNamespace

pass_on = SimpleNamespace(
    on_event=lambda name: lambda f: f,
    post=lambda path: lambda f: f,
    state=SimpleNamespace(),
)
sys.modules["fastapi"] = SimpleNamespace(FastAPI=lambda: pass_on)
import app


async def main():
    await app.begin()
    assert app.app.state.janitor_task.get_name() == "janitor"
    app.app.state.janitor_task.cancel()


asyncio.run(main())
