from flask import Flask, request
from queue_view import enqueue

app = Flask(__name__)


@app.post("/tickets")
def ticket() -> str:
    enqueue(request.form["ticket"])
    return "queued"
