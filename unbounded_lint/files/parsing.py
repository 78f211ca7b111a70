"""From the bytes of a file to its facts, here or in a pool of processes."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.errors import UserError
from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.files.contents import DIGEST_BYTES
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
    with _pool(jobs) as pool:
        # Not by `map`, which cancels what waits as it is interrupted: the thread that tells the tasks of the end of
        # their processes fails at one that is cancelled, and what it has not yet closed is waited for without end.
        waiting: list[Future[list[bytes]]] = [pool.submit(_parse_places, chunk) for chunk in chunks]
        try:
            for future in waiting:
                yield from future.result()
        except BrokenProcessPool:
            raise UserError(
                "a process that was reading files has been ended by something else, as a system does that runs out of "
                "memory: try again with --jobs 1, which takes the least."
            ) from None


def _parse_places(places: Sequence[Place]) -> list[bytes]:
    return [_parse_place(place) for place in places]


def _parse_place(place: Place) -> bytes:
    # Names travel and not what is in the files: a pipe that is full keeps the process that writes to it, and where
    # those that read have been killed, for ever (Python 3.10).
    try:
        data = read_regular(place.path, SOURCE_LIMIT)
    except (OSError, ValueError):
        return b""
    if hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest() != place.digest:
        return b""
    return msgspec.msgpack.encode(parse(data))


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that parse as this one does."""
    before = os.environ.get(_SAFE_PATH)
    others = set(multiprocessing.active_children())
    os.environ[_SAFE_PATH] = "1"
    try:
        limit = sys.getrecursionlimit()
        with ProcessPoolExecutor(max_workers=jobs, initializer=_begin_to_parse, initargs=(limit,)) as pool:
            try:
                yield pool
            except BaseException:
                # A file may take a process for long, and closing the pool waits for it.
                for process in set(multiprocessing.active_children()) - others:
                    process.kill()
                raise
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


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
