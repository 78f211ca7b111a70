"""Every recipe on a program of its own: what it writes, that the linter is silent then, and that the program still does
what it did and no longer grows.

A case is a directory below `cases/`: the program `before`, what changes of it `after`, and `behaviour.py`,
which is run beside the program: it must fail before the repair, and pass after it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.processes import python
from tests.programs import request_for
from unbounded_lint.fixes.driver import plan
from unbounded_lint.fixes.recipes import RECIPES

CASES = Path(__file__).with_name("cases")
NAMES = sorted(case.name for case in CASES.iterdir() if case.is_dir())


def repaired(name: str, root: Path) -> Path:
    """A copy of a case's program as it is after the repair."""
    shutil.copytree(CASES / name / "before", root, dirs_exist_ok=True)
    shutil.copytree(CASES / name / "after", root, dirs_exist_ok=True)
    return root


@pytest.mark.parametrize("name", NAMES)
def test_a_repair_is_what_was_written_down(name: str) -> None:
    made = plan(request_for(CASES / name / "before"))
    after = CASES / name / "after"
    assert made.done and not made.refused and not made.remaining
    assert {path: data for path, (_, data) in made.files.items()} == {
        file.relative_to(after).as_posix(): file.read_bytes() for file in after.rglob("*.py")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_changes_nothing(name: str, tmp_path: Path) -> None:
    again = plan(request_for(repaired(name, tmp_path)))
    assert not again.done and not again.refused and not again.remaining


@pytest.mark.parametrize("name", NAMES)
def test_the_repaired_program_does_what_it_did_and_stays_small(name: str, tmp_path: Path) -> None:
    shutil.copytree(CASES / name / "before", tmp_path / "before")
    repaired(name, tmp_path / "after")
    ended = {}
    for state in ("before", "after"):
        shutil.copy(CASES / name / "behaviour.py", tmp_path / state)
        ended[state] = python("behaviour.py", cwd=tmp_path / state)
    assert ended["after"].returncode == 0, ended["after"].stderr
    assert ended["before"].returncode != 0, "it did not grow before, or nothing looks whether it does"


def test_a_formatter_finds_nothing_to_undo() -> None:
    programs = [str(path) for name in NAMES for path in (CASES / name / "before", CASES / name / "after")]
    done = python("-m", "ruff", "format", "--isolated", "--diff", *programs)
    assert done.returncode == 0, done.stdout


def test_imports_stay_sorted() -> None:
    programs = [str(CASES / name / "after") for name in NAMES]
    done = python("-m", "ruff", "check", "--isolated", "--select", "I,F", *programs)
    assert done.returncode == 0, done.stdout


def test_every_recipe_has_a_case() -> None:
    used = {done.finding.code for name in NAMES for done in plan(request_for(CASES / name / "before")).done}
    assert used == set(RECIPES) - {"UBM103", "UBM204"}, "those two are repaired as UBM102 and UBM203 are"


HEADS = (
    "from flask import request\n\ntry:\n    import json\nexcept ImportError:\n    json = None\n",
    'import os\n\nif os.name == "nt":\n    import msvcrt\nelse:\n    import fcntl\nfrom flask import request\n',
    '"""Text."""\n\nimport os\n\nif os.name:\n    LEVEL = 2\nimport sys\nfrom flask import request\n',
)
"""How modules begin that do not import all in a row."""


@pytest.mark.parametrize("head", HEADS)
def test_no_import_is_left_below_a_new_constant(head: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"{head}\n\n{CLASS}", encoding="utf-8")
    ((_, after),) = plan(request_for(tmp_path)).files.values()
    text = after.decode()
    constant = text.index("_SEEN_MAX_SIZE = 10_000")
    assert text.startswith(head.rstrip()) and "import" not in text[constant:]
    assert constant < text.index("class Users")
    (tmp_path / "app.py").write_bytes(after)
    done = python("-m", "ruff", "check", "--isolated", "--select", "E3,E4", "--preview", str(tmp_path / "app.py"))
    assert done.returncode == 0, done.stdout
    assert python("-m", "ruff", "format", "--isolated", "--check", str(tmp_path / "app.py")).returncode == 0


CLASS = """\
class Users:
    _seen = {}

    def see(self):
        self._seen[request.form["user"]] = True


users = Users()
"""
