"""Names of colours, as codes."""

from functools import cache, lru_cache

from flask import Flask, request

app = Flask(__name__)


@cache
def code(name):
    return f"#{sum(name.encode()) % 0xFFFFFF:06x}"


@lru_cache(
    maxsize=None,  # all of them
)
def title(name):
    return name.title()


@app.get("/code")
def show():
    return title(request.args["name"]) + code(request.args["name"])
