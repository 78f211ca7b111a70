import weakref

import hooks
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/channels")
async def opened(channel: WebSocket) -> None:
    channel_ref = weakref.ref(channel)

    def answer(said):
        channel_ref().last = said
        return f"{channel_ref().path}: {said}"

    hooks._on_text[channel] = answer
    await channel.accept()
