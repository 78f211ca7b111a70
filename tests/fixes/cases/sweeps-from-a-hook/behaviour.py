import asyncio
import sys
import time
import types


class FastAPI:
    def __init__(self, **_):
        pass

    def post(self, path):
        return lambda function: function

    get = post


sys.modules["fastapi"] = types.ModuleType("fastapi")
sys.modules["fastapi"].FastAPI = FastAPI

import app  # noqa: E402

turn = asyncio.sleep
asyncio.sleep = lambda seconds: turn(0)


async def main():
    async with app.lifespan(app.app):
        app._drafts.update({f"old {number}": (time.time() - 3700, "") for number in range(500)})
        await app.save("new", "text")
        for _ in range(5):
            await turn(0)
        assert list(app._drafts) == ["new"] and await app.show("new") == "text"


asyncio.run(main())
