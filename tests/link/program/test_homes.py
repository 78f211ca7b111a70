"""Packages of one name in several directories of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for
from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.program.homes import Homes
from unbounded_lint.run import runner


def file(path: str, module: str) -> SourceFile:
    return SourceFile(path, module, path.endswith("__init__.py"), is_test=False)


FILES = (
    file("app/__init__.py", "app"),
    file("app/a.py", "app.a"),
    file("services/two/app/__init__.py", "app"),
    file("services/two/app/sub/b.py", "app.sub.b"),
    file("services/two/run.py", "services.two.run"),
    file("lib/other/__init__.py", "other"),
    file("lib/other/c.py", "other.c"),
    file("script.py", "script"),
)


def test_only_packages_that_share_a_name_get_another() -> None:
    homes = Homes(FILES)
    assert [homes.renamed(each).module for each in FILES] == [
        "app",
        "app.a",
        "services.two.app",
        "services.two.app.sub.b",
        "services.two.run",
        "other",
        "other.c",
        "script",
    ]


def test_a_name_means_the_package_that_is_nearest() -> None:
    homes = Homes(FILES)
    assert homes.near("services/two/run.py") == homes.near("services/two/app/sub/b.py") == {"app": "services.two.app"}
    assert homes.near("services/twofold/run.py") == homes.near("script.py") == {"app": "app"}
    assert Homes(FILES[:2]).near("app/a.py") == {}


def test_from_outside_of_all_of_them_a_name_means_none_in_particular() -> None:
    one, two = file("a/app/__init__.py", "app"), file("b/app/__init__.py", "app")
    assert Homes([one, two]).near("c/run.py") == {}


FORMS = {
    "from package": ("from app import store", "store"),
    "import module": ("import app.store", "app.store"),
    "import as": ("import app.store as kept", "kept"),
    "relative": ("from . import store", "store"),
}


@pytest.mark.parametrize("form", FORMS)
def test_services_with_packages_of_the_same_name_are_programs_of_their_own(form: str, tmp_path: Path) -> None:
    statement, name = FORMS[form]
    for service, more in (("one", ""), ("two", "\n\ndef drop(key):\n    _runs.pop(key, None)\n")):
        app = tmp_path / "services" / service / "app"
        app.mkdir(parents=True)
        (app / "__init__.py").touch()
        (app / "store.py").write_text(f"_runs = {{}}\n{more}")
        (app / "api.py").write_text(
            f"{statement}\n\n\ndef register(request):\n    {name}._runs[request.id] = request\n"
        )
    (tmp_path / "pyproject.toml").touch()
    found = {(one.place.path, one.code): one for one in runner.check(request_for(tmp_path)).findings}
    assert set(found) == {("services/one/app/store.py", "UBM101"), ("services/two/app/store.py", "UBM102")}
    for (path, _), one in found.items():
        service = path.split("/")[1]
        assert one.symbol == f"services.{service}.app.store:_runs"
        assert {place.path.split("/")[1] for place in one.related} == {service}, "the other one is another program"
