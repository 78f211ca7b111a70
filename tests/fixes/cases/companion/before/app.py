import runs
from flask import Flask, request

app = Flask(__name__)


@app.post("/runs")
def run() -> str:
    runs.run(request.form["id"])
    return "done"
