import shop
from flask import Flask, request

app = Flask(__name__)
shop.start()


@app.post("/orders")
def order() -> str:
    shop.order(request.form["number"])
    shop.fill(request.form["basket"])
    return str(shop.is_ordered(request.form["number"]))
