"""The cache: bytes by key, one file an entry, each sealed with a secret that the analysed tree does not know.

It lies where the platform keeps caches, in a folder for each project. It is disposable: whatever is wrong with it
(truncated, forged, foreign, read-only, of another version) makes it empty, never an error, and the answers of a run do
not depend on it. An entry is believed only if it carries the seal that this machine's secret gives for this very key,
so that a cache which comes with a stranger's tree says nothing. Nothing in it is a database or a program: an entry is
read whole, written beside itself and moved into place.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from unbounded_lint.disk.reading import read_regular
from unbounded_lint.disk.turns import turn
from unbounded_lint.disk.writing import write_whole
from unbounded_lint.errors import UserError

LIMIT = 200 * 1024 * 1024
"""How many bytes the entries of one project may take before the least recently used go."""

DIRECTORY_VARIABLE = "UNBOUNDED_LINT_CACHE_DIR"
"""The environment variable with the directory that holds the caches of all projects."""

SECRET_VARIABLE = "UNBOUNDED_LINT_CACHE_SECRET"
"""The environment variable with a secret for machines that share a cache."""

SEAL_BYTES = 32

_LEAST_SECRET = 16
_TAG = "CACHEDIR.TAG"
_TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache made by unbounded-lint.\n"
_GIT_IGNORE = ".gitignore"
_LOCK = "lock"
_SECRET_FILE = "secret"
_SECRET_BYTES = 32
_WEEK_SECONDS = 7 * 24 * 3600
_UNUSED_SECONDS = 60 * 24 * 3600
_ENTRY = re.compile(r"[0-9a-f]{32}")
_UNFINISHED = re.compile(r".*\.[0-9a-f]{16}\.new")
_UNFINISHED_SECONDS = 3600


class Cache:
    """A store of bytes by key in one folder, safe to share between processes."""

    def __init__(self, folder: Path, secret: bytes, limit: int = LIMIT) -> None:
        """`folder` is one that only this user writes to, `limit` how many bytes its entries may take."""
        self._folder = folder
        self._secret = secret
        self._limit = limit

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored values of those keys that there is one for."""
        found = {key: self._get(key) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def _get(self, key: bytes) -> bytes | None:
        path = self._path(key)
        try:
            data = read_regular(path, self._limit + SEAL_BYTES, follow=False)
        except (OSError, ValueError):
            return None
        seal, value = data[:SEAL_BYTES], data[SEAL_BYTES:]
        if not secrets.compare_digest(seal, self._seal(key, value)):
            return None
        _mark_used(path)
        return value

    def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Store the values under their keys, over older ones; what cannot be stored is left out."""
        for key, value in values.items():
            try:
                write_whole(self._path(key), self._seal(key, value) + value, private=True)
            except (OSError, ValueError):
                break  # a full disk or a folder that may only be read: the next one would fare no better
        _prune(self._folder, self._limit)

    def turn(self, seconds: float) -> AbstractContextManager[bool]:
        """Wait for other processes that work on this project, as `turns.turn` does."""
        return turn(os.path.join(self._folder, _LOCK), seconds)

    def _path(self, key: bytes) -> str:
        return os.path.join(self._folder, hashlib.blake2b(key, digest_size=16).hexdigest())

    def _seal(self, key: bytes, value: bytes) -> bytes:
        seal = hashlib.blake2b(key=self._secret, digest_size=SEAL_BYTES)
        seal.update(len(key).to_bytes(8, "big"))
        seal.update(key)
        seal.update(value)
        return seal.digest()


class Opened(NamedTuple):
    """The cache of a project, None where there is none to use, and then, if the user can mend that, a sentence."""

    cache: Cache | None
    note: str = ""


def open_cache(root: Path, setting: str | None, limit: int = LIMIT) -> Opened:
    """Open or make the cache of the project at `root`; `limit` is how many bytes its entries may take.

    `setting` is the `cache-dir` of the settings. Raises `UserError` when that is no place inside the project, or when
    the secret given in the environment is too short to be one.
    """
    given = _given_secret()
    try:
        place = _place(root, setting)
        secret = given or _kept_secret(_made(place.base))
        return Opened(Cache(_prepared(place), secret, limit))
    except _RefusedError as error:
        return Opened(None, str(error))
    except (OSError, ValueError):
        return Opened(None)


def clean(root: Path, setting: str | None) -> int:
    """Remove the cache of the project at `root`; gives the number of entries. Raises `UserError` as `open_cache`."""
    try:
        return _remove(_place(root, setting).folder)
    except (_RefusedError, OSError, ValueError):
        return 0


# --- where it lies ---------------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """The folder of a project's cache, whether it lies among those of other projects, and the folder where this
    machine's secret is kept."""

    folder: Path
    among_others: bool
    base: Path


class _RefusedError(Exception):
    """A folder is not used since somebody else could have a hand in it; the message is one sentence."""


def _given_secret() -> bytes:
    given = os.environ.get(SECRET_VARIABLE, "")
    if given and len(given) < _LEAST_SECRET:
        raise UserError(f"{SECRET_VARIABLE} is shorter than {_LEAST_SECRET} characters: give a longer secret.")
    return hashlib.blake2b(os.fsencode(given)).digest() if given else b""


def _place(root: Path, setting: str | None) -> _Place:
    given = os.environ.get(DIRECTORY_VARIABLE, "")
    platform = _platform_base()
    if not given and setting is not None:
        return _Place(_inside(root, setting), among_others=False, base=platform)
    base = Path(os.path.abspath(given)) if given else platform
    base = Path(os.path.realpath(base.parent), base.name)
    real_root = Path(os.path.realpath(root))
    name = re.sub(r"[^\w.-]", "_", real_root.name)[:40]
    digest = hashlib.blake2b(os.fsencode(real_root), digest_size=8).hexdigest()
    # What the project itself may bring along cannot keep a secret from it.
    safe = platform if given and base.is_relative_to(real_root) else base
    return _Place(base / f"{name}-{digest}", among_others=True, base=safe)


def _platform_base() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("unbounded-lint", appauthor=False)


def _inside(root: Path, setting: str) -> Path:
    """The folder that `cache-dir` names; it comes with the project, so it must not lead out of it."""
    folder = Path(os.path.normpath(root / setting))
    if setting.startswith("~") or "\0" in setting or root not in folder.parents:
        raise UserError(
            f"`cache-dir` is {setting!r}, which is no directory below the project: give a relative path, "
            f"or set {DIRECTORY_VARIABLE} for any other place."
        )
    if os.path.realpath(folder) != os.path.join(os.path.realpath(root), folder.relative_to(root)):
        raise _RefusedError(f"The cache {folder} is not used: it is or lies behind a symbolic link.")
    return folder


def _made(folder: Path) -> Path:
    """Make a folder for this user alone, or see that the one which is there may be used; gives it."""
    if not folder.parent.is_dir():
        folder.parent.mkdir(mode=0o700, parents=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _demand_own(folder)
    return folder


def _prepared(place: _Place) -> Path:
    """The folder of a place, made and marked as ours."""
    folder = place.folder
    if place.among_others:
        _made(folder.parent)
    _made(folder)
    if not _is_tagged(folder):
        if not all(_is_ours(entry) for entry in list(os.scandir(folder))):
            raise _RefusedError(f"The cache {folder} is not used: it holds files that are none of ours.")
        write_whole(os.path.join(folder, _TAG), _TAG_TEXT.encode(), private=True)
        write_whole(os.path.join(folder, _GIT_IGNORE), b"*\n", private=True)
        if place.among_others:
            _forget_unused(folder.parent)
    _mark_used(os.path.join(folder, _TAG))
    return folder


def _demand_own(folder: Path) -> None:
    status = os.lstat(folder)
    if stat.S_ISLNK(status.st_mode):
        raise _RefusedError(f"The cache {folder} is not used: it is a symbolic link.")
    if not stat.S_ISDIR(status.st_mode):
        raise _RefusedError(f"The cache {folder} is not used: it is no directory.")
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise _RefusedError(f"The cache {folder} is not used: it belongs to another user.")
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _RefusedError(f"The cache {folder} is not used: other users may write to it.")


def _is_tagged(folder: Path) -> bool:
    try:
        return read_regular(folder / _TAG, 10_000, follow=False) == _TAG_TEXT.encode()
    except OSError:
        return False


def _kept_secret(base: Path) -> bytes:
    """The secret of this machine, made when there is none; raises `OSError`."""
    path = base / _SECRET_FILE
    with contextlib.suppress(OSError):
        known = read_regular(path, 1_000, follow=False)
        if len(known) == _SECRET_BYTES:
            return known
    # Of two processes that make one at once the slower wins, and the faster will find its entries gone.
    write_whole(str(path), secrets.token_bytes(_SECRET_BYTES), private=True)
    return read_regular(path, 1_000, follow=False)


def _forget_unused(base: Path) -> None:
    """Remove the folders of projects below `base` that no run has used for 60 days."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(base)):
            if entry.is_dir(follow_symlinks=False) and time.time() - _used(Path(entry.path)) > _UNUSED_SECONDS:
                _remove(Path(entry.path))


def _used(folder: Path) -> float:
    """When the folder was used last, to a week; now, where nothing tells."""
    try:
        return os.lstat(folder / _TAG).st_mtime
    except OSError:
        return time.time()


def _remove(folder: Path) -> int:
    """Remove a cache folder with all that is ours in it; gives the number of entries. Foreign files are left alone."""
    if folder.is_symlink() or not _is_tagged(folder):
        return 0
    count = 0
    # The tag goes last, so that what is left of an interrupted removal is still known as ours.
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name == _TAG):
        if _is_ours(entry):
            os.unlink(entry.path)
            count += _ENTRY.fullmatch(entry.name) is not None
    with contextlib.suppress(OSError):
        folder.rmdir()
    return count


def _is_ours(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return name in (_TAG, _GIT_IGNORE, _LOCK) or bool(_ENTRY.fullmatch(name) or _UNFINISHED.fullmatch(name))


def _mark_used(path: str) -> None:
    """Keep the date of an entry from growing old; to a week, since each mark is a write."""
    with contextlib.suppress(OSError):
        if time.time() - os.lstat(path).st_mtime > _WEEK_SECONDS:
            os.utime(path, follow_symlinks=False)


def _prune(folder: Path, limit: int) -> None:
    """Drop the least recently used entries once the limit is passed, down to three quarters of it, and what a killed
    process left half written."""
    entries = sorted(_entries(folder))
    excess = sum(size for _, _, size in entries) - limit
    if excess <= 0:
        return
    excess += limit // 4
    for _, path, size in entries:
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            os.unlink(path)
            excess -= size


def _entries(folder: Path) -> Iterator[tuple[float, str, int]]:
    """Date of last use, path and size of every entry; what was left half written long ago is removed on the way."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if _ENTRY.fullmatch(entry.name):
                    yield status.st_mtime, entry.path, status.st_size
                elif _UNFINISHED.fullmatch(entry.name) and time.time() - status.st_mtime > _UNFINISHED_SECONDS:
                    os.unlink(entry.path)
