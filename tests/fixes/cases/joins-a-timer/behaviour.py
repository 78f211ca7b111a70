import time
from types import SimpleNamespace

import shop


class Stopped(BaseException):
    pass


def sleep(seconds, turns=[1, 2]):
    turns.pop()
    if not turns:
        raise Stopped


shop.order("new")
shop._orders["old"] = time.time() - 7200
shop.time = SimpleNamespace(time=time.time, sleep=sleep)
try:
    shop.loop()
except Stopped:
    pass
assert shop.is_ordered("new") and not shop.is_ordered("old")
