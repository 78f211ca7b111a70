import asyncio

import memory
from fastapi import FastAPI

app = FastAPI()
app.state.users = 0


@app.on_event("startup")
async def begin():
    asyncio.create_task(memory.janitor(), name="janitor")


@app.post("/chats/{chat_id}")
async def chat(chat_id: str):
    app.state.users += 1
    memory.turn(chat_id)
