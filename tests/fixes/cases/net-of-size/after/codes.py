"""Codes, good for two minutes."""

import threading

_codes = {}
_CODES_MAX_SIZE = 10_000


def challenge(phone, code):
    _codes[phone] = code
    if len(_codes) > _CODES_MAX_SIZE:
        _codes.pop(next(iter(_codes)), None)
    threading.Timer(120, _codes.pop, (phone, None)).start()


def is_right(phone, code):
    return _codes.get(phone) == code
