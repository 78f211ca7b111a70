"""Steps for a run by hand: a thousand, at least 20 milliseconds from one to the next."""

import time


def steps():
    for number in range(1000):
        yield number
        time.sleep(0.02)
