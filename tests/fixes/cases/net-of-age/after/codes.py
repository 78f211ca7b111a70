"""Codes, good for two minutes."""

import threading
import time

_codes = {}
_CODES_TTL_SECONDS = 3600
_codes_swept_at = 0.0


def challenge(phone, code):
    _codes[phone] = (code, time.monotonic())
    _sweep_codes()
    timer = threading.Timer(120, _expire, (phone,))
    timer.daemon = True
    timer.start()


def _sweep_codes():
    """Drop old entries, at most once a minute."""
    global _codes_swept_at
    now = time.monotonic()
    if now - _codes_swept_at < 60:
        return
    _codes_swept_at = now
    for key, entry in list(_codes.items()):
        if now - entry[1] > _CODES_TTL_SECONDS:
            _codes.pop(key, None)


def is_right(phone, code):
    return _codes.get(phone, ("", 0.0))[0] == code


def _expire(phone):
    _codes.pop(phone, None)
