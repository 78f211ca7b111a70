"""Runs that say something, and are ended by their owner as the next one is under way."""

import importlib
import json
import sys

from world import keys  # isort: split


def requests():
    before = None
    for key in keys():
        yield json.dumps({"run": key, "op": "start", "session": "cron:1"})
        yield json.dumps({"run": key, "op": "event", "stream": "assistant"})
        if before is not None:
            yield json.dumps({"run": before, "op": "end"})
        before = key


sys.stdin = requests()
importlib.import_module(f"{sys.argv[1]}.__main__").main()
