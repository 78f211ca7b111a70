from colours import code
from flask import Flask, request

app = Flask(__name__)


@app.get("/code")
def show() -> str:
    return code(request.args["name"])
