"""Where `from module import *` takes a name to: over modules that do not write it, in circles, and no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked

MADE = "SEEN = {}\n"
STAR = "from a import *\n"
ADD = "def add(r):\n    SEEN[r.id] = r\n"

REACHED = {
    "directly": {"a.py": MADE, "b.py": STAR + ADD},
    "over a module that does not write it": {
        "a.py": MADE,
        "b.py": STAR,
        "c.py": f"from b import *\n{ADD}",
    },
    "by name from one that gets it so": {
        "a.py": MADE,
        "b.py": STAR,
        "c.py": f"from b import SEEN\n{ADD}",
    },
    "as a member of one that gets it so": {
        "a.py": MADE,
        "b.py": STAR,
        "c.py": "import b\ndef add(r):\n    b.SEEN[r.id] = r\n",
    },
    "round a circle": {
        "a.py": f"from c import *\n{MADE}",
        "b.py": STAR,
        "c.py": f"from b import *\n{ADD}",
    },
}
NOT_REACHED = {
    "a name of its own": {"a.py": MADE, "b.py": STAR + MADE + ADD},
    "no star": {"a.py": MADE, "b.py": f"import a\n{MADE}{ADD}"},
    "the other way round": {"a.py": f"from b import *\n{MADE}", "b.py": ADD},
}


def inserting(files: dict[str, str], tmp_path: Path) -> set[str]:
    """The files in which something is put into the container of a.py."""
    project = linked(tmp_path, files)
    assert not project.failures
    return {
        a.scope.path for c in project.containers if c.place.path == "a.py" for a in c.accesses if a.kind == "insert"
    }


@pytest.mark.parametrize("files", REACHED.values(), ids=REACHED)
def test_a_star_takes_a_name_along(files: dict[str, str], tmp_path: Path) -> None:
    assert inserting(files, tmp_path) == {sorted(files)[-1]}


@pytest.mark.parametrize("files", NOT_REACHED.values(), ids=NOT_REACHED)
def test_other_names_are_not_taken(files: dict[str, str], tmp_path: Path) -> None:
    assert not inserting(files, tmp_path)
