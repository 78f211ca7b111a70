"""The transcripts cannot be written as the sweep comes to the first ones, and can be later."""

import importlib
import json
import sys
from pathlib import Path

from world import answer, keys  # isort: split


def requests():
    for key in keys(10):
        if key == "1-0":
            Path("transcripts").mkdir()
            for part in range(10):
                Path("transcripts", f"0-{part}").touch()
        if not key.startswith("0-"):
            Path("transcripts", key).touch()
        yield json.dumps({"run": key, "text": key})
        answer(key)


sys.stdin = requests()
importlib.import_module(f"{sys.argv[1]}.__main__").main()
