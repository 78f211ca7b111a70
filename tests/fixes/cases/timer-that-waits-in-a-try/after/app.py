import asyncio
import logging
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

log = logging.getLogger(__name__)
_seen = {}
_SEEN_TTL_SECONDS = 3600
_asked = {}
_ASKED_TTL_SECONDS = 3600
alive = []


async def heartbeat():
    while True:
        try:
            _sweep_asked()
        except Exception:
            log.exception("_sweep_asked() failed")
        try:
            _sweep_seen()
        except Exception:
            log.exception("_sweep_seen() failed")
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


def _sweep_seen():
    """Drop old entries of _seen."""
    now = time.time()
    for key, entry in list(_seen.items()):
        if now - entry > _SEEN_TTL_SECONDS:
            _seen.pop(key, None)


@app.post("/ask/{name}")
async def ask(name: str):
    _asked[name] = {"asked": time.time()}


def _sweep_asked():
    """Drop old entries of _asked."""
    now = time.time()
    for key, entry in list(_asked.items()):
        if now - entry["asked"] > _ASKED_TTL_SECONDS:
            _asked.pop(key, None)
