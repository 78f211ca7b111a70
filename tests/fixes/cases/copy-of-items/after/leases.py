import threading
import time

_leases = {}


def take(name: str, seconds: float) -> None:
    _leases[name] = time.monotonic() + seconds


def sweep() -> None:
    for name, ends in list(_leases.items()):
        if ends < time.monotonic():
            del _leases[name]


def _loop() -> None:
    while True:
        time.sleep(60)
        try:
            sweep()
        except Exception:
            print("not swept")


def start() -> None:
    threading.Thread(target=_loop, daemon=True).start()
