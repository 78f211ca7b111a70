"""Which findings are new since a revision: both states are analysed, and compared by what stays the same when lines
move."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from unbounded_lint import revision
from unbounded_lint.cache import Cache
from unbounded_lint.contents import Contents
from unbounded_lint.discovery import NoFilesError, ProjectFiles, discover
from unbounded_lint.finding import Finding
from unbounded_lint.request import Analysis, Request
from unbounded_lint.results import slot
from unbounded_lint.revision import Revision

Analyse = Callable[[Request, Contents], Analysis]


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """As much of a finding as a comparison needs."""

    code: str
    symbol: str
    path: str
    message: str


class Compared(NamedTuple):
    """Findings that a revision has not, and those that it has."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]


_Findings = tuple[Seen, ...]
_Key = tuple[str, ...]


def seen_before(request: Request, cache: Cache | None, analyse: Analyse) -> tuple[Seen, ...]:
    """What is found in the state of the revision that a request names, by the settings of now; from the cache where
    that state was analysed before. Raises `UserError` where there is no such revision."""
    root = request.project.root
    found = revision.find(root, request.diff_base)
    named = _named(request)
    kept = slot(request, b"revision " + revision.ground(root, found) + repr(named).encode())
    known = _decoded(cache.get_many([kept]).get(kept)) if cache is not None else None
    if known is not None:
        return known
    analysis = _analysed(request, found, named, analyse)
    seen = tuple(Seen(f.code, f.symbol, f.place.path, f.message) for f in analysis.findings) if analysis else ()
    if cache is not None and (analysis is None or analysis.whole):
        cache.put_many({kept: msgspec.msgpack.encode(seen)})
    return seen


def _named(request: Request) -> tuple[str, ...]:
    """The files of a run that it has only since they were named, although git or the settings leave them out."""
    root = request.project.root
    try:
        found = {file.path for file in discover([root], root, request.settings).files}
    except NoFilesError:
        found = set()
    return tuple(sorted(file.path for file in request.project.files if file.path not in found))


def _decoded(stored: bytes | None) -> tuple[Seen, ...] | None:
    try:
        return None if stored is None else msgspec.msgpack.decode(stored, type=_Findings)
    except (msgspec.DecodeError, RecursionError):
        return None


def _analysed(request: Request, found: Revision, named: tuple[str, ...], analyse: Analyse) -> Analysis | None:
    """None where the revision has no files of the project."""
    with revision.laid_out(request.project.root, found) as root:
        try:
            project = _project(request, root, named)
        except NoFilesError:
            return None
        old = Request(project, request.settings, request.jobs, request.use_cache, request.apply_noqa)
        analysis = analyse(old, Contents(root, None))
    # Both states at once would take twice the memory.
    gc.collect()
    return analysis


def _project(request: Request, root: Path, named: tuple[str, ...]) -> ProjectFiles:
    """The files of a state, with those that were named as far as it has them."""
    there = [root / path for path in named if (root / path).is_file()]
    return discover([root, *there], root, request.settings)


def compared(findings: Sequence[Finding], before: Iterable[Seen]) -> Compared:
    """Tell new findings from those that were seen before.

    The same code and symbol (or path and message) are the same finding, as often as it was seen; of what is then left
    on both sides, so are the same code, name and last part of the module (or name of the file), since files are moved.
    """
    left = Counter(map(_exact, before))
    rest = [finding for finding in findings if not _take(left, _exact(finding))]
    moved: Counter[_Key] = Counter()
    for key, count in left.items():
        moved[_loose(key)] += count
    new = {id(finding) for finding in rest if not _take(moved, _loose(_exact(finding)))}
    return Compared(
        tuple(finding for finding in findings if id(finding) in new),
        tuple(finding for finding in findings if id(finding) not in new),
    )


def _take(left: Counter[_Key], key: _Key) -> bool:
    if left[key] <= 0:
        return False
    left[key] -= 1
    return True


def _exact(one: Finding | Seen) -> _Key:
    if one.symbol:
        module, _, name = one.symbol.partition(":")
        return (one.code, ":", module, name)
    return (one.code, "/", one.path if isinstance(one, Seen) else one.place.path, one.message)


def _loose(key: _Key) -> _Key:
    code, kind, where, what = key
    return (code, kind, where.rpartition("." if kind == ":" else "/")[2], what)
