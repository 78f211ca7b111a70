import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

_seen: dict[str, float] = {}
_asked: dict[str, float] = {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/see/{name}")
async def see(name: str) -> None:
    _seen[name] = time.time()


@app.post("/ask/{name}")
async def ask(name: str) -> None:
    _asked[name] = time.time()
