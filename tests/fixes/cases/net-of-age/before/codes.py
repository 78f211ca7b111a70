"""Codes, good for two minutes."""

import threading
import time

_codes = {}


def challenge(phone, code):
    _codes[phone] = (code, time.monotonic())
    timer = threading.Timer(120, _expire, (phone,))
    timer.daemon = True
    timer.start()


def is_right(phone, code):
    return _codes.get(phone, ("", 0.0))[0] == code


def _expire(phone):
    _codes.pop(phone, None)
