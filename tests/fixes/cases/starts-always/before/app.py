import jobs
from flask import Flask, request

app = Flask(__name__)


@app.post("/jobs")
def submit() -> str:
    jobs.submit(request.form["id"], "urgent" in request.form)
    return "submitted"


@app.post("/restore")
def restore() -> str:
    return str(jobs.restore(request.get_data(as_text=True)))
