"""What runs as a script, and makes a project an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

VISITS = "X = {}\ndef visit(request):\n    X[request.id] = 1\n"
CALLS = "from desk import visit\nfrom other import request\nvisit(request)\n"
SCRIPTS = {
    "the main module of a package": {"desk/__init__.py": VISITS, "desk/__main__.py": CALLS},
    "the main module of a folder": {"desk.py": VISITS, "__main__.py": CALLS},
    "a test for being the main module": {
        "desk.py": VISITS,
        "run.py": CALLS.replace("visit(req", "if __name__ == '__main__':\n    visit(req"),
    },
}


@pytest.mark.parametrize("files", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_no_import(files: dict[str, str], tmp_path: Path) -> None:
    project = linked(tmp_path, files)
    (insert,) = (access for access in named(project).accesses if access.kind == "insert")
    assert project.execution.kinds(insert.scope, insert.op) == {"main"}
    assert project.execution.roots.has_entry_points


def test_another_module_is_imported(tmp_path: Path) -> None:
    project = linked(tmp_path, {"desk.py": VISITS, "main.py": CALLS})
    (insert,) = (access for access in named(project).accesses if access.kind == "insert")
    assert project.execution.kinds(insert.scope, insert.op) == {"import"}
    assert not project.execution.roots.has_entry_points
