from flask import Flask, request
from sessions import sessions

app = Flask(__name__)


@app.post("/sessions")
def begin() -> str:
    sessions.open(request.form["token"], request.form["user"])
    return sessions.user(request.form["token"]) or ""
