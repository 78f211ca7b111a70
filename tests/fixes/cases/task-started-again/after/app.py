import asyncio

import memory
from fastapi import FastAPI

app = FastAPI()
_tasks = set()


@app.post("/janitors")
async def begin():
    task = asyncio.create_task(memory.janitor())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


@app.post("/chats/{chat_id}")
async def chat(chat_id: str):
    memory.turn(chat_id)
