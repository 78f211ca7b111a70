"""Orders, receipts and complaints, each for a while."""

import threading
import time

_orders = {}
_receipts = {}
_complaints = {}
_timer = None


def order(number):
    global _timer
    _orders[number] = time.monotonic()
    if not _timer:
        _timer = threading.Timer(60, tick)
        _timer.daemon = True
        _timer.start()


def receipt(number):
    _receipts[number] = time.monotonic()


def complain(numbers):
    for number in numbers:
        _complaints[number] = time.monotonic()


def _drop(table):
    limit = time.monotonic() - 600
    for key in [k for k, at in table.items() if at < limit]:
        table.pop(key, None)


def tick():
    global _timer
    _timer = None
    try:
        _drop(_orders)
        _drop(_receipts)
        _drop(_complaints)
    finally:
        if _orders:
            _timer = threading.Timer(60, tick)
            _timer.daemon = True
            _timer.start()
