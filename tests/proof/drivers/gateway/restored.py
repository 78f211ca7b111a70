"""The gateway takes over the runs of other processes, one after the other, and has none of its own."""

import importlib
import json
import sys
from pathlib import Path

from world import WORLD, answer, keys  # isort: split

server = importlib.import_module(f"{sys.argv[1]}.server")
package = sys.modules[sys.argv[1]]


def runs():
    if "memory" in vars(package):
        return package.memory.subagent_runs
    return package.runs.subagent_registry()._runs


for key in keys(10, hours=6):
    Path("runs.tsv").write_text(f"{key}\t-\ta task\n")
    Path("runs.json").write_text(json.dumps({key: {"task": "a task", "created_at": WORLD.now}}))
    server.start()
    answer(list(runs()))
