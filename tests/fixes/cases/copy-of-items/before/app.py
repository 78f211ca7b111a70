import leases
from flask import Flask, request

app = Flask(__name__)
leases.start()


@app.post("/leases")
def take() -> str:
    leases.take(request.form["name"], 60)
    return "taken"
