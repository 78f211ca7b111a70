"""The files of a run: their bytes, the words they mention, and their facts, from the cache or from libcst."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cached_property
from pathlib import Path

import msgspec

from unbounded_lint import __version__
from unbounded_lint.cache import Cache
from unbounded_lint.facts import gate
from unbounded_lint.facts.model import SCHEMA, ModuleFacts
from unbounded_lint.source import DecodeError, SourceFile, decode

POOL_BYTES = 500_000
"""From how many bytes to parse a pool of processes pays for itself."""

MAX_BYTES = 20_000_000
"""A file larger than this is generated data, not code that somebody maintains."""


_MANGLED = re.compile(r"^_[^\W_]\w*?(?=__\w)")


class Failure(msgspec.Struct, frozen=True):
    """Why a file has no facts: line and reason; internal marks a fault of ours."""

    path: str
    line: int
    reason: str
    internal: bool = False


class _Parsed(msgspec.Struct, frozen=True):
    facts: ModuleFacts | None
    line: int = 0
    reason: str = ""
    internal: bool = False


def parse_bytes(data: bytes) -> bytes:
    """The encoded result of reading one file's bytes, as a pool or the cache carries it. Never raises."""
    return msgspec.msgpack.encode(_parse(data))


def _parse(data: bytes) -> _Parsed:
    """The facts of one file's bytes, or why there are none. Never raises."""
    from unbounded_lint.facts.collect import collect
    from unbounded_lint.facts.parse import SourceError

    try:
        return _Parsed(collect(decode(data)))
    except DecodeError as error:
        return _Parsed(None, 1, str(error))
    except SourceError as error:
        return _Parsed(None, error.line, error.message)
    except Exception as error:
        return _Parsed(None, 1, f"{type(error).__name__}: {error}", internal=True)


def _compiles(data: bytes) -> bool:
    """Whether the running Python can parse a file; deep nesting and the like count as no."""
    if len(data) > POOL_BYTES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<source>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


class Sources:
    """Reads each file once. `load` gives facts on demand; `prefetch` makes them for many files, in a pool if that
    pays.

    Whatever their order, `files` are taken by path: among equal answers the first file's is given.
    """

    def __init__(self, root: Path, files: Sequence[SourceFile], cache: Cache | None) -> None:
        self.root = root
        self.files = tuple(sorted(files, key=lambda file: file.path))
        self._cache = cache
        self._data: dict[str, bytes] = {}
        self._encoded: dict[str, bytes] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._failures: dict[str, Failure] = {}
        self._read: set[str] = set()
        self._ready: dict[str, _Parsed] = {}
        self._decoder = msgspec.msgpack.Decoder(_Parsed)
        self.parsed = 0

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The files without facts among those asked for, by path."""
        return tuple(self._failures[path] for path in sorted(self._failures))

    def data(self, path: str) -> bytes:
        """The bytes of a file; empty, and a failure, when it cannot be read."""
        if path not in self._data:
            try:
                file = self.root / path
                if file.stat().st_size > MAX_BYTES:
                    raise OSError(f"larger than {MAX_BYTES // 1_000_000} MB")
                self._data[path] = file.read_bytes()
            except OSError as error:
                self._data[path] = b""
                reason = error.strerror or str(error)
                self._failures[path] = Failure(path, 1, f"cannot be read ({reason[0].lower()}{reason[1:]})")
        return self._data[path]

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """The files that may define a container, in path order."""
        return tuple(f.path for f in self.files if not f.is_test and gate.may_define(self.data(f.path)))

    @cached_property
    def _by_word(self) -> dict[bytes, list[str]]:
        index: dict[bytes, list[str]] = {}
        for file in self.files:
            for word in gate.words(self.data(file.path)):
                index.setdefault(word, []).append(file.path)
        return index

    def mentioning(self, identifier: str) -> Sequence[str]:
        """The files that mention an identifier, in path order; a private name is written without the class that
        mangles it."""
        written = _MANGLED.sub("", identifier)
        return self._by_word.get(written.encode(), ())

    # --- facts ---

    def load(self, path: str) -> ModuleFacts | None:
        """The facts of a file, None when it has none; then `failures` says why."""
        if path in self._failures:
            return None
        if path in self._ready:
            parsed = self._ready.pop(path)
        elif self._cache is None and path not in self._encoded:
            parsed = self._parse_now(path)
        else:
            if path not in self._encoded:
                self._make([path], 1, None)
            parsed = self._decoder.decode(self._encoded[path])
        if parsed.facts is None:
            self._failures[path] = Failure(path, parsed.line, parsed.reason, parsed.internal)
        return parsed.facts

    def prefetch(self, paths: Iterable[str], jobs: int, progress: Callable[[int, int], None] | None) -> None:
        """Make the facts of many files ready."""
        wanted = [
            path for path in paths if path not in self._encoded and self.data(path) and path not in self._failures
        ]
        if self._cache is None and jobs <= 1:
            for done, path in enumerate(wanted, 1):
                self._ready[path] = self._parse_now(path)
                if progress is not None:
                    progress(done, len(wanted))
            return
        self._make(wanted, jobs, progress)

    def _parse_now(self, path: str) -> _Parsed:
        """Facts that neither a pool nor the cache needs in encoded form."""
        self._read.add(path)
        self.parsed += 1
        return _parse(self.data(path))

    def _key(self, path: str) -> bytes:
        digest = hashlib.blake2b(self.data(path), digest_size=16)
        digest.update(f"{__version__} {SCHEMA} {sys.version_info[:2]}".encode())
        return digest.digest()

    def _make(self, paths: Sequence[str], jobs: int, progress: Callable[[int, int], None] | None) -> None:
        keys = {path: self._key(path) for path in paths} if self._cache is not None else {}
        known = self._cache.get_many(keys.values()) if self._cache is not None and keys else {}
        for path, key in keys.items():
            if key in known and self._is_sound(known[key]):
                self._encoded[path] = known[key]
        missing = [path for path in paths if path not in self._encoded]
        for done, (path, encoded) in enumerate(self._parse_all(missing, jobs), 1):
            self._encoded[path] = encoded
            if keys:
                self._fresh[keys[path]] = encoded
            if progress is not None:
                progress(done, len(missing))
        self.parsed += len(missing)

    def _is_sound(self, encoded: bytes) -> bool:
        try:
            self._decoder.decode(encoded)
        except (msgspec.DecodeError, RecursionError):
            return False
        return True

    def _parse_all(self, paths: Sequence[str], jobs: int) -> Iterable[tuple[str, bytes]]:
        size = sum(len(self.data(path)) for path in paths)
        if jobs <= 1 or size < POOL_BYTES or len(paths) < 2:
            yield from ((path, parse_bytes(self.data(path))) for path in paths)
            return
        largest_first = sorted(paths, key=lambda path: (-len(self.data(path)), path))
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            results = pool.map(parse_bytes, (self.data(path) for path in largest_first), chunksize=4)
            yield from zip(largest_first, results, strict=True)

    def examine_rest(self) -> None:
        """Find the files that cannot be parsed among those that nothing asked for: the user should know of each.

        Python's own parser is much faster than that of libcst, which has the last word: it knows syntax that the
        running Python may not.
        """
        seen = {*self._encoded, *self._read, *self._failures}
        rest = [f.path for f in self.files if f.path not in seen]
        keys = {path: self._key(path) + b"c" for path in rest} if self._cache is not None else {}
        known = self._cache.get_many(keys.values()) if self._cache is not None and keys else {}
        for path in rest:
            if path in keys and keys[path] in known:
                continue
            if not _compiles(self.data(path)) and self.load(path) is None:
                continue
            if path in keys:
                self._fresh[keys[path]] = b"1"

    def save(self) -> None:
        """Hand what was parsed to the cache."""
        if self._cache is not None and self._fresh:
            self._cache.put_many(self._fresh)
            self._fresh = {}
