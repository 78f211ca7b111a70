"""What the last run found, for as long as nothing that it rests on has changed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from unbounded_lint import __version__
from unbounded_lint.disk.cache import Cache
from unbounded_lint.disk.reading import SETTINGS_LIMIT, read_regular
from unbounded_lint.files.contents import Contents, has_beside
from unbounded_lint.files.discovery import documents
from unbounded_lint.run.request import Grounded, Request

T = TypeVar("T", bound=Grounded)


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer, and a digest of all that it rests on."""

    ground: bytes
    answer: msgspec.Raw


class Results(Generic[T]):
    """The answer that is kept of one project, for one way to ask: by these settings, with this program. kind is what
    answers are, question what tells one from others of its kind."""

    def __init__(
        self, request: Request, contents: Contents, cache: Cache | None, kind: type[T], question: bytes = b""
    ) -> None:
        self._request = request
        self._contents = contents
        self._cache = cache
        self._kind = kind
        self._slot = slot(request, kind.__name__.encode() + question) if cache is not None else b""

    def known(self) -> T | None:
        """What was found when all was as it is now, None where something has changed."""
        if self._cache is None:
            return None
        stored = self._cache.get_many([self._slot]).get(self._slot)
        if stored is None:
            return None
        try:
            kept = msgspec.msgpack.decode(stored, type=_Kept)
            answer = msgspec.msgpack.decode(kept.answer, type=self._kind)
        except (msgspec.DecodeError, RecursionError):
            return None
        return answer if kept.ground == self._ground(answer) else None

    def keep(self, answer: T) -> None:
        """Keep an answer for the next run, unless that may say more."""
        if self._cache is None or not answer.whole:
            return
        ground = self._ground(answer)
        if ground:
            kept = _Kept(ground, msgspec.Raw(msgspec.msgpack.encode(answer)))
            self._cache.put_many({self._slot: msgspec.msgpack.encode(kept)})

    def _ground(self, answer: T) -> bytes:
        """A digest of what an answer rests on as it is now, empty where a file cannot be read."""
        digest = hashlib.blake2b(digest_size=32)
        project = self._request.project
        try:
            for file in project.files:
                digest.update(msgspec.msgpack.encode(file))
                digest.update(self._contents.digest(file.path))
        except OSError:
            return b""
        beside = [has_beside(project.root, directory, stem) for directory, stem, _ in answer.beside]
        if beside != [found for _, _, found in answer.beside]:
            return b""
        if answer.documents is not None:
            if documents(project.root, self._request.settings) != answer.documents:
                return b""
            for path in answer.documents:
                digest.update(self._of_document(path))
        digest.update(msgspec.msgpack.encode((project.unnamed, settings_text(self._request))))
        return digest.digest()

    def _of_document(self, path: str) -> bytes:
        """A digest of a page, empty where it cannot be read: it shows nothing then, and is no fault."""
        try:
            return self._contents.digest(path)
        except OSError:
            return b""


def slot(request: Request, kind: bytes) -> bytes:
    """The key under which a cache keeps what this program finds by the settings of a request; kind is all else that
    tells it from others."""
    # What a baseline accepts is taken away from what was found.
    settings = msgspec.structs.replace(request.settings, baseline=None)
    asked = (settings, request.apply_noqa, os.fsencode(request.settings_file or ""), kind)
    digest = hashlib.blake2b(msgspec.msgpack.encode(asked, order="deterministic"), digest_size=32)
    for each in _program():
        digest.update(os.fsencode(f"{each}\n"))
    return b"findings " + digest.digest()


def settings_text(request: Request) -> bytes:
    """What the settings file of a run holds; nothing where there is none, or it has gone since it was read."""
    try:
        return read_regular(request.settings_file, SETTINGS_LIMIT) if request.settings_file is not None else b""
    except OSError:
        return b""


def _program() -> Iterator[str]:
    """What tells one state of this program, and of what it reads Python with, from another."""
    yield f"{__version__} {sys.version}"
    yield from _states(Path(__file__).parents[1])
    parser = importlib.util.find_spec("libcst")
    if parser is not None and parser.origin:
        yield _state(parser.origin)


def _states(folder: Path) -> Iterator[str]:
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir():
                    pending.append(entry.path)
                elif not entry.name.endswith(".pyc"):
                    yield _state(entry.path)


def _state(path: str) -> str:
    status = os.stat(path)
    return f"{path} {status.st_size} {status.st_mtime_ns}"
