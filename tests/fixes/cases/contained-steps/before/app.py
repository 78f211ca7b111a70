import upkeep
from flask import Flask, request

app = Flask(__name__)
upkeep.start()


@app.post("/images")
def image() -> str:
    upkeep.saved(request.form["path"])
    return "saved"
