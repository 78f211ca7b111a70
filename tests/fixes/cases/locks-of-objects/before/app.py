import rooms
from flask import Flask, request

app = Flask(__name__)


@app.post("/notes")
def note():
    with open(request.form["file"], "a") as file:
        rooms.note(file, request.form["text"])
    return str(rooms.speak(request.form["file"], request.form["text"]))
