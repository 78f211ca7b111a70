"""What somebody meant who mistyped a word: only what is close."""

from __future__ import annotations

import pytest

from unbounded_lint.alike import closest, nearest

PAGES = ("ci", "command", "confirm", "editors", "flake8", "formats", "outage", "suppressing", "verdicts")
CODES = ("UBM101", "UBM102", "UBM201", "UBM904")
MEANT = {
    ("cii", PAGES): "ci",
    ("Formats", PAGES): "formats",
    ("suppresing", PAGES): "suppressing",
    ("edtors", PAGES): "editors",
    ("UBM110", CODES): "UBM101",
    ("ubm-904", CODES): "UBM904",
    ("never-removed", ("never-removed-entries",)): "never-removed-entries",
    ("removed_entries", ("never-removed-entries",)): "never-removed-entries",
}
UNLIKE = [("nopage", PAGES), ("UBM9999", CODES), ("X", CODES), ("", PAGES), ("vendor", PAGES), ("conf" * 200, PAGES)]


@pytest.mark.parametrize(("word", "known"), MEANT)
def test_a_slip_is_told_what_was_meant(word: str, known: tuple[str, ...]) -> None:
    assert nearest(word, known) == MEANT[word, known]


@pytest.mark.parametrize(("word", "known"), UNLIKE)
def test_letters_in_common_are_no_slip(word: str, known: tuple[str, ...]) -> None:
    assert closest(word, known, 3) == []
