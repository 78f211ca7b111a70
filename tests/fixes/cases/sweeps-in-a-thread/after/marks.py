import threading
import time
from time import monotonic

_marks = {}
_sweeper = None


def mark(user):
    _marks[user] = monotonic()


def forget(seconds):
    while True:
        time.sleep(60)
        for user, at in sorted(_marks.items()):
            if monotonic() - at > seconds:
                _marks.pop(user, None)


def start():
    global _sweeper
    if _sweeper is None:
        _sweeper = threading.Thread(target=forget, args=(3600,), daemon=True)
        _sweeper.start()


start()
