import tickets
from flask import Flask, request

app = Flask(__name__)


@app.post("/tickets")
def open_ticket() -> str:
    return tickets.open_ticket(request.form["number"], 600)
