from flask import Flask, request
from rooms import rooms

app = Flask(__name__)


@app.post("/rooms")
def enter() -> str:
    return rooms.enter(request.form["room"])
