"""The bytes of the files of a run, the same whenever they are asked for, and their digests, which need no reading while
all is as it was."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import msgspec

from unbounded_lint.disk.cache import Cache
from unbounded_lint.disk.reading import SOURCE_LIMIT, demand_size, read_regular

DIGEST_BYTES = 16

_KEY = b"digests of files"
_SETTLED_NS = 2_000_000_000
"""How long before a run a file must have been left alone: a clock of the file system may be this coarse, and a change
within one tick of it leaves no trace."""


class _Known(NamedTuple):
    """What the system said of a file (modified and changed in nanoseconds, size, inode) when its digest was taken."""

    modified: int
    changed: int
    size: int
    inode: int
    digest: bytes


_Manifest: TypeAlias = dict[str, _Known]
_NONE: Mapping[str, bytes] = MappingProxyType({})


class Contents:
    """What the files below a root hold, by their paths relative to it.

    `unsaved` are the bytes of those that somebody is writing: they count in place of what is on disk, where a file of
    that name need not be, and nothing of them is kept for another run.
    """

    def __init__(self, root: Path, cache: Cache | None, unsaved: Mapping[str, bytes] = _NONE) -> None:
        self._base = os.path.join(root, "")
        self._unsaved = {path: data for path, data in unsaved.items() if not self._is_saved(path, data)}
        self._cache = cache
        self._started = time.time_ns()
        self._data: dict[str, bytes] = {}
        self._digests: dict[str, bytes] = {}
        self._seen: dict[str, os.stat_result] = {}
        self._let_go = False

    @property
    def is_saved(self) -> bool:
        """Whether all is as it is on disk."""
        return not self._unsaved

    def _is_saved(self, path: str, data: bytes) -> bool:
        try:
            return read_regular(self._base + path, SOURCE_LIMIT) == data
        except (OSError, ValueError):
            return False

    def data(self, path: str) -> bytes:
        """The bytes of a file. Raises `OSError` where it cannot be read, or is no longer what it was."""
        if path in self._unsaved:
            demand_size(len(self._unsaved[path]), SOURCE_LIMIT)
            return self._unsaved[path]
        if path in self._data:
            return self._data[path]
        status = os.stat(self._base + path)
        data = read_regular(self._base + path, SOURCE_LIMIT)
        if not self._let_go:
            self._data[path] = data
            self._digests.pop(path, None)  # it may be that of what was there before
        elif self._digests.setdefault(path, digest := digest_of(data)) != digest:
            raise OSError("it changed during the run")
        self._seen[path] = status
        return data

    def let_go(self) -> None:
        """Keep the bytes of no file any longer: who asks for them again is given them from the disk."""
        for path in self._data:
            self.digest(path)
        self._data, self._let_go = {}, True

    def saved_at(self, path: str) -> str | None:
        """Where what counts as a file's bytes can be read from disk; None where somebody is writing them."""
        return None if path in self._unsaved else self._base + path

    def digest(self, path: str) -> bytes:
        """A digest of the bytes of a file. Raises `OSError` where it cannot be read."""
        if path not in self._digests:
            is_new = path in self._data or path in self._unsaved
            known = None if is_new else self._manifest.get(path)
            if known is not None and known == _known(os.stat(self._base + path), known.digest):
                self._digests[path] = known.digest
            else:
                self._digests[path] = digest_of(self.data(path))
        return self._digests[path]

    def keep(self, paths: Iterable[str]) -> None:
        """Keep for the next run the digests that are known of these files, all that there are."""
        if self._cache is None:
            return
        known = {path: self._known(path) for path in paths}
        manifest = {path: one for path, one in known.items() if one is not None and self._is_settled(one)}
        if manifest != self._manifest:
            self._cache.put_many({_KEY: msgspec.msgpack.encode(manifest)})

    def _known(self, path: str) -> _Known | None:
        if path not in self._seen:
            return self._manifest.get(path)
        return _known(self._seen[path], self.digest(path))

    def _is_settled(self, known: _Known) -> bool:
        return max(known.modified, known.changed) < self._started - _SETTLED_NS

    @cached_property
    def _manifest(self) -> _Manifest:
        stored = self._cache.get_many([_KEY]).get(_KEY, b"") if self._cache is not None else b""
        try:
            return msgspec.msgpack.decode(stored, type=_Manifest)
        except (msgspec.DecodeError, RecursionError):
            return {}


def digest_of(data: bytes) -> bytes:
    """The digest by which the bytes of a file are told from others."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def _known(status: os.stat_result, digest: bytes) -> _Known:
    return _Known(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, digest)


def has_beside(root: Path, directory: str, stem: str) -> bool:
    """Whether a directory of a project has a file of whatever kind, or a directory, with that name."""
    try:
        with os.scandir(root / directory) as entries:
            return any(entry.name.partition(".")[0] == stem for entry in entries)
    except OSError:
        return False
