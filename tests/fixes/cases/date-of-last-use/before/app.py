from chats import chats
from flask import Flask, request

app = Flask(__name__)


@app.post("/chats")
def open_chat():
    chats.open(request.form["id"], request.form["topic"])
    return "opened"


@app.post("/lines")
def say():
    chats.say(request.form["id"], request.form["line"])
    return "said"


@app.post("/texts")
def add():
    return str(chats.add(request.form["id"], request.form["line"]))
