import asyncio
import gc
import sys
from types import SimpleNamespace

pass_on = SimpleNamespace(websocket=lambda path: lambda f: f)
sys.modules["fastapi"] = SimpleNamespace(FastAPI=lambda: pass_on, WebSocket=object)
import app
import hooks


class Channel:
    path = "/x"

    async def accept(self):
        pass


kept = Channel()
asyncio.run(app.opened(kept))
assert hooks.text(kept, "hello") == "/x: hello" and kept.last == "hello"
asyncio.run(app.opened(Channel()))
gc.collect()
assert list(hooks._on_text) == [kept]
