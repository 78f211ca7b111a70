import queue
import threading

import tickets
from flask import Flask, request

app = Flask(__name__)
requests = queue.Queue()
threading.Thread(target=tickets.serve, args=(requests,), daemon=True).start()


@app.post("/tickets")
def take_over():
    tickets.take_over(request.json)
    return "taken over"


@app.post("/tickets/<number>")
def ticket(number):
    requests.put(number)
    return "noted"
