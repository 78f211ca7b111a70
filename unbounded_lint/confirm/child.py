"""Runs the program of the user: signals go to it, its streams are its own, and after a while it may be asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import msgspec

from unbounded_lint.errors import UserError

GRACE = 10.0
"""Seconds that a program has to end once it is asked to."""

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


class Ended(msgspec.Struct, frozen=True):
    """How the program ended: with a status as a shell gives it (128 and the number of a signal), by itself or since it
    was asked to, which it may not have done in time."""

    status: int
    asked: bool = False
    killed: bool = False


def run(command: Sequence[str], env: Mapping[str, str], duration: float | None = None, grace: float = GRACE) -> Ended:
    """Run a command to its end, or for so many seconds. Raises UserError where it cannot be started."""
    with _Passing() as passing:
        process = passing.process = _started(command, env)
        try:
            return Ended(_status(process.wait(duration)))
        except subprocess.TimeoutExpired:
            process.terminate()
        try:
            return Ended(_status(process.wait(grace)), asked=True)
        except subprocess.TimeoutExpired:
            process.kill()
        return Ended(_status(process.wait()), asked=True, killed=True)


def _started(command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=env)
    except FileNotFoundError:
        raise UserError(f"there is no program {command[0]!r} to run; write it as in a shell, behind `--`") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{command[0]!r} cannot be run: {reason}; name a program behind `--`") from None


def _status(code: int) -> int:
    return code if code >= 0 else 128 - code


class _Passing:
    """Passes on the signals that ask for an end: the report is still to come when the program has ended by one."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Passing:
        for number in _numbers(_PASSED_ON):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under `nohup`
                self._before[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        is_told = number in _of_terminal() and _terminal_tells_all()
        if self.process is not None and not is_told:
            self.process.send_signal(number)


def _numbers(names: Sequence[str]) -> Iterator[int]:
    for name in names:
        if hasattr(signal, name):
            yield getattr(signal, name)


def _of_terminal() -> set[int]:
    return set(_numbers(("SIGINT", "SIGQUIT")))


def _terminal_tells_all() -> bool:
    """Whether a key that interrupts is told to the program by the terminal itself: to all processes in its front."""
    group: Callable[[int], int] | None = getattr(os, "tcgetpgrp", None)
    if group is None:
        return True
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        try:
            if stream is not None and group(stream.fileno()) == os.getpgrp():
                return True
        except (OSError, ValueError):
            continue
    return False
