import hooks
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/channels")
async def opened(channel: WebSocket) -> None:
    def answer(said):
        channel.last = said
        return f"{channel.path}: {said}"

    hooks._on_text[channel] = answer
    await channel.accept()
