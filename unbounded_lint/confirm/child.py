"""Runs the program of the user: signals go to it, its streams are its own, and after a while it may be asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

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
    try:
        process = subprocess.Popen(command, env=env)
    except FileNotFoundError:
        raise UserError(f"there is no program {command[0]!r} to run; write it as in a shell, behind `--`") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{command[0]!r} cannot be run: {reason}; name a program behind `--`") from None
    with _passing_on(process):
        try:
            return Ended(_status(process.wait(duration)))
        except subprocess.TimeoutExpired:
            process.terminate()
        try:
            return Ended(_status(process.wait(grace)), asked=True)
        except subprocess.TimeoutExpired:
            process.kill()
        return Ended(_status(process.wait()), asked=True, killed=True)


def _status(code: int) -> int:
    return code if code >= 0 else 128 - code


@contextmanager
def _passing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass on the signals that ask for an end; the report is still to come when the program has ended by one."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if not (number in _of_terminal() and _terminal_tells_all()):
            process.send_signal(number)

    before = {}
    for number in _numbers(_PASSED_ON):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under `nohup`
            before[number] = signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
