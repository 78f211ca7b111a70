"""The examples of every rule, through the real pipeline: what their marks say is what is found, in both directions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.marks import problems, read_marks
from tests.programs import reports, write
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Bad, Good, Rule


def _examples() -> Iterator[Any]:
    for rule in all_rules():
        for number, example in enumerate(rule.examples, 1):
            sort = "good" if isinstance(example, Good) else "bad"
            yield pytest.param(rule, example, id=f"{rule.name}-{sort}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(_examples()))
def test_example(rule: Rule, example: Bad, tmp_path: Path) -> None:
    marks = read_marks(write(tmp_path, example.sources))
    assert marks.expected or marks.quiet, "an example without a mark shows nothing"
    assert not marks.gap, "an example of the documentation must be met"
    own = {report for report in marks.expected if report.code == rule.code}
    assert bool(own) is not isinstance(example, Good), "a Bad example expects its own rule, a Good one does not"
    found = reports(tmp_path)
    wrong = problems(marks, found)
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(("rule", "example"), list(_examples()))
def test_example_is_a_program(rule: Rule, example: Bad) -> None:
    """Each file is whole Python, and the text is not indented as it is in the rule."""
    for name, text in example.sources.items():
        ast.parse(text, f"{rule.code}/{name}")
        assert not text.startswith((" ", "\n")) and text.endswith("\n")


def test_a_broken_example_is_noticed(tmp_path: Path) -> None:
    """The comparison itself: a leak marked as quiet and a quiet one marked as a leak are both reported."""
    write(
        tmp_path,
        {"m.py": "A = {}  # ok: UBM101\nB = {}  # expect: UBM101\n\ndef f(request):\n    A[request.id] = 1\n"},
    )
    wrong = problems(read_marks(tmp_path), reports(tmp_path))
    assert [line.split(":")[0] for line in wrong] == ["missed alarm", "false alarm"]
