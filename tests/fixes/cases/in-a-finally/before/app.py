import calls
from flask import Flask, request

app = Flask(__name__)


@app.post("/calls")
def call() -> bytes:
    return calls.call(request.form["number"], request.form["url"])
