import threading
import time

from flask import Flask, request

app = Flask(__name__)


class Drafts:
    def __init__(self):
        self._kept = {}
        self._lock = threading.Lock()

    def save(self, key, text):
        with self._lock:
            self._kept[key] = (time.monotonic(), text)

    def drop_old(self):
        with self._lock:
            for key, (at, _) in list(self._kept.items()):
                if time.monotonic() - at > 3600:
                    del self._kept[key]


drafts = Drafts()


@app.post("/drafts")
def save():
    drafts.save(request.form["key"], request.form["value"])
    return "saved"
