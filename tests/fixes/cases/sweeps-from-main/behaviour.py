import io
import sys
import threading
import time

import serve
import store

turns, done = threading.Semaphore(1), threading.Event()


def sleep(seconds):
    if not turns.acquire(blocking=False):
        done.set()
        threading.Event().wait()


time.sleep = sleep
store._visits.update({f"old {number}": time.monotonic() - 3700 for number in range(500)})
sys.stdin = io.StringIO('{"user": "eve", "friend": "eve"}\n')
serve.main()
assert threading.active_count() > 1
done.wait()
assert list(store._visits) == ["eve"] and store.is_here("eve")
