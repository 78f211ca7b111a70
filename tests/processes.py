"""Commands as processes of their own: none outlives its test, and none is judged by how fast the machine is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LIMIT = 600.0
"""Seconds after which a process is taken to be stuck: so many that only a fault reaches them."""

PAUSE = 0.02


def environment(**extra: str) -> dict[str, str]:
    """The environment of a process that finds this package, with neither colour nor its absence asked for."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


@contextlib.contextmanager
def started(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, limit: float = LIMIT
) -> Iterator[subprocess.Popen[bytes]]:
    """A running command, its streams piped and the leader of a group of its own.

    Its output ends when every process of the group has: they all hold the streams. At the end, and after so many
    seconds, whatever is left of the group is killed; in the latter case the test fails.
    """
    stuck = threading.Event()

    def end() -> None:
        stuck.set()
        kill_group(process.pid)

    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment() if env is None else env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        watchdog = threading.Timer(limit, end)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            kill_group(process.pid)
    assert not stuck.is_set(), f"killed since it, or a process that it left behind, ran for {limit:.0f} seconds"


def finished(
    command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """What a command gives that was given a text on its standard input and has ended."""
    with started(command, cwd=cwd, env=env) as process:
        out, errors = process.communicate(text.encode())
    return subprocess.CompletedProcess(command, process.returncode, out.decode(), errors.decode())


def python(
    *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """What the Python that runs the tests gives for these arguments."""
    return finished([sys.executable, *arguments], cwd=cwd, env=env, text=text)


def kill_group(group: int) -> None:
    """Kill what is left of a group of processes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def until_alive(process: subprocess.Popen[bytes], sign: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait for a sign that a process is where a test wants it; fails if it ends before, or after so many seconds."""
    end = time.monotonic() + limit
    while not sign():
        assert process.poll() is None and time.monotonic() < end, "no sign of life"
        time.sleep(PAUSE)
