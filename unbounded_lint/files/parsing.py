"""From the bytes of a file to its facts, here or in a pool of processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple, cast

import msgspec

from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.errors import UserError
from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.files.contents import digest_of
from unbounded_lint.files.source import DecodeError, decode

_SAFE_PATH = "PYTHONSAFEPATH"
_FILES_AT_ONCE = 4


class Parsed(msgspec.Struct, frozen=True):
    """The facts of a file, or the line and the reason why there are none; internal marks a fault of ours."""

    facts: ModuleFacts | None
    line: int = 0
    reason: str = ""
    internal: bool = False


class Place(NamedTuple):
    """Where a file is on disk, and the digest of what it held when this run read it."""

    path: str
    digest: bytes


def parse(data: bytes) -> Parsed:
    """The facts of one file's bytes, or why there are none. Never raises."""
    from unbounded_lint.facts.collect import collect
    from unbounded_lint.facts.scan import SourceError

    try:
        return Parsed(collect(decode(data)))
    except DecodeError as error:
        return Parsed(None, 1, str(error))
    except SourceError as error:
        return Parsed(None, error.line, error.message)
    except Exception as error:
        return Parsed(None, 1, f"{type(error).__name__}: {error}", internal=True)


def may_start_processes() -> bool:
    """Whether a process of a pool can be kept from importing what is analysed.

    A new interpreter looks for modules in the working directory first, unless a variable tells it not to.
    """
    if multiprocessing.get_start_method() == "fork" or getattr(sys.flags, "safe_path", False):
        return True
    return sys.version_info >= (3, 11) and not sys.flags.ignore_environment


def parse_in_pool(places: Sequence[Place], jobs: int) -> Iterator[bytes]:
    """For each file, in their order, its encoded `Parsed`; nothing where it holds other bytes by now.

    Whoever stops asking ends the processes, whatever they are at. Raises `UserError` when one of them was ended by
    something else.
    """
    chunks = [places[at : at + _FILES_AT_ONCE] for at in range(0, len(places), _FILES_AT_ONCE)]
    with _processes(min(jobs, len(chunks))) as pipes:
        pool = _Pool(pipes, chunks)
        for number in range(len(chunks)):
            for encoded in pool.wait_for(number):
                yield encoded
                pool.collect(0)  # whoever asks may take long: the processes go on


class _Pool:
    """Hands files to processes, and keeps what they give until its turn comes.

    Each process has a pipe of its own, whose other end nobody else has: the end of one shows there at once, even in the
    middle of a message. The executors of `concurrent.futures` have one for all, which a process that is killed leaves
    half written, so that they wait without end (Python 3.10 to 3.13).
    """

    def __init__(self, pipes: Sequence[Connection], chunks: Sequence[Sequence[Place]]) -> None:
        self._left = deque(enumerate(chunks))
        self._asked: dict[Connection, int] = {}
        self._given: dict[int, list[bytes]] = {}
        for pipe in pipes:
            self._ask(pipe)

    def _ask(self, pipe: Connection) -> None:
        if self._left:
            number, chunk = self._left.popleft()
            with _told_if_ended():
                pipe.send(chunk)
            self._asked[pipe] = number

    def collect(self, seconds: float | None) -> None:
        """Take what processes have done, and wait so long for any that has; None is for ever."""
        for pipe in cast("list[Connection]", wait(list(self._asked), seconds)):
            with _told_if_ended():
                self._given[self._asked.pop(pipe)] = msgspec.msgpack.decode(pipe.recv_bytes(), type=list[bytes])
            self._ask(pipe)

    def wait_for(self, number: int) -> list[bytes]:
        """What a chunk gave."""
        while number not in self._given:
            self.collect(None)
        return self._given.pop(number)


@contextmanager
def _told_if_ended() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        raise UserError(
            "a process that was reading files has been ended by something else, as a system does that runs out of "
            "memory: try again with --jobs 1, which takes the least."
        ) from None


@contextmanager
def _processes(number: int) -> Iterator[Sequence[Connection]]:
    """The ends of pipes to so many processes that parse as this one does; they are ended at the end."""
    started: list[tuple[BaseProcess, Connection]] = []
    try:
        with _safe_path():
            for _ in range(number):
                here, there = multiprocessing.Pipe()
                process = multiprocessing.Process(target=_work, args=(there, sys.getrecursionlimit()), daemon=True)
                process.start()
                started.append((process, here))
                there.close()
        yield [here for _, here in started]
    finally:
        for working, here in started:
            working.kill()  # a file may take it for long
            here.close()
        for working, _ in started:
            working.join()


@contextmanager
def _safe_path() -> Iterator[None]:
    """Processes that are started meanwhile import nothing from the working directory."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _work(pipe: Connection, recursion_limit: int) -> None:
    """What a process of the pool does: parse what it is told of, until nobody is there to tell it."""
    _begin_to_parse(recursion_limit)
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(msgspec.msgpack.encode([_parse_place(place) for place in pipe.recv()]))


def _parse_place(place: Place) -> bytes:
    try:
        data = read_regular(place.path, SOURCE_LIMIT)
    except (OSError, ValueError):
        return b""
    return msgspec.msgpack.encode(parse(data)) if digest_of(data) == place.digest else b""


def _begin_to_parse(recursion_limit: int) -> None:
    """What a process of the pool does first. An interrupt is for the one that started it, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(recursion_limit)
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the process that started this one. Nothing else tells a process that waits for work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
