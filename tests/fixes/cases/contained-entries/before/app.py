from flask import Flask, request
from uploads import uploads

app = Flask(__name__)
uploads.start()


@app.post("/uploads")
def save() -> str:
    uploads.save(request.form["path"])
    return "saved"
