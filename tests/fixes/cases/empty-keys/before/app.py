import active
from flask import Flask, request

app = Flask(__name__)


@app.get("/file")
def file() -> str:
    with active.download(request.remote_addr) as number:
        return str(number)
