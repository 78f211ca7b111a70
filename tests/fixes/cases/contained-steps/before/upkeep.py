"""What has to be done once a minute."""

from __future__ import annotations

import threading
import time

_images: dict[str, float] = {}
reported: list[int] = []


def saved(path: str) -> None:
    _images[path] = time.time()


def sweep() -> None:
    limit = time.time() - 600
    for path in [p for p, at in _images.items() if at < limit]:
        _images.pop(path, None)


def report() -> None:
    with open("/nowhere/images.txt", "a") as stream:
        stream.write(str(len(_images)))


def loop(stopped: threading.Event) -> None:
    while not stopped.wait(0):
        report()  # for the statistics
        sweep()


def start() -> None:
    threading.Thread(target=loop, args=(threading.Event(),), daemon=True).start()
