"""A fault of ours in one rule costs the findings about one container, never the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.findings.finding import Finding
from unbounded_lint.link.project import Project
from unbounded_lint.rules import never_removed_entries
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.run import analysis, runner

PROGRAM = {"app.py": "A = {}\nB = {}\n\n\ndef f(request):\n    A[request.id] = 1\n    B[request.id] = 1\n"}


def broken(name: str, checked: Rule) -> Rule:
    """The rule with a fault that shows at one container, or (for no name) whatever it is asked."""

    def check(project: Project, options: Options) -> Iterator[Finding]:
        if not name:
            raise LookupError("no rule is without fault")
        for container in project.containers:
            if container.name == name:
                raise LookupError(f"no rule is without fault, at {name}")
        yield from checked.check(project, options)

    return Rule(checked.code, checked.name, checked.summary, check)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none such", [("UBM101", "app:A", 1), ("UBM101", "app:B", 2)]),
        ("A", [("UBM900", "", 1), ("UBM101", "app:B", 2)]),
        ("", [("UBM900", "", 1)]),
    ],
)
def test_other_containers_are_still_judged(
    name: str, expected: list[tuple[str, str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = (broken(name, never_removed_entries.RULE), *(r for r in analysis.all_rules() if r.code.startswith("UBM9")))
    monkeypatch.setattr(analysis, "all_rules", lambda: rules)
    findings = runner.check(request_for(write(tmp_path, PROGRAM))).findings
    assert [(f.code, f.symbol, f.place.line) for f in findings] == expected


def test_the_message_names_the_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (broken("B", never_removed_entries.RULE), *(r for r in analysis.all_rules() if r.code.startswith("UBM9")))
    monkeypatch.setattr(analysis, "all_rules", lambda: rules)
    messages = [f.message for f in runner.check(request_for(write(tmp_path, PROGRAM))).findings if f.code == "UBM900"]
    assert messages == ["internal error while looking at `app:B`: LookupError: no rule is without fault, at B"]
