"""Drives the fixed gateway as the leaky ones are driven: a new run every hour of simulated time."""

import json
import sys

from fixed_gateway import __main__, server
from pace import steps

from unbounded_lint.reference import Gateway, MemoryRunStore, SimulatedTime

WORLD = SimulatedTime()
server.gateway = Gateway(MemoryRunStore(), clock=WORLD.clock, timers=WORLD)


def requests(operations):
    for number in steps():
        WORLD.advance(3600)
        for operation in operations:
            yield json.dumps({"run": f"run-{number}", "session": "cron:1", "task": "a task", **operation})


sys.stdin = requests(json.loads(sys.argv[1]))
__main__.main()
