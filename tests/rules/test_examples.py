"""The programs of every page, through the real pipeline: what their marks say is what is found, in both directions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.marks import problems, read_marks
from tests.programs import reports, write
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Rule
from unbounded_lint.rules.pages import Example


def _examples() -> Iterator[Any]:
    for rule in all_rules():
        for number, example in enumerate(rule.examples, 1):
            yield pytest.param(rule, example, id=f"{rule.name}-{example.kind}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(_examples()))
def test_example(rule: Rule, example: Example, tmp_path: Path) -> None:
    marks = read_marks(write(tmp_path, example.files))
    assert marks.expected or marks.quiet, "an example without a mark shows nothing"
    assert not marks.gap, "an example of the documentation must be met"
    own = {report for report in marks.expected if report.code == rule.code}
    assert bool(own) is (example.kind == "bad"), "a bad example expects its own rule, a good one does not"
    found = reports(tmp_path)
    wrong = problems(marks, found)
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(("rule", "example"), list(_examples()))
def test_example_is_a_program(rule: Rule, example: Example) -> None:
    """Each file is whole Python, without empty lines around it."""
    for name, text in example.files.items():
        ast.parse(text, f"{rule.code}/{name}")
        assert text == text.strip() + "\n"


def test_a_broken_example_is_noticed(tmp_path: Path) -> None:
    """The comparison itself: a leak marked as quiet and a quiet one marked as a leak are both reported."""
    write(
        tmp_path,
        {"m.py": "A = {}  # ok: UBM101\nB = {}  # expect: UBM101\n\ndef f(request):\n    A[request.id] = 1\n"},
    )
    wrong = problems(read_marks(tmp_path), reports(tmp_path))
    assert [line.split(":")[0] for line in wrong] == ["missed alarm", "false alarm"]
