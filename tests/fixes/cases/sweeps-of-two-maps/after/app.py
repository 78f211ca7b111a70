import asyncio
import logging
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

logger = logging.getLogger(__name__)

_seen: dict[str, float] = {}
_SEEN_TTL_SECONDS = 3600
_asked: dict[str, float] = {}
_ASKED_TTL_SECONDS = 3600
_sweepers: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def lifespan(app: FastAPI):
    _sweepers.add(asyncio.create_task(_keep_asked_swept()))
    _sweepers.add(asyncio.create_task(_keep_seen_swept()))
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/see/{name}")
async def see(name: str) -> None:
    _seen[name] = time.time()


def _sweep_seen() -> None:
    """Drop old entries of _seen."""
    now = time.time()
    for key, entry in list(_seen.items()):
        if now - entry > _SEEN_TTL_SECONDS:
            _seen.pop(key, None)


async def _keep_seen_swept() -> None:
    """Run _sweep_seen() once a minute."""
    while True:
        await asyncio.sleep(60)
        try:
            _sweep_seen()
        except Exception:
            logger.exception("_sweep_seen() failed")


@app.post("/ask/{name}")
async def ask(name: str) -> None:
    _asked[name] = time.time()


def _sweep_asked() -> None:
    """Drop old entries of _asked."""
    now = time.time()
    for key, entry in list(_asked.items()):
        if now - entry > _ASKED_TTL_SECONDS:
            _asked.pop(key, None)


async def _keep_asked_swept() -> None:
    """Run _sweep_asked() once a minute."""
    while True:
        await asyncio.sleep(60)
        try:
            _sweep_asked()
        except Exception:
            logger.exception("_sweep_asked() failed")
