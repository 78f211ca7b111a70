import files
from flask import Flask, request

app = Flask(__name__)


@app.put("/files/<name>")
def put(name: str) -> str:
    return str(files.save(name, request.get_data(as_text=True)))
