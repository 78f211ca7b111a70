import tables
from flask import Flask, request

app = Flask(__name__)


@app.post("/orders")
def order():
    tables.order(request.form["number"])
    return "ordered"


@app.post("/receipts")
def receipt():
    tables.receipt(request.form["number"])
    return "noted"


@app.post("/complaints")
def complain():
    tables.complain(request.form.getlist("number"))
    return "noted"
