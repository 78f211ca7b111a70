"""Names of colours, as codes."""

from functools import lru_cache

from flask import Flask, request

app = Flask(__name__)


@lru_cache(maxsize=1024)
def code(name):
    return f"#{sum(name.encode()) % 0xFFFFFF:06x}"


@lru_cache(
    maxsize=1024,  # all of them
)
def title(name):
    return name.title()


@app.get("/code")
def show():
    return title(request.args["name"]) + code(request.args["name"])
