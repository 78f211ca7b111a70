import asyncio
import logging
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

log = logging.getLogger(__name__)
_seen = {}
_asked = {}
alive = []


async def heartbeat():
    while True:
        try:
            await asyncio.sleep(30)
            alive[:] = [time.time()]
        except Exception:
            log.exception("no heartbeat")


@asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(heartbeat())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/see/{name}")
async def see(name: str):
    _seen[name, "seen"] = time.time()


@app.post("/ask/{name}")
async def ask(name: str):
    _asked[name] = {"asked": time.time()}
