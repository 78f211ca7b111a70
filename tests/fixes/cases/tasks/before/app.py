import mail
from fastapi import FastAPI

app = FastAPI()


@app.post("/mail/{address}")
async def post(address: str) -> None:
    mail.send(address)
