"""Codes, good for two minutes."""

import threading

_codes = {}


def challenge(phone, code):
    _codes[phone] = code
    threading.Timer(120, _codes.pop, (phone, None)).start()


def is_right(phone, code):
    return _codes.get(phone) == code
