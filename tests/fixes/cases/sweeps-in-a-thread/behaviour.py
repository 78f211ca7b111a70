import threading
import time
import warnings

warnings.simplefilter("ignore")
slept, woken = threading.Semaphore(0), threading.Semaphore(0)
now = [1_000_000.0]
time.monotonic = lambda: now[0]


def sleep(seconds):
    slept.release()
    woken.acquire()


time.sleep = sleep
from board import board

assert slept.acquire(timeout=60) if board._task else False
board.post("old")
now[0] += 3601
board.post("new")
woken.release()
slept.acquire()
assert list(board._posts) == ["new"]
