import runs
from flask import Flask, request

app = Flask(__name__)


@app.post("/runs")
def run():
    runs.register(
        request.form["id"], request.form["task"], request.form.get("lifetime")
    )
    return "begun"
