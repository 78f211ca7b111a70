import asyncio
import logging
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

logger = logging.getLogger(__name__)

_drafts: dict[str, tuple[float, str]] = {}
_sweepers: set[asyncio.Task[None]] = set()
_DRAFTS_TTL_SECONDS = 3600


@asynccontextmanager
async def lifespan(app: FastAPI):
    _sweepers.add(asyncio.create_task(_keep_drafts_swept()))
    print("begun")
    yield
    print("ended")


app = FastAPI(lifespan=lifespan)


@app.post("/drafts/{key}")
async def save(key: str, text: str) -> str:
    _drafts[key] = (time.time(), text)
    return "saved"


def _sweep_drafts() -> None:
    """Drop old entries of _drafts."""
    now = time.time()
    for key, entry in list(_drafts.items()):
        if now - entry[0] > _DRAFTS_TTL_SECONDS:
            _drafts.pop(key, None)


async def _keep_drafts_swept() -> None:
    """Run _sweep_drafts() once a minute."""
    while True:
        await asyncio.sleep(60)
        try:
            _sweep_drafts()
        except Exception:
            logger.exception("_sweep_drafts() failed")


@app.get("/drafts/{key}")
async def show(key: str) -> str:
    found = _drafts.get(key)
    return found[1] if found is not None else ""
