"""Which findings are new since a revision: both states are analysed, and compared by what stays the same when lines
move."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from unbounded_lint.disk.cache import Cache
from unbounded_lint.files import revision
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import NoFilesError, ProjectFiles, discover
from unbounded_lint.files.revision import Revision
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run.request import Analysis, Request
from unbounded_lint.run.results import slot

Analyse = Callable[[Request, Contents], Analysis]


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """As much of a finding as a comparison needs."""

    code: str
    symbol: str
    path: str
    message: str


class Before(msgspec.Struct, frozen=True, array_like=True):
    """A state to compare with: what was found in it, and the paths of its files."""

    seen: tuple[Seen, ...] = ()
    files: frozenset[str] = frozenset()


class Compared(NamedTuple):
    """Findings that a revision has not, and those that it has."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]


_Key = tuple[str, ...]


def before(request: Request, cache: Cache | None, analyse: Analyse) -> Before:
    """The state of the revision that a request names, by the settings of now; from the cache where it was analysed
    before. Raises `UserError` where there is no such revision."""
    root = request.project.root
    found = revision.find(root, request.diff_base)
    named = _named(request)
    kept = slot(request, b"revision " + revision.ground(root, found) + repr(named).encode())
    known = _decoded(cache.get_many([kept]).get(kept)) if cache is not None else None
    if known is not None:
        return known
    made, is_whole = _made(request, found, named, analyse)
    if cache is not None and is_whole:
        cache.put_many({kept: msgspec.msgpack.encode(made)})
    return made


def _named(request: Request) -> tuple[str, ...]:
    """The files of a run that it has only since they were named, although git or the settings leave them out."""
    root = request.project.root
    try:
        found = {file.path for file in discover([root], root, request.settings).files}
    except NoFilesError:
        found = set()
    return tuple(sorted(file.path for file in request.project.files if file.path not in found))


def _decoded(stored: bytes | None) -> Before | None:
    try:
        return None if stored is None else msgspec.msgpack.decode(stored, type=Before)
    except (msgspec.DecodeError, RecursionError):
        return None


def _made(request: Request, found: Revision, named: tuple[str, ...], analyse: Analyse) -> tuple[Before, bool]:
    """The state of a revision, and whether another run would find the same."""
    with revision.laid_out(request.project.root, found) as root:
        try:
            project = _project(request, root, named)
        except NoFilesError:
            return Before(), True
        old = Request(project, request.settings, request.jobs, request.use_cache, request.apply_noqa)
        analysis = analyse(old, Contents(root, None))
    # Both states at once would take twice the memory.
    gc.collect()
    seen = tuple(map(_seen, analysis.findings))
    return Before(seen, frozenset(file.path for file in project.files)), analysis.whole


def _project(request: Request, root: Path, named: tuple[str, ...]) -> ProjectFiles:
    """The files of a state, with those that were named as far as it has them."""
    there = [root / path for path in named if (root / path).is_file()]
    return discover([root, *there], root, request.settings)


def compared(findings: Sequence[Finding], before: Before, files: Collection[str]) -> Compared:
    """Tell new findings from those that were there before; `files` are the paths of now.

    The same code and symbol (or path and message) are the same finding, as often as it was seen. Of what is then left
    on both sides, since files are moved, so are the same code, name and last part of the module (or name of the file);
    and then, since they are renamed, the same code and name in a file that is gone and in one that is new.
    """
    rest, left = _unpaired(findings, before.seen, _exact)
    rest, left = _unpaired(rest, left, _moved)
    new = [finding for finding in rest if finding.place.path in before.files]
    gone = [one for one in left if one.path not in files]
    new += _unpaired([one for one in rest if one.place.path not in before.files], gone, _renamed)[0]
    ids = {id(finding) for finding in new}
    return Compared(
        tuple(finding for finding in findings if id(finding) in ids),
        tuple(finding for finding in findings if id(finding) not in ids),
    )


def _unpaired(
    findings: Iterable[Finding], seen: Sequence[Seen], key_of: Callable[[Seen], _Key]
) -> tuple[list[Finding], list[Seen]]:
    """What is left on both sides when those with the same key are taken away in pairs."""
    left = Counter(map(key_of, seen))
    rest = [finding for finding in findings if not _take(left, key_of(_seen(finding)))]
    return rest, [one for one in seen if _take(left, key_of(one))]


def _take(left: Counter[_Key], key: _Key) -> bool:
    if left[key] <= 0:
        return False
    left[key] -= 1
    return True


def _seen(finding: Finding) -> Seen:
    return Seen(finding.code, finding.symbol, finding.place.path, finding.message)


def _exact(one: Seen) -> _Key:
    return (one.code, one.symbol) if one.symbol else (one.code, "", one.path, one.message)


def _moved(one: Seen) -> _Key:
    module, _, name = one.symbol.partition(":")
    if one.symbol:
        return (one.code, module.rpartition(".")[2], name)
    return (one.code, "", one.path.rpartition("/")[2], one.message)


def _renamed(one: Seen) -> _Key:
    return (one.code, one.symbol.partition(":")[2]) if one.symbol else (one.code, "", one.message)
