"""Runs of sessions, which have no deadline; every fourth goes on under another id."""

import importlib
import json
import sys

from world import answer, keys  # isort: split


def requests():
    for key in keys(40, hours=6):
        for _ in range(2 if key.endswith("-3") else 1):
            yield json.dumps({"op": "spawn", "run": key, "task": "a task", "mode": "session"})
        answer(list(runs()))


def runs():
    if "memory" in vars(package):
        return package.memory.subagent_runs
    return package.runs.subagent_registry()._runs


package = importlib.import_module(sys.argv[1])
sys.stdin = requests()
importlib.import_module(f"{sys.argv[1]}.__main__").main()
