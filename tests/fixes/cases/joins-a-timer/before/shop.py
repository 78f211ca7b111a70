from __future__ import annotations

import threading
import time

_orders: dict[str, float] = {}
_baskets: dict[str, float] = {}


def order(number: str) -> None:
    _orders[number] = time.time()


def is_ordered(number: str) -> bool:
    return number in _orders


def fill(number: str) -> None:
    _baskets[number] = time.time()


def tick() -> None:
    for number, since in list(_baskets.items()):
        if time.time() - since > 3600:
            _baskets.pop(number, None)


def loop() -> None:
    while True:
        time.sleep(60)
        tick()


def start() -> None:
    threading.Thread(target=loop, daemon=True).start()
