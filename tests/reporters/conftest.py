"""One finding with two related places, and the sources that they point into."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.reporters.base import View

STORE = """\
from app.model import Run


_runs: dict[str, Run] = {}
LIMIT = 3

"""
API = """\
from app import store


def register(run_id, run):
    store._runs[run_id] = run
"""
SOURCES = {"app/store.py": STORE, "app/api.py": API}


class Counts(msgspec.Struct, frozen=True):
    """The totals of a made-up run."""

    files: int = 2
    analysed: int = 2
    containers: int = 1
    by_code: dict[str, int] = {}
    unparsed: int = 0


ViewOf = Callable[..., View]


@pytest.fixture
def counts() -> Counts:
    """Totals that agree with the one finding."""
    return Counts(by_code={"UBM101": 1})


@pytest.fixture
def finding() -> Finding:
    """A map that grows in another module."""
    return Finding(
        code="UBM101",
        name="never-removed-entries",
        message="`_runs` grows in `register()` and nothing removes an entry",
        place=Place(path="app/store.py", line=4, column=1, end_line=4, end_column=6),
        symbol="app.store:_runs",
        confidence=Confidence.HIGH,
        related=(
            Place("app/api.py", 5, 5, 5, 30, "insert", "store._runs[run_id] = run"),
            Place("app/gone.py", 7, 1, 7, 2, "call", "called per request"),
        ),
        advice="remove the entry when the run ends, or sweep from a timer",
        reasons=("the key is a parameter", "no removal in the project"),
    )


@pytest.fixture
def view_of() -> ViewOf:
    """Makes a view over SOURCES and further files."""

    def make(more: dict[str, str] | None = None, **options: bool) -> View:
        sources = {**SOURCES, **(more or {})}
        return View(path=lambda path: path, source=sources.get, **options)

    return make
