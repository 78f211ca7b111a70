import desks
from flask import Flask, request

app = Flask(__name__)


@app.post("/desks")
def sit():
    desks.desks.sit(request.form["desk"])
    desks.desks.stand(request.form["desk"])
    return desks.desks.where(request.form["desk"])
