from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger(__name__)

_orders: dict[str, float] = {}
_ORDERS_TTL_SECONDS = 3600
_baskets: dict[str, float] = {}


def order(number: str) -> None:
    _orders[number] = time.time()


def _sweep_orders() -> None:
    """Drop old entries of _orders."""
    now = time.time()
    for key, entry in list(_orders.items()):
        if now - entry > _ORDERS_TTL_SECONDS:
            _orders.pop(key, None)


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
        try:
            _sweep_orders()
        except Exception:
            logger.exception("_sweep_orders() failed")
        tick()


def start() -> None:
    threading.Thread(target=loop, daemon=True).start()
