"""Three hundred programs at random in each run; tens of thousands by `python -m tests.fuzz.run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import compose, smith, splice
from tests.fuzz.judge import is_readable, judge, shrunk
from tests.fuzz.run import SECONDS, survey
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.runs.execution import Execution

ROOT = Path(__file__).resolve().parents[2]
BATCHES = 10
BRIEF = 3
PROGRAMS = 30
LEAK = {"m.py": "A = {}\nB = []\n\n\ndef f(r):\n    B.clear()\n    A[r] = 1\n", "n.py": "import m\n"}


@pytest.fixture(scope="module")
def snippets() -> tuple[str, ...]:
    return smith.snippets(1, 30)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "batch", [pytest.param(batch, marks=pytest.mark.release if batch >= BRIEF else ()) for batch in range(BATCHES)]
)
def test_no_program_at_random_is_too_much(batch: int, snippets: tuple[str, ...]) -> None:
    found = survey(batch + 1, PROGRAMS, snippets)
    assert found.faults == {}, "\n".join(found.lines())
    assert found.programs == PROGRAMS


def test_the_programs_hold_what_there_is_to_analyse() -> None:
    found = survey(BATCHES + 1, PROGRAMS, ())
    assert found.parsed / found.files > 0.9
    assert found.containers > 2 * PROGRAMS
    assert found.findings > PROGRAMS / 10


@pytest.mark.exhaustive
def test_the_hash_seed_changes_no_finding() -> None:
    told = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "tests.fuzz.run", "--programs", "24", "--seed", "77", "--snippets", "0"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        told.add(done.stdout.partition("digest of the findings")[2].split()[0])
    assert len(told) == 1


@pytest.mark.parametrize("make", [compose.composed, splice.spliced])
def test_a_seed_always_gives_the_same_program(make: object) -> None:
    assert callable(make)
    assert make(7) == make(7) != make(8)


def test_pieces_by_hypothesmith_parse_and_speak_of_our_names(snippets: tuple[str, ...]) -> None:
    assert len(snippets) > 10
    assert all(map(is_readable, snippets))
    assert any(name in snippet for snippet in snippets for name in compose.STORES)


def test_a_fault_is_seen_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise LookupError("a fault of ours")

    assert judge(LEAK, tmp_path / "p", SECONDS).faults == ()
    monkeypatch.setattr(Execution, "kinds", broken)
    monkeypatch.setattr(Execution, "at", broken)
    assert judge(LEAK, tmp_path / "p", SECONDS).faults == ("UBM900: LookupError in inserts._running",)


def test_a_program_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> bool:
        while True:
            pass

    monkeypatch.setattr(Keys, "domain", endless)
    assert judge(LEAK, tmp_path / "p", 0.5).faults[0].startswith("slow")


def test_an_offender_is_made_small(tmp_path: Path) -> None:
    def leaks(files: object) -> bool:
        assert isinstance(files, dict)
        return any(f.code == "UBM101" for f in judge(files, tmp_path / "p", SECONDS).findings)

    assert shrunk(LEAK, leaks) == {"m.py": "A = {}\ndef f(r):\n    A[r] = 1\n"}
