import io
import sys
import threading
import time

import serve
import tickets

turns, done = threading.Semaphore(1), threading.Event()


def sleep(seconds):
    if not turns.acquire(blocking=False):
        done.set()
        threading.Event().wait()


time.sleep = sleep
tickets._tickets.update({f"old {number}": time.monotonic() - 1 for number in range(500)})
sys.stdin = io.StringIO("new\n")
serve.main()
assert threading.active_count() > 1
done.wait()
assert list(tickets._tickets) == ["new"]
