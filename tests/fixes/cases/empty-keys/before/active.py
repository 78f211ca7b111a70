"""How many downloads of each address are open."""

from contextlib import contextmanager

_open = {}


@contextmanager
def download(address):
    _open[address] = _open.get(address, 0) + 1
    try:
        yield _open[address]
    finally:
        _open[address] -= 1
