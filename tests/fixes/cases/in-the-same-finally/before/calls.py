import time
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask, request

app = Flask(__name__)
_running = {}
_asked = set()


@app.post("/calls")
def call():
    return fetch(request.form["number"], request.form["url"])


def fetch(number, url):
    _running[number] = time.time()
    answer = urlopen(url).read()

    # it has come
    del _running[number]  # and is over
    return answer


@app.post("/asks")
def ask():
    url = request.form["url"]
    _asked.add(url)
    try:
        answer = urlopen(url).read()
    except URLError:
        return "gone"
    _asked.remove(url)
    return answer
