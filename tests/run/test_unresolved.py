"""Imports within the project that lead to no file of it are told once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.processes import environment, python
from tests.programs import request_for, write
from unbounded_lint.run import runner

STORE = "X = {}\n\n\ndef put(key):\n    X[key] = 1\n"
APP = {"app/__init__.py": "", "app/store.py": STORE}


def notes(root: Path, files: dict[str, str], **settings: object) -> list[str]:
    """What a run over files tells about itself."""
    return list(runner.check(request_for(write(root, files), **settings)).notes)


TOLD = {
    "a module of a package": (
        {**APP, "app/api.py": "import os\nfrom app.helpers import f\nA = {}\n"},
        "an import within the project found no file of it, `app.helpers` at app/api.py:2, and what these modules do "
        "was not followed; name the directories that modules are imported from in the setting `src`",
    ),
    "several": (
        {**APP, "app/api.py": "import app.helpers, app.n\nA = {}\ndef f():\n    import app.x.y\n"},
        "3 imports within the project found no file of it, such as `app.helpers` at app/api.py:1, and",
    ),
    "a relative one": (
        {**APP, "app/api.py": "from .helpers import f\nA = {}\n"},
        "an import within the project found no file of it, `app.helpers` at app/api.py:1, and",
    ),
    "by too few directories": (
        {"python/shop/store.py": STORE, "python/shop/api.py": "from shop.store import X\nA = {}\n"},
        "an import within the project found no file of it, `shop.store` at python/shop/api.py:1, and",
    ),
    "a public module beside a private one": (
        {**APP, "app/_fast.c": "", "app/api.py": "from app.slow import f\nA = {}\n"},
        "an import within the project found no file of it, `app.slow` at",
    ),
    "guarded by something else": (
        {
            **APP,
            "app/api.py": "A = {}\nif A:\n    try:\n        import app.gone\n    except KeyError:\n        pass\n",
        },
        "an import within the project found no file of it, `app.gone` at app/api.py:4, and",
    ),
}


@pytest.mark.parametrize(("files", "expected"), TOLD.values(), ids=TOLD)
def test_an_import_that_leads_nowhere_is_told(files: dict[str, str], expected: str, tmp_path: Path) -> None:
    (note,) = notes(tmp_path, files)
    assert note.startswith(expected)


QUIET = {
    "modules and attributes": "import app.store\nfrom app import store, a\nfrom app.store import b\nfrom . import c\n",
    "other packages": "import os.path\nimport requests.adapters\nfrom django.conf import settings\n",
    "may fail": "try:\n    import app.fast\nexcept ImportError:\n    import app.slow\n",
    "may fail with one of several": "try:\n    import app.fast\nexcept (AttributeError, ImportError):\n    pass\n",
    "may fail with anything": "try:\n    import app.fast\nexcept:\n    pass\n",
    "may fail quietly": "import contextlib\nwith contextlib.suppress(ImportError):\n    import app.fast\n",
    "for types alone": "import typing\nif typing.TYPE_CHECKING:\n    from app.types import T\n",
    "written by a build": "from app._version import v\nimport app.version\nimport app.wire_pb2\nimport app._made\n",
    "compiled": "from app.fast import f\nfrom app.quick import g\nfrom .typed import h\nimport app.data.table\n",
    "what a module makes itself": "from app.store.moves import urllib\n",
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_imports_that_lead_somewhere_or_need_not_are_not_told(text: str, tmp_path: Path) -> None:
    beside = {
        "app/fast.pyx": "",
        "app/quick.cpython-311-x86_64-linux-gnu.so": "",
        "app/typed.pyi": "",
        "app/data/t.csv": "",
    }
    assert notes(tmp_path, {**APP, **(beside if "quick" in text else {}), "app/api.py": f"{text}A = {{}}\n"}) == []


def test_tests_may_import_what_they_like(tmp_path: Path) -> None:
    assert notes(tmp_path, {**APP, "tests/test_a.py": "import app.helpers\nfrom app.store import X\nX = {}\n"}) == []


def test_a_package_of_several_distributions_is_not_told(tmp_path: Path) -> None:
    text = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    assert notes(tmp_path, {"app/__init__.py": text, "app/a.py": "import app.other\nA = {}\n"}) == []


def test_a_part_of_a_package_does_not_miss_the_other_parts(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/sub/__init__.py": "",
        "app/sub/a.py": "from ..other import f\nimport app.more\nA = {}\n",
    }
    request = request_for(write(tmp_path, files) / "app" / "sub")
    assert runner.check(request).notes == ()


def test_with_the_setting_it_is_gone(tmp_path: Path) -> None:
    files = {"python/shop/store.py": STORE, "python/shop/api.py": "from shop.store import X\nA = {}\n"}
    assert notes(tmp_path, files, src=["python"]) == []


def test_the_command_tells_it_on_stderr_alone(tmp_path: Path) -> None:
    write(tmp_path, {**APP, "app/api.py": "import app.helpers\nA = {}\n"})
    done: subprocess.CompletedProcess[str] = python(
        "-m",
        "unbounded_lint",
        "--isolated",
        "--no-cache",
        "--output-format",
        "concise",
        cwd=tmp_path,
        env=environment(),
    )
    assert done.stderr.startswith(
        "unbounded-lint: warning: an import within the project found no file of it, `app.helpers`"
    )
    assert done.stderr.count("\n") == 2 and "app.helpers" not in done.stdout
