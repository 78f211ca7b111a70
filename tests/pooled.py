"""The command with another way to start processes, and another number of bytes from which on it starts any.

Run as a script: such processes read it again.
"""

from __future__ import annotations

import multiprocessing
import sys

from unbounded_lint import cli
from unbounded_lint.files import sources

METHODS = ("fork", "spawn", "forkserver")


def command(method: str, least: int = 0) -> tuple[str, ...]:
    """What to give to Python before the arguments of the command itself."""
    return __file__, method, str(least)


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    sources.POOL_BYTES = int(sys.argv[2])
    sys.exit(cli.main(sys.argv[3:]))
