from fastapi import FastAPI
from tables import tables

app = FastAPI()


@app.post("/orders/{order_id}")
async def order(order_id: str) -> None:
    tables.order(order_id, 60)


@app.post("/receipts/{number}")
async def receipt(number: str) -> None:
    tables.receipt(number, 60)
