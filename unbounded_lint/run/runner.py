"""A run: what was found last time where nothing has changed, else an analysis of the whole project."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from unbounded_lint.disk.cache import Cache, Opened, open_cache
from unbounded_lint.files.contents import Contents
from unbounded_lint.findings.finding import Suppressed
from unbounded_lint.run.accepting import accepted_of
from unbounded_lint.run.request import Analysis, Grounded, Listing, Outcome, Progress, Request, Stats
from unbounded_lint.run.results import Results

if TYPE_CHECKING:
    from unbounded_lint.explain.symbols import Unknown
    from unbounded_lint.findings.finding import Finding
    from unbounded_lint.findings.sheet import Inventory, Named, Sheet, Spot
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container
    from unbounded_lint.run.comparing import Before, Compared

_SHOWN = 3

TURN_SECONDS = 600.0
"""How long to wait for what another process is about to find."""

T = TypeVar("T")

_UNPARSABLE = "UBM901"
"""The rule that reports files that cannot be analysed; rules take too long to import here."""


def check(request: Request, progress: Progress | None = None) -> Outcome:
    """Analyse the whole project and report on the files asked for."""
    if request.project.report_on == frozenset():
        return Outcome((), Stats(len(request.project.files), 0, 0, {}, 0))
    opened = _opened(request)
    before = _before(request, opened.cache, progress) if request.diff_base else None
    contents, results = _ground(request, opened)
    found = _known(request, contents, results)
    if found is None and request.in_turns and opened.cache is not None:
        with opened.cache.turn(TURN_SECONDS) as is_ours:
            if is_ours:
                found = _made(request, contents, results, opened.cache, progress)
        found = found or _known(request, contents, results)
    if found is None:
        found = _made(request, contents, results, opened.cache, progress)
    return _outcome(found, request, opened.note, before)


def _contents(request: Request, opened: Opened) -> Contents:
    return Contents(request.project.root, opened.cache, request.unsaved)


def _ground(request: Request, opened: Opened) -> tuple[Contents, Results[Analysis]]:
    contents = _contents(request, opened)
    return contents, Results(request, contents, _keeping(contents, opened), Analysis)


def _keeping(contents: Contents, opened: Opened) -> Cache | None:
    """Where answers are kept: they are about what is on disk, and not to make way for what somebody is writing."""
    return opened.cache if contents.is_saved else None


def _known(request: Request, contents: Contents, results: Results[Analysis]) -> Analysis | None:
    """What an earlier run found, None where something has changed since."""
    found = results.known()
    if found is not None:
        _keep_digests(request, contents, found)
    return found


def _made(
    request: Request, contents: Contents, results: Results[Analysis], cache: Cache | None, progress: Progress | None
) -> Analysis:
    """Analyse, and keep what was found for other runs."""
    found = _analysed(request, contents, cache, progress)
    results.keep(found)
    _keep_digests(request, contents, found)
    return found


def _keep_digests(request: Request, contents: Contents, found: Grounded) -> None:
    contents.keep([*(file.path for file in request.project.files), *(found.documents or ())])


def survey(request: Request, paths: Collection[str], *, anew: bool) -> tuple[Outcome, tuple[Sheet, ...] | None]:
    """As `check`, with the fact sheets of the containers that are defined or grow in some files: None where all else is
    known from the last run, unless the analysis is to be made anew."""
    from unbounded_lint.run import analysis

    opened = _opened(request)
    contents, results = _ground(request, opened)
    found, sheets = None if anew else results.known(), None
    if found is None:
        with _uncollected():
            found, sheets = analysis.survey(request, contents, opened.cache, paths)
        results.keep(found)
    _keep_digests(request, contents, found)
    return _outcome(found, request, opened.note), sheets


def explain(request: Request, symbols: Sequence[str | Spot | Named]) -> tuple[Sheet | Unknown, ...]:
    """For each symbol, place or name in a file the fact sheet of the container that it means, flagged or not, or why it
    means none."""
    from unbounded_lint.run.analysis import sheets

    opened = _opened(request)
    with _uncollected():
        return sheets(request, _contents(request, opened), opened.cache, symbols)


def inventory(request: Request, progress: Progress | None = None) -> Inventory:
    """Every long-lived container of the files asked for, and what bounds it."""
    opened = _opened(request)
    contents, wanted = _contents(request, opened), request.project.report_on
    question = msgspec.msgpack.encode(None if wanted is None else sorted(wanted))
    results = Results(request, contents, _keeping(contents, opened), Listing, question)
    found = results.known()
    if found is None:
        from unbounded_lint.run import analysis

        with _uncollected():
            found = analysis.inventory(request, contents, opened.cache, progress)
        results.keep(found)
    _keep_digests(request, contents, found)
    listed = found.inventory
    return msgspec.structs.replace(listed, notes=(opened.note, *listed.notes)) if opened.note else listed


def about(
    request: Request, symbols: Sequence[str], answer: Callable[[Project, str, Container | Unknown], T]
) -> tuple[T, ...]:
    """For each symbol an answer about the container that it names, flagged or not, or why it names none."""
    from unbounded_lint.run import analysis

    opened = _opened(request)
    with _uncollected():
        return analysis.about(request, _contents(request, opened), opened.cache, symbols, answer)


def _opened(request: Request) -> Opened:
    return open_cache(request.project.root, request.settings.cache_dir) if request.use_cache else Opened(None)


def _analysed(request: Request, contents: Contents, cache: Cache | None, progress: Progress | None) -> Analysis:
    # Not at the top: what is imported here takes longer than a run that has nothing to do.
    from unbounded_lint.run.analysis import analyse

    with _uncollected():
        return analyse(request, contents, cache, progress)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cyclic garbage: a run keeps what it finds to its end, and would look through all of that
    again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _before(request: Request, cache: Cache | None, progress: Progress | None) -> Before:
    """The state that a request compares with."""
    from unbounded_lint.run.comparing import before

    return before(request, cache, lambda old, contents: _analysed(old, contents, cache, progress))


def _unseen(found: Analysis, request: Request) -> str:
    """What to tell of files that could not be analysed where a choice of rules keeps quiet about them, which must not
    look as if they were clean; "" where they are reported, or are left out by name."""
    settings, number = request.settings, found.stats.unparsed
    named = (*(settings.select or ()), *settings.extend_select, *settings.ignore)
    if not number or settings.select is None or any(_UNPARSABLE.startswith(prefix) for prefix in named):
        return ""
    files = "one file" if number == 1 else f"{number} files"
    return f"{files} could not be analysed and may hide findings; select {_UNPARSABLE} too to see why"


def _outcome(found: Analysis, request: Request, note: str, before: Before | None = None) -> Outcome:
    """What is asked of what was found."""
    wanted = request.project.report_on
    asked = accepted_of(found, request)
    new, known = (asked.kept, ()) if before is None else _new(asked.kept, before, request)
    shown, accepted, known = (
        tuple(f for f in findings if wanted is None or f.place.path in wanted)
        for findings in (new, asked.accepted, known)
    )
    by_code = dict(sorted(Counter(finding.code for finding in shown).items()))
    of_settings = (*found.of_settings, *_idle(request)) if wanted is None else ()
    notes = (note, _unseen(found, request), found.unresolved, *of_settings, asked.note)
    silenced = [one for one in found.suppressed if wanted is None or one.finding.place.path in wanted]
    silenced += (Suppressed(each, "external", "in the baseline") for each in accepted)
    return Outcome(
        findings=shown,
        stats=msgspec.structs.replace(found.stats, by_code=by_code),
        notes=tuple(each for each in notes if each),
        accepted=accepted,
        known=known,
        suppressed=tuple(sorted(silenced, key=lambda one: one.finding.sort_key)),
        hidden=sum(1 for path in found.hidden if wanted is None or path in wanted),
    )


def _new(findings: tuple[Finding, ...], before: Before, request: Request) -> Compared:
    from unbounded_lint.run.comparing import compared

    return compared(findings, before, {file.path for file in request.project.files})


def _idle(request: Request) -> Iterator[str]:
    """What to tell of patterns that leave nothing out."""
    by_key: dict[str, list[str]] = {}
    for key, pattern in request.project.idle if request.has_settings_of_its_own else ():
        by_key.setdefault(key, []).append(pattern)
    for key, patterns in by_key.items():
        shown = ", ".join(f"`{pattern}`" for pattern in patterns[:_SHOWN])
        more = f" and {len(patterns) - _SHOWN} more" if len(patterns) > _SHOWN else ""
        yield f"`{key}` names what is not there, so that nothing is left out by {shown}{more}"
