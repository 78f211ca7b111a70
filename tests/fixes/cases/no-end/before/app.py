import asyncio

import tickets
from fastapi import FastAPI

app = FastAPI()


@app.on_event("startup")
async def begin() -> None:
    app.state.sweeper = asyncio.create_task(tickets.desk.sweep())


@app.post("/tickets/{number}")
async def opened(number: str, seconds: int | None = None) -> None:
    tickets.desk.open(number, seconds)
