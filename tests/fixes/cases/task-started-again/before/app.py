import asyncio

import memory
from fastapi import FastAPI

app = FastAPI()


@app.post("/janitors")
async def begin():
    asyncio.create_task(memory.janitor())


@app.post("/chats/{chat_id}")
async def chat(chat_id: str):
    memory.turn(chat_id)
