import marks
from board import board
from flask import Flask, request

app = Flask(__name__)


@app.post("/posts")
def post():
    marks.mark(request.form["user"])
    board.post(request.form["id"])
    return "posted"
