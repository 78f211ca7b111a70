import pages
from flask import Flask, request

app = Flask(__name__)


@app.get("/page")
def show() -> str:
    return pages.render(request.args["name"])
