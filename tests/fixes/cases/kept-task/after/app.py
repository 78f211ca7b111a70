"""Starts what runs beside the requests."""

import asyncio

import memory
from fastapi import FastAPI

app = FastAPI()
_janitor_task = None


@app.on_event("startup")
async def begin():
    """Let the janitor work."""
    global _janitor_task
    _janitor_task = asyncio.create_task(memory.janitor())


@app.post("/chats/{chat_id}")
async def chat(chat_id: str):
    memory.turn(chat_id)
