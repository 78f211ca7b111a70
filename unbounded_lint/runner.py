"""A run: what was found last time where nothing has changed, else an analysis of the whole project."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from unbounded_lint.cache import Cache, Opened, open_cache
from unbounded_lint.contents import Contents
from unbounded_lint.request import Analysis, Outcome, Request
from unbounded_lint.results import Results

if TYPE_CHECKING:
    from unbounded_lint.explaining import Sheet, Unknown

Progress = Callable[[int, int], None]


def check(request: Request, progress: Progress | None = None) -> Outcome:
    """Analyse the whole project and report on the files asked for."""
    opened = _opened(request)
    contents = Contents(request.project.root, opened.cache)
    results = Results(request, contents, opened.cache)
    found = results.known()
    if found is None:
        found = _analysed(request, contents, opened.cache, progress)
        results.keep(found)
    contents.keep([*(file.path for file in request.project.files), *(found.documents or ())])
    return _outcome(found, request, opened.note)


def explain(request: Request, symbols: Sequence[str]) -> tuple[Sheet | Unknown, ...]:
    """For each symbol the fact sheet of the container that it names, flagged or not, or why it names none."""
    from unbounded_lint.analysis import sheets

    opened = _opened(request)
    with _uncollected():
        return sheets(request, Contents(request.project.root, opened.cache), opened.cache, symbols)


def _opened(request: Request) -> Opened:
    return open_cache(request.project.root, request.settings.cache_dir) if request.use_cache else Opened(None)


def _analysed(request: Request, contents: Contents, cache: Cache | None, progress: Progress | None) -> Analysis:
    # Not at the top: what is imported here takes longer than a run that has nothing to do.
    from unbounded_lint.analysis import analyse

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


def _outcome(found: Analysis, request: Request, note: str) -> Outcome:
    """What is asked of what was found."""
    wanted = request.project.report_on
    shown = tuple(f for f in found.findings if wanted is None or f.place.path in wanted)
    by_code = dict(sorted(Counter(finding.code for finding in shown).items()))
    notes = (note, found.unresolved, *(found.of_settings if wanted is None else ()))
    return Outcome(shown, msgspec.structs.replace(found.stats, by_code=by_code), tuple(each for each in notes if each))
