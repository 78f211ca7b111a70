"""Mails are sent beside the requests, and so is the janitor's work."""

import asyncio

import memory
from fastapi import FastAPI

app = FastAPI()
running = set()


async def send(text):
    print(text)


@app.post("/mails")
async def mail(text: str):
    task = asyncio.create_task(send(text))
    running.add(task)
    task.add_done_callback(running.discard)


@app.on_event("startup")
async def begin():
    asyncio.create_task(memory.janitor())


@app.post("/chats/{chat_id}")
async def chat(chat_id: str):
    memory.turn(chat_id)
