import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

_drafts: dict[str, tuple[float, str]] = {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    print("begun")
    yield
    print("ended")


app = FastAPI(lifespan=lifespan)


@app.post("/drafts/{key}")
async def save(key: str, text: str) -> str:
    _drafts[key] = (time.time(), text)
    return "saved"


@app.get("/drafts/{key}")
async def show(key: str) -> str:
    found = _drafts.get(key)
    return found[1] if found is not None else ""
