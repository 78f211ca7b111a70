"""Runs of chats and of a schedule, each from its start to its end; some fail. How many sequences there are is no answer
of the gateway, but its leak."""

import importlib
import json
import sys

from world import keys  # isort: split


def requests():
    for key in keys(300):
        session = "chat:1" if key[-1] in "02468" else "cron:1"
        ends = {"phase": "error", "error": "a fault"} if key.endswith("-1") else {"phase": "end"}
        for request in (
            {"op": "start", "session": session, "task": "a task"},
            {"op": "event", "stream": "lifecycle", "data": {"phase": "start"}},
            {"op": "event", "stream": "lifecycle", "data": ends},
            {"op": "finish"},
        ):
            yield json.dumps({"run": key, **request})


server = importlib.import_module(f"{sys.argv[1]}.server")
server.sizes = lambda of=server.sizes: {name: size for name, size in of().items() if name != "sequences"}
sys.stdin = requests()
importlib.import_module(f"{sys.argv[1]}.__main__").main()
