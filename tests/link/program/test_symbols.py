"""What a symbol names: by colons and dots, through imports, and what is certain not to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked
from unbounded_lint.link.program.symbols import Symbols

FILES = {
    "app/__init__.py": "from .jobs import sweep\nfrom . import jobs as tasks\nimport app.jobs as work\n",
    "app/jobs.py": (
        "import os\nLIMIT = 3\n\ndef sweep():\n    def inner():\n        pass\n    return inner\n\n\n"
        "class Cache:\n    def _prune(self):\n        self.size = 1\n    def __clean(self):\n        pass\n\n\n"
        "class Derived(Cache):\n    pass\n\n\nclass Loop(Loop):\n    pass\n"
    ),
    "app/every.py": "from app.jobs import *\n",
    "app/more.py": (
        "import app.jobs\nfrom app import jobs as j\nfrom app.jobs import Derived\n"
        "class A(j.Derived):\n    pass\nclass B(object, Derived[int], metaclass=type):\n    pass\n"
    ),
    "app/lazy.py": "def __getattr__(name):\n    return name\n",
    "app/round_one.py": "from app.round_two import f\n",
    "app/round_two.py": "from app.round_one import f\n",
    "space/own.py": "def f():\n    pass\n",
    "app/broken.py": "def f(:\n",
    "app/whole.py": "from app.broken import g\n",
    "app/test_jobs.py": "def helper():\n    pass\n",
}


@pytest.fixture
def symbols(tmp_path: Path) -> Symbols:
    """Those of a program."""
    return Symbols(linked(tmp_path, FILES).program)


def named(symbols: Symbols, symbol: str) -> list[str]:
    found = (symbols.program.of(scope) for scope in symbols.functions(symbol))
    names = (symbols.program.facts(scope).qualname for scope in symbols.functions(symbol))
    return [f"{module.name}:{name}" for module, name in zip(found, names, strict=True)]


@pytest.mark.parametrize(
    ("symbol", "meant"),
    [
        ("app.jobs:sweep", "app.jobs:sweep"),
        ("app.jobs.sweep", "app.jobs:sweep"),
        ("app.jobs:Cache._prune", "app.jobs:Cache._prune"),
        ("app.jobs.Cache._prune", "app.jobs:Cache._prune"),
        ("app.jobs:Cache.__clean", "app.jobs:Cache.__clean"),
        ("app.jobs:sweep.<locals>.inner", "app.jobs:sweep.<locals>.inner"),
        ("app.jobs:sweep.inner", "app.jobs:sweep.<locals>.inner"),
        ("app:sweep", "app.jobs:sweep"),
        ("app.sweep", "app.jobs:sweep"),
        ("app.tasks.Cache._prune", "app.jobs:Cache._prune"),
        ("app:work.sweep", "app.jobs:sweep"),
        ("app.every:Cache._prune", "app.jobs:Cache._prune"),
        ("space.own.f", "space.own:f"),
        ("app.jobs:Derived._prune", "app.jobs:Cache._prune"),
        ("app.more:A._prune", "app.jobs:Cache._prune"),
        ("app.more.B._prune", "app.jobs:Cache._prune"),
    ],
)
def test_functions(symbols: Symbols, symbol: str, meant: str) -> None:
    assert named(symbols, symbol) == [meant]
    assert not symbols.is_unknown_function(symbol)


@pytest.mark.parametrize(
    ("symbol", "near"),
    [
        ("app.jobs:swep", "app.jobs:sweep"),
        ("app.job:sweep", "app.jobs:sweep"),
        ("app.jobs.Cache.prune", "app.jobs:Cache._prune"),
        ("app.jobs:Loop.run", ""),
        ("app.jobs:Cache", ""),
        ("app.jobs:LIMIT", ""),
        ("app.jobs", ""),
        ("other.pkg:zzz", ""),
        ("app.round_one:f", ""),
        ("app.test_jobs:helper", ""),
        (":", ""),
        ("a." * 5000 + "b", ""),
    ],
)
def test_no_functions(symbols: Symbols, symbol: str, near: str) -> None:
    assert named(symbols, symbol) == []
    assert symbols.is_unknown_function(symbol)
    assert symbols.near(symbol) == near


def test_a_function_of_several_definitions_is_all_of_them(tmp_path: Path) -> None:
    text = "import os\nif os.name:\n    def f():\n        pass\nelse:\n    def f():\n        pass\n"
    assert len(Symbols(linked(tmp_path, {"m.py": text}).program).functions("m:f")) == 2


def test_nothing_is_said_of_a_file_that_cannot_be_read(symbols: Symbols) -> None:
    assert not symbols.is_unknown_function("app.broken:g")
    assert not symbols.is_unknown_function("app.whole:g")
    assert not symbols.is_unknown_api("app.broken.g")


@pytest.mark.parametrize(
    ("dotted", "near"),
    [
        ("app.jobs.Cach", "app.jobs.Cache"),
        ("app.jobs.Cache.prune", "app.jobs.Cache._prune"),
        ("app.job.sweep", "app.jobs.sweep"),
        ("app.jobs", ""),
        ("app", ""),
    ],
)
def test_unknown_apis(symbols: Symbols, dotted: str, near: str) -> None:
    assert symbols.is_unknown_api(dotted)
    assert symbols.near_api(dotted) == near


@pytest.mark.parametrize(
    "dotted",
    [
        "app.jobs.sweep",
        "app.jobs.LIMIT",
        "app.jobs.Cache._prune",
        "app.jobs.Cache.size",
        "app.jobs.Derived.inherited",
        "app.jobs.os.fork",
        "app.sweep",
        "app.every.anything",
        "app.lazy.anything",
        "space.other.f",
        "acme.sched.every",
        "every",
    ],
)
def test_what_may_be_an_api(symbols: Symbols, dotted: str) -> None:
    assert not symbols.is_unknown_api(dotted)
