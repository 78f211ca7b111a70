"""The order of questions is nobody's business: whatever was asked before, and whatever else reads from a container,
each container gets the verdict that it has in a project that was asked nothing else."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import questions
from tests.programs import link, linked, request_for, write
from tests.test_determinism import copied, installed
from tests.test_fixtures import FIXTURES, GATEWAY, fixture_directories, source_of
from unbounded_lint.facts import model as m
from unbounded_lint.findings.finding import Finding
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.values import Instance
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.project import Project

SEEDS = 4
PACKAGES = ("coverage", "filelock", "importlinter", "rich")
"""Installed wherever the tests are; all have long-lived containers, and all have findings."""

LONG = [package if package == "filelock" else pytest.param(package, marks=pytest.mark.release) for package in PACKAGES]
"""All of them; all orders of questions take a minute."""

FLOW = {"uses", "attribute uses", "function uses", "calls", "contexts", "kinds"}
"""Questions about where a value goes, whose answers are cut where functions return each other: of these the verdicts
alone are compared."""


def sampled(items: list[Any], step: int) -> list[Any]:
    """Every so manieth by default, every third besides among the exhaustive ones: each takes a second."""
    plain = items[::step]
    rest = [item for number, item in enumerate(items) if number % step and not number % 3]
    return [*plain, *(pytest.param(item, marks=pytest.mark.exhaustive) for item in rest)]


def fixtures() -> list[str]:
    """The fixtures that are whole programs with files of their own."""
    own = (directory for directory in fixture_directories() if source_of(directory) is None)
    return [directory.relative_to(FIXTURES).as_posix() for directory in own if directory.parent != GATEWAY]


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a fixture."""
    return copied(request.param, tmp_path / "program")


def check_orders(root: Path, seeds: int, most: int) -> None:
    """Ask in several orders, twice in each project, and compare all that is said with what an untouched one says."""
    untouched = link(request_for(root))
    verdicts, findings = questions.verdicts(untouched), questions.findings(untouched)
    answers: dict[Any, Any] = {}
    for seed in range(seeds):
        project = link(request_for(root))
        asked = questions.questions(project)
        for number in (seed, seed + seeds):
            for name, answer in questions.ask(asked, number, most).items():
                if name[0] not in FLOW and name[0] != "containers":
                    assert answers.setdefault(name, answer) == answer, name
        assert questions.verdicts(project) == verdicts
        assert questions.findings(project) == findings


@pytest.mark.parametrize("program", sampled(fixtures(), 12), indirect=True)
def test_a_fixture_has_its_verdicts_in_any_order_of_questions(program: Path) -> None:
    check_orders(program, SEEDS, 100_000)


@pytest.mark.parametrize("stage", ["0_leaky", pytest.param("7_fragile_tick", marks=pytest.mark.exhaustive)])
def test_the_gateway_has_its_verdicts_in_any_order_of_questions(stage: str, tmp_path: Path) -> None:
    check_orders(copied(f"gateway/{stage}", tmp_path / "gateway"), 2, 100_000)


@pytest.mark.parametrize("package", ["importlinter"])
def test_a_package_has_its_verdicts_after_some_questions(package: str, tmp_path: Path) -> None:
    check_orders(installed(package, tmp_path), 1, 4_000)


@pytest.mark.exhaustive
@pytest.mark.parametrize("package", LONG)
def test_a_package_has_its_verdicts_in_any_order_of_questions(package: str, tmp_path: Path) -> None:
    check_orders(installed(package, tmp_path), 3, 1_000_000)


# --- what goes round in circles --------------------------------------------------------------------------------------

CIRCLES = {
    "a text that is stripped again and again": (
        "def clean(line: str):\n    while line:\n        line = line.strip().lower()\n    return line\n"
    ),
    "a function that gives back what it is given": (
        "def escape(text: str) -> str:\n    return text.replace('<', '')\n\n\n"
        "def render(parts):\n    for text, style in parts:\n        text = escape(text)\n        text = escape(text)\n"
    ),
}


@pytest.mark.parametrize("text", CIRCLES.values(), ids=CIRCLES)
def test_an_answer_in_a_circle_does_not_depend_on_where_one_steps_in(text: str, tmp_path: Path) -> None:
    """Each is asked first once, in a project that nobody asked anything."""
    files = {"m.py": f"from pathlib import Path\n\nX = {{}}\n\n\n{text}"}
    whole = questions.ask(questions.questions(linked(tmp_path, files)), 0, 100_000)
    for number, (name, expected) in enumerate(whole.items()):
        if name[0] in {"values", "lookup", "returned", "domain"}:
            asked = {question.name: question for question in questions.questions(link(request_for(tmp_path)))}
            assert asked[name].ask() == expected, (number, name)


RETURN_EACH_OTHER = """
class Ref:
    @property
    def copied(self):
        return self.linked

    @property
    def linked(self):
        return self.copied


def use(ref: Ref):
    print(ref.copied, ref.linked)
"""


def test_the_calls_of_functions_that_return_each_other_do_not_depend_on_who_is_asked_first(tmp_path: Path) -> None:
    copied_, linked_ = ScopeId("m.py", 2), ScopeId("m.py", 3)
    one = linked(tmp_path, {"m.py": RETURN_EACH_OTHER}).flow
    other = link(request_for(tmp_path)).flow
    first = [one.call_sites(function) for function in (copied_, linked_)]
    last = [other.call_sites(function) for function in (linked_, copied_)]
    assert first == last[::-1]


# --- what only reads -------------------------------------------------------------------------------------------------


def readers(project: Project) -> Mapping[str, str]:
    """Modules that read every container and call every function that only gives back a name, and do nothing else."""
    lines = dict.fromkeys(line for container in project.containers for line in _reads(project, container))
    lines.update(dict.fromkeys(_calls(project)))
    found = {}
    for number, (module, expression) in enumerate(lines):
        top = expression.partition(".")[0].partition("(")[0]
        found[f"zz_reader_{number}.py"] = (
            f"from {module} import {top}\n\n\n"
            f"def show(request):\n    print(len({expression}), request.id in {expression})\n"
            f"    return [one for one in {expression}]\n"
        )
    return found


def _reads(project: Project, container: Any) -> Iterator[tuple[str, str]]:
    holder = container.holder
    module, _, path = holder.symbol.partition(":")
    if holder.life.kind in {"module", "class"} and not holder.life.distance:
        yield module, path
        return
    if not isinstance(holder.handle, Attribute):
        return
    for path, at in project.program.files.items():
        linked_module = project.program.module(path)
        for name in linked_module.names.of(0) if linked_module is not None else ():
            values = project.flow.resolver.values(m.Name(name), ScopeId(path, 0))
            if any(value == Instance(holder.handle.cls) for value in values) and name.isidentifier():
                yield at.module, f"{name}.{holder.name}"


def _calls(project: Project) -> Iterator[tuple[str, str]]:
    for path, at in project.program.files.items():
        module = project.program.module(path)
        for scope in module.facts.scopes if module is not None else ():
            given = [op.action.value for op in scope.ops if isinstance(op.action, m.Return)]
            plain = scope.kind == "function" and scope.parent == 0 and not scope.decorators and not scope.is_async
            if plain and len(given) == len(scope.ops) == 1 and isinstance(given[0], m.Name) and not scope.parameters:
                yield at.module, f"{scope.name}()"


def unread(finding: Finding) -> Finding:
    """A finding without what its evidence says of reads, which there are more of then, and what that weighs."""
    if finding.evidence is None:
        return finding
    evidence = msgspec.structs.replace(finding.evidence, reads=())
    return msgspec.structs.replace(finding, evidence=evidence, probability=None)


def check_readers(root: Path) -> None:
    """Add modules that only read, one after the other and all of them, and compare the findings of the others."""
    before = link(request_for(root))
    expected = list(map(unread, questions.findings(before)))
    texts = readers(before)
    order = random.Random(len(texts)).sample(sorted(texts), len(texts))
    for chosen in (order[:1], order):
        write(root, {name: texts[name] for name in chosen})
        after = questions.findings(link(request_for(root)))
        found = [unread(finding) for finding in after if not finding.place.path.startswith("zz_reader_")]
        assert found == expected, chosen


@pytest.mark.parametrize("program", sampled(fixtures(), 8), indirect=True)
def test_what_only_reads_changes_no_finding_of_a_fixture(program: Path) -> None:
    check_readers(program)


@pytest.mark.exhaustive
@pytest.mark.parametrize("package", PACKAGES)
def test_what_only_reads_changes_no_finding_of_a_package(package: str, tmp_path: Path) -> None:
    check_readers(installed(package, tmp_path))


def test_there_is_something_to_read(tmp_path: Path) -> None:
    """Otherwise the tests above would compare a program with itself."""
    programs = (copied(fixture, tmp_path / str(number)) for number, fixture in enumerate(fixtures()[::8]))
    read = list(itertools.chain.from_iterable(readers(link(request_for(root))).values() for root in programs))
    calling = copied("never-removed-entries/accessor-function", tmp_path / "calling")
    write(calling, {"zz.py": "_own = {}\n\n\ndef own():\n    return _own\n"})
    assert any("own()" in text for text in readers(link(request_for(calling))).values())
    assert len(read) > 15


CIRCLE = "never-removed-entries/accessors-in-a-circle"


@pytest.mark.parametrize("left_out", ["", "admin.py"])
def test_a_module_that_reads_hides_no_leak(left_out: str, tmp_path: Path) -> None:
    root = copied(CIRCLE, tmp_path / "program")
    if left_out:
        (root / left_out).unlink()
    found = questions.findings(link(request_for(root)))
    assert [(finding.code, finding.symbol) for finding in found] == [("UBM101", "pool:Primary.tickets")]
