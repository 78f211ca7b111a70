"""A run with nothing to do: what was found last time is given, and only where it would be found again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.programs import request_for, write
from unbounded_lint.disk.cache import DIRECTORY_VARIABLE
from unbounded_lint.files import contents
from unbounded_lint.findings.finding import Finding
from unbounded_lint.findings.sheet import Inventory
from unbounded_lint.run import analysis, runner
from unbounded_lint.run.request import Analysis, Listing

PROGRAM = {
    "pyproject.toml": "",
    "app.py": "A = {}\n\n\ndef f(request):\n    A[request.id] = 1\n",
    "other.py": "B = {}\n\n\ndef g(request):\n    B[request.id] = 1\n",
    "tests/test_app.py": "import app\n",
}
OLD_SECONDS = 60


class Runs:
    """Runs with a cache over one project, and how many of them were an analysis."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.analysed = 0
        self.listings = 0

    def found(self, *paths: str, **settings: Any) -> list[tuple[str, str]]:
        """Path and code of each finding of a run."""
        given = [self.root / path for path in paths]
        outcome = runner.check(request_for(self.root, *given, use_cache=True, **settings))
        assert outcome.stats.by_code == _counted(outcome.findings)
        return [(finding.place.path, finding.code) for finding in outcome.findings]

    def listed(self, *paths: str, **settings: Any) -> Inventory:
        """The containers of some paths, or of all."""
        given = [self.root / path for path in paths]
        return runner.inventory(request_for(self.root, *given, use_cache=True, **settings))


def _counted(findings: tuple[Finding, ...]) -> dict[str, int]:
    codes = [finding.code for finding in findings]
    return {code: codes.count(code) for code in sorted(set(codes))}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """A project whose files were written a minute ago."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "caches"))
    made = Runs(write(tmp_path / "project", PROGRAM))
    analyse, inventory = analysis.analyse, analysis.inventory

    def counted(*given: Any) -> Analysis:
        made.analysed += 1
        return analyse(*given)

    def listing(*given: Any) -> Listing:
        made.listings += 1
        return inventory(*given)

    monkeypatch.setattr(analysis, "analyse", counted)
    monkeypatch.setattr(analysis, "inventory", listing)
    age(monkeypatch)
    return made


def age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each run happen a minute after all that was written before it."""
    now = time.time_ns
    monkeypatch.setattr(contents.time, "time_ns", lambda: now() + OLD_SECONDS * 10**9)


BOTH = [("app.py", "UBM101"), ("other.py", "UBM101")]


def test_a_second_run_analyses_nothing(runs: Runs) -> None:
    assert [runs.found(), runs.found(), runs.found()] == [BOTH] * 3
    assert runs.analysed == 1


def test_a_second_run_reads_no_file(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs.found() == BOTH

    def refuse(path: str, limit: int) -> bytes:
        raise AssertionError(f"{path} is read")

    monkeypatch.setattr(contents, "read_regular", refuse)
    assert runs.found() == BOTH


def test_files_that_are_asked_for_share_the_result_of_all(runs: Runs) -> None:
    assert runs.found("app.py") == BOTH[:1]
    assert runs.found("other.py") == BOTH[1:]
    assert runs.found() == BOTH
    assert runs.analysed == 1


def rewritten(runs: Runs) -> None:
    write(runs.root, {"app.py": "A = {}\n"})


def rewritten_unseen(runs: Runs) -> None:
    """The same size, and the old date."""
    path = runs.root / "app.py"
    status = path.stat()
    path.write_text(path.read_text().replace("A[request.id] = 1", "A.pop(request, 0)"))
    assert path.stat().st_size == status.st_size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(runs: Runs) -> None:
    """By another file, as editors do."""
    write(runs.root, {"new": "A = {}\n"})
    (runs.root / "new").replace(runs.root / "app.py")


def removed(runs: Runs) -> None:
    (runs.root / "app.py").unlink()


@pytest.mark.parametrize("change", [rewritten, rewritten_unseen, replaced, removed])
def test_a_change_is_seen(runs: Runs, change: Callable[[Runs], None]) -> None:
    assert runs.found() == BOTH
    change(runs)
    assert runs.found() == BOTH[1:]
    assert runs.found() == BOTH[1:]
    assert runs.analysed == 2


def test_a_new_file_is_seen(runs: Runs) -> None:
    assert runs.found() == BOTH
    write(runs.root, {"more.py": "import app\n\n\ndef f(request):\n    app.A.clear()\n"})
    assert runs.found() != BOTH
    assert runs.analysed == 2


def test_a_file_that_is_written_anew_with_the_same_text_is_no_change(runs: Runs) -> None:
    assert runs.found() == BOTH
    write(runs.root, {"app.py": PROGRAM["app.py"]})
    assert runs.found() == BOTH
    assert runs.analysed == 1


def test_a_file_as_young_as_the_run_is_read_again(runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its date may be that of a later change too."""
    monkeypatch.setattr(contents.time, "time_ns", lambda: int(time.time() * 10**9))
    assert runs.found() == BOTH
    read: list[str] = []
    read_regular = contents.read_regular

    def listened(path: str, limit: int) -> bytes:
        read.append(os.path.basename(path))
        return read_regular(path, limit)

    monkeypatch.setattr(contents, "read_regular", listened)
    assert runs.found() == BOTH
    assert sorted(read) == ["app.py", "other.py", "test_app.py"]
    assert runs.analysed == 1


def test_other_settings_are_another_question(runs: Runs) -> None:
    assert runs.found() == BOTH
    assert runs.found(ignore=["UBM101"]) == []
    assert (runs.found(), runs.found(ignore=["UBM101"])) == (BOTH, [])
    assert runs.analysed == 2


def test_another_state_of_the_program_is_another_question(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs.found() == BOTH
    monkeypatch.setattr("unbounded_lint.run.results.__version__", "0")
    assert runs.found() == BOTH
    assert runs.analysed == 2


def test_what_lies_beside_the_files_is_part_of_the_ground(runs: Runs) -> None:
    write(runs.root, {"pkg/__init__.py": "", "pkg/api.py": "import pkg.fast\nC = {}\n"})
    first = runner.check(request_for(runs.root, use_cache=True)).notes
    write(runs.root, {"pkg/fast.c": ""})
    second = runner.check(request_for(runs.root, use_cache=True)).notes
    assert len(first) == 1 and second == ()
    assert runs.analysed == 2


@pytest.mark.parametrize("change", ["add(1)", "add(n)", ""])
def test_the_documentation_that_was_asked_for_is_part_of_the_ground(
    change: str, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "weighs", lambda field: field == "usage")
    write(runs.root, {"store.py": "C = {}\n\n\ndef add(key):\n    C[key] = 1\n", "README.md": "```\nadd(2)\n```\n"})
    found = runs.found()
    assert runs.found() == found
    assert runs.analysed == 1
    if change:
        write(runs.root, {"docs/use.md": f"```\n{change}\n```\n"})
    else:
        (runs.root / "README.md").unlink()
    assert runs.found() == runs.found()
    assert runs.analysed == 2


@pytest.mark.parametrize("weighed", [False, True])
def test_documentation_that_nothing_asks_for_may_change(
    weighed: bool, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "weighs", lambda _field: weighed)
    if weighed:
        write(runs.root, {"other.py": "B = {}\n", "app.py": PROGRAM["app.py"].replace("def f", "def _f")})
    found = runs.found()
    write(runs.root, {"README.md": "```\nf(1)\n```\n"})
    assert runs.found() == found
    assert runs.analysed == 1


def test_a_run_that_could_not_read_a_file_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    read_regular = contents.read_regular

    def refused(path: str, limit: int) -> bytes:
        if path.endswith("app.py"):
            raise PermissionError(13, "Permission denied")
        return read_regular(path, limit)

    with monkeypatch.context() as patched:
        patched.setattr(contents, "read_regular", refused)
        assert ("app.py", "UBM901") in runs.found()
    assert runs.found() == BOTH


def test_without_the_cache_nothing_is_kept(runs: Runs, tmp_path: Path) -> None:
    for _ in range(2):
        runner.check(request_for(runs.root))
    assert runs.analysed == 2
    assert not (tmp_path / "caches").exists()


def test_a_second_inventory_is_the_first_one_in_full(runs: Runs) -> None:
    write(runs.root, {"broken.py": "def f(:\n"})
    first = runs.listed()
    assert [sheet.symbol for sheet in first.sheets] == ["app:A", "other:B"] and len(first.notes) == 1
    assert runs.listed() == first
    assert runs.listings == 1


def test_an_inventory_is_made_anew_for_other_paths_settings_and_contents(runs: Runs) -> None:
    def symbols(*paths: str, **settings: Any) -> list[str]:
        return [sheet.symbol for sheet in runs.listed(*paths, **settings).sheets]

    for _ in range(2):
        assert (symbols("app.py"), symbols("other.py"), symbols()) == (["app:A"], ["other:B"], ["app:A", "other:B"])
    assert runs.listings == 3
    assert symbols(ignore=["UBM101"]) == ["app:A", "other:B"]
    hidden = {report.hidden for sheet in runs.listed(ignore=["UBM101"]).sheets for report in sheet.reports}
    assert hidden == {"the settings leave its rule out"}
    assert runs.listings == 4
    removed(runs)
    assert symbols() == ["other:B"]
    assert runs.listings == 5


def test_an_inventory_and_a_check_do_not_take_what_is_kept_of_the_other(runs: Runs) -> None:
    for _ in range(2):
        assert runs.found() == BOTH
        assert len(runs.listed().sheets) == 2
    assert (runs.analysed, runs.listings) == (1, 1)


def test_an_inventory_that_could_not_read_a_file_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    read_regular = contents.read_regular

    def refused(path: str, limit: int) -> bytes:
        if path.endswith("app.py"):
            raise PermissionError(13, "Permission denied")
        return read_regular(path, limit)

    with monkeypatch.context() as patched:
        patched.setattr(contents, "read_regular", refused)
        assert len(runs.listed().sheets) == 1
    assert len(runs.listed().sheets) == 2


def test_nothing_of_the_analysis_is_imported_where_there_is_nothing_to_do(runs: Runs) -> None:
    assert runs.found() == BOTH
    code = (
        "import sys\nfrom unbounded_lint.cli import main\n"
        "main(['check', '--isolated', '--jobs', '1', '.'])\n"
        "print(sorted({name for name in sys.modules if name.startswith(('unbounded_lint.link', 'libcst'))}))\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=runs.root, capture_output=True, text=True, check=True, timeout=120
        )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "app.py" in done.stdout
