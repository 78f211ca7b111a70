import codes
from flask import Flask, request

app = Flask(__name__)


@app.post("/codes")
def challenge():
    codes.challenge(request.form["phone"], request.form["code"])
    return "sent"
