"""Drives a stage of the gateway that leaks: a new run every hour of simulated time, from its start to its end."""

import importlib
import json
import sys
import threading
import time

from pace import steps

from unbounded_lint.reference import SimulatedTime

WORLD = SimulatedTime()


class Timer(threading.Timer):
    def start(self):
        WORLD.call_later(self.interval, lambda: self.finished.is_set() or self.function(*self.args))


def requests(operations):
    for number in steps():
        WORLD.advance(3600)
        for operation in operations:
            yield json.dumps({"run": f"run-{number}", "session": "cron:1", "task": "a task", **operation})


threading.Timer, time.time, sys.stdin = Timer, WORLD.clock, requests(json.loads(sys.argv[2]))
importlib.import_module(f"{sys.argv[1]}.__main__").main()
