"""What formatters make of files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.processes import finished

RUFF = (sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", "--no-cache")


def reformatted(files: Mapping[Path, bytes], folder: Path, *command: str) -> dict[Path, bytes]:
    """Files as a formatter leaves them, which is run over a directory that they are written into."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    done = finished([*command, "."], cwd=folder)
    assert done.returncode == 0, done.stderr
    return {path: (folder / path).read_bytes() for path in files}
