"""The files of a run: their bytes, the words they mention, and their facts, from the cache or from libcst."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from unbounded_lint import __version__
from unbounded_lint.disk.cache import Cache
from unbounded_lint.facts import gate
from unbounded_lint.facts.model import SCHEMA, ModuleFacts
from unbounded_lint.facts.names import unmangled
from unbounded_lint.facts.sound import fits
from unbounded_lint.files.contents import Contents, has_beside
from unbounded_lint.files.parsing import Parsed, Place, may_start_processes, parse, parse_in_pool
from unbounded_lint.files.source import SourceFile

POOL_BYTES = 500_000
"""From how many bytes to parse a pool of processes pays for itself."""

_KEY_BYTES = 16
_EXAMINED = b"files that can be parsed"


class Failure(msgspec.Struct, frozen=True):
    """Why a file has no facts: line and reason; internal marks a fault of ours."""

    path: str
    line: int
    reason: str
    internal: bool = False


def _give_back_memory() -> None:
    """Give the system back what the parser of libcst has freed, which the allocator of glibc would keep: more than all
    facts together take."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _compiles(data: bytes) -> bool:
    """Whether the running Python can parse a file; deep nesting and the like count as no, as does what it would not
    run."""
    from unbounded_lint.facts.native.tree import CANNOT_PARSE, demand_parsable, without_warnings

    if len(data) > POOL_BYTES:
        return False
    try:
        with without_warnings():
            demand_parsable(data)
    except CANNOT_PARSE:
        return False
    return True


class Sources:
    """Reads each file once. `load` gives facts on demand; `prefetch` makes them for many files, in a pool if that
    pays.

    Whatever their order, `files` are taken by path: among equal answers the first file's is given.
    """

    def __init__(self, root: Path, files: Sequence[SourceFile], contents: Contents, cache: Cache | None) -> None:
        self.root = root
        self.contents = contents
        self.files = tuple(sorted(files, key=lambda file: file.path))
        self._cache = cache
        self._beside: dict[tuple[str, str], bool] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._failures: dict[str, Failure] = {}
        self.unread: set[str] = set()
        self._read: set[str] = set()
        self._ready: dict[str, Parsed] = {}
        self._decoder = msgspec.msgpack.Decoder(Parsed)
        self.parsed = 0

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The files without facts among those asked for, by path."""
        return tuple(self._failures[path] for path in sorted(self._failures))

    def data(self, path: str) -> bytes:
        """The bytes of a file; empty, and a failure, when it cannot be read."""
        if path in self.unread:
            return b""
        try:
            return self.contents.data(path)
        except OSError as error:
            reason = error.strerror or str(error)
            self._failures[path] = Failure(path, 1, f"cannot be read ({reason[0].lower()}{reason[1:]})")
            self.unread.add(path)
            return b""

    def has_beside(self, directory: str, stem: str) -> bool:
        """Whether a directory of the project has a file of whatever kind, or a directory, with that name."""
        found = self._beside[directory, stem] = has_beside(self.root, directory, stem)
        return found

    @property
    def looked_beside(self) -> tuple[tuple[str, str, bool], ...]:
        """What `has_beside` was asked, with its answers."""
        return tuple((directory, stem, found) for (directory, stem), found in sorted(self._beside.items()))

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """The files that may define a container, in path order."""
        return tuple(f.path for f in self.linked if gate.may_define(self.data(f.path)))

    @property
    def linked(self) -> tuple[SourceFile, ...]:
        """The files that the program is made of: all but tests."""
        return tuple(file for file in self.files if not file.is_test)

    def in_tests(self, identifier: str) -> bool:
        """Whether a test mentions an identifier."""
        return identifier.encode() in self._words_of_tests

    @cached_property
    def _words_of_tests(self) -> frozenset[bytes]:
        tests = (gate.words(self.data(file.path)) for file in self.files if file.is_test)
        return frozenset[bytes]().union(*tests)

    @cached_property
    def _by_word(self) -> dict[bytes, tuple[str, ...]]:
        index: dict[bytes, list[str]] = {}
        for file in self.linked:
            for word in gate.words(self.data(file.path)):
                index.setdefault(word, []).append(file.path)
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}  # most words are those of one file
        return {word: shared.setdefault(tuple(paths), tuple(paths)) for word, paths in index.items()}

    def mentioning(self, identifier: str) -> Sequence[str]:
        """The files that mention an identifier, in path order, tests left out; a private name is written without the
        class that mangles it."""
        return self._by_word.get(unmangled(identifier).encode(), ())

    # --- facts ---

    def load(self, path: str) -> ModuleFacts | None:
        """The facts of a file, None when it has none; then `failures` says why."""
        if path in self._failures:
            return None
        if path not in self._ready:
            self._make([path], 1, None)
        parsed = self._ready.pop(path)
        if parsed.facts is None:
            self._failures[path] = Failure(path, parsed.line, parsed.reason, parsed.internal)
        return parsed.facts

    def prefetch(self, paths: Iterable[str], jobs: int, progress: Callable[[int, int], None] | None) -> None:
        """Make the facts of many files ready."""
        wanted = [path for path in paths if path not in self._ready and self.data(path) and path not in self._failures]
        self._make(wanted, jobs, progress)
        self.mentioning("")  # this looks at the bytes of each file for all words at once
        self.contents.let_go()
        _give_back_memory()
        self.save()

    def _key(self, path: str) -> bytes:
        digest = hashlib.blake2b(self._digest(path), digest_size=_KEY_BYTES)
        digest.update(f"{__version__} {SCHEMA} {sys.version_info[:2]}".encode())
        return digest.digest()

    def _digest(self, path: str) -> bytes:
        try:
            return self.contents.digest(path)
        except OSError:
            return self.data(path)

    def _make(self, paths: Sequence[str], jobs: int, progress: Callable[[int, int], None] | None) -> None:
        keys = {path: self._key(path) for path in paths} if self._cache is not None else {}
        known = self._cache.get_many(keys.values()) if self._cache is not None and keys else {}
        for path, key in keys.items():
            parsed = self._sound(known[key], self.data(path)) if key in known else None
            if parsed is not None:
                self._ready[path] = parsed
        missing = [path for path in paths if path not in self._ready]
        for done, (path, parsed) in enumerate(self._parse_all(missing, jobs), 1):
            self._ready[path] = parsed
            if keys:
                self._fresh[keys[path]] = msgspec.msgpack.encode(parsed)
            if progress is not None:
                progress(done, len(missing))
        self._read.update(paths)
        self.parsed += len(missing)

    def _sound(self, encoded: bytes, data: bytes) -> Parsed | None:
        """What the cache gave, None where it cannot be what was made from a file's bytes."""
        try:
            parsed = self._decoder.decode(encoded)
        except (msgspec.DecodeError, RecursionError):
            return None
        return parsed if not parsed.internal and (parsed.facts is None or fits(parsed.facts, data)) else None

    def _parse_all(self, paths: Sequence[str], jobs: int) -> Iterable[tuple[str, Parsed]]:
        places = dict(self._places(paths)) if jobs > 1 and may_start_processes() else {}
        if len(places) < 2 or sum(len(self.data(path)) for path in places) < POOL_BYTES:
            places = {}
        yield from ((path, parse(self.data(path))) for path in paths if path not in places)
        largest_first = sorted(places, key=lambda path: (-len(self.data(path)), path))
        results = parse_in_pool([places[path] for path in largest_first], jobs) if places else ()
        for path, encoded in zip(largest_first, results, strict=True):
            yield path, self._decoder.decode(encoded) if encoded else parse(self.data(path))

    def _places(self, paths: Sequence[str]) -> Iterator[tuple[str, Place]]:
        for path in paths:
            where = self.contents.saved_at(path)
            if where is not None:
                yield path, Place(where, self._digest(path))

    def examine_rest(self) -> None:
        """Find the files that cannot be parsed among those that nothing asked for: the user should know of each.

        Python's own parser is much faster than that of libcst, which has the last word: it knows syntax that the
        running Python may not.
        """
        seen = {*self._read, *self._failures}
        rest = [f.path for f in self.files if f.path not in seen]
        if self._cache is None or not rest:
            for path in rest:
                self._examine(path)
            return
        stored = self._cache.get_many([_EXAMINED]).get(_EXAMINED, b"")
        known = {stored[at : at + _KEY_BYTES] for at in range(0, len(stored), _KEY_BYTES)}
        keys = {path: self._key(path) for path in rest}
        good = {key for path, key in keys.items() if key in known or self._examine(path)}
        if good - known:
            self._fresh[_EXAMINED] = b"".join(sorted(good))

    def _examine(self, path: str) -> bool:
        """Whether a file can be parsed; a failure is kept."""
        return _compiles(self.data(path)) or self.load(path) is not None

    def save(self) -> None:
        """Hand what was parsed to the cache."""
        if self._cache is not None and self._fresh:
            self._cache.put_many(self._fresh)
            self._fresh = {}
