"""One line per finding."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from unbounded_lint.findings.finding import Finding
from unbounded_lint.reporters import concise
from unbounded_lint.reporters.base import Totals, View


def test_line(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    assert list(concise.render([finding], counts, view_of())) == [
        "app/store.py:4:1: UBM101 `_runs` grows in `register()` and nothing removes an entry (app.store:_runs)"
    ]


def test_a_finding_stays_one_line_whatever_the_path_and_the_message_hold(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    place = msgspec.structs.replace(finding.place, path="odd\nname\x1b[2J.py")
    hostile = msgspec.structs.replace(finding, place=place, message="first\nsecond\x07")
    assert list(concise.render([hostile], counts, view_of())) == [
        "odd name\\x1b[2J.py:4:1: UBM101 first second\\x07 (app.store:_runs)"
    ]


def test_statistics(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    assert list(concise.render([finding], counts, view_of(statistics=True))) == ["1\tUBM101\tnever-removed-entries"]


def test_statistics_of_nothing(counts: Totals, view_of: Callable[..., View]) -> None:
    assert list(concise.render([], counts, view_of(statistics=True))) == []
