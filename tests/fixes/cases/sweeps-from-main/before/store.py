import time

_visits = {}


def visit(user):
    _visits[user] = time.monotonic()


def is_here(user):
    return user in _visits
