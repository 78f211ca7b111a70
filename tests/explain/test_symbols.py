"""What `explain` says of a symbol: the container it names, or what has that name and why it is no long-lived one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.explain.symbols import Unknown
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.link.containers.finding import Containers, Holder
from unbounded_lint.run import runner
from unbounded_lint.run.request import Request

STORE = """\
import os
from typing import TYPE_CHECKING
from outside import thing

if TYPE_CHECKING:
    CHECKED = {}

RUNS = {}
LIMIT = 3
TEXT = "three"
HOME = os.environ.get("HOME")
PAIR = (1, 2)
DECLARED: dict[str, int]
first, *others = os.listdir()
__all__ = ["RUNS"]


class Job:
    kinds = {}
    table: dict[str, int]

    def __init__(self, name):
        self.steps = []
        self.kinds = {}
        self.name = name
        self.__hidden = {}

    def add(self, step):
        self.steps.append(step)
        self.__hidden[step] = step


class Keeper:
    def __init__(self):
        self.job = Job("x")
        self.notes = []


class Derived(Keeper):
    pass


def handle(request):
    keeper = Keeper()
    keeper.job.add(request)
    seen = {}
    seen[request] = keeper
    return seen


def again(request, memo={}, limit=3):
    keeper = Derived()

    def inner(key, found={}):
        found[key] = keeper

    class Local:
        table = {}

    request.extra.pending = {}
    return inner, Local


class _Never:
    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)


class Service:
    def __init__(self):
        self.__sessions = {}

    def open(self, session_id):
        self.__sessions[session_id] = 1


SERVICE = Service()
try:
    import fast
except ImportError as error:
    pass
"""
API = """\
from app import store
from app.store import RUNS, Service, thing
import app.store as aliased


def register(run_id):
    RUNS[run_id] = 1
"""
FILES = {
    "app/__init__.py": "",
    "app/store.py": STORE,
    "app/api.py": API,
    "app/broken.py": "X = {}\ndef (:\n",
    "app/generated.py": "X = {}\n",
    "app/space/plain.py": "X = 1\n",
    "tests/test_store.py": "X = {}\n",
}

PER_CALL = (
    "a `Keeper` is made per call in `handle()` (app/store.py:44) and `again()` (app/store.py:52) and nowhere else"
)
JOB = f"and a `Job` is made in `Keeper.__init__()` (app/store.py:35) for an attribute of a `Keeper`, and {PER_CALL}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """A run over a project with a name of every kind."""
    root = write(tmp_path_factory.mktemp("project"), FILES)
    return request_for(root, extend_exclude=["app/generated.py"])


@pytest.fixture(scope="module")
def answers(project: Request) -> dict[str, Sheet | Unknown]:
    """What one run says of all symbols that the tests ask about."""
    symbols = [*NAMED, *WHY]
    return dict(zip(symbols, runner.explain(project, symbols), strict=True))


def sentence(answer: Sheet | Unknown) -> str:
    """What is said where there is no sheet."""
    assert isinstance(answer, Unknown), answer
    return answer.sentence(lambda path: path)


NAMED = {
    "app.store:RUNS": "app.store:RUNS",
    "RUNS": "app.store:RUNS",
    ":RUNS": "app.store:RUNS",
    "app.store.RUNS": "app.store:RUNS",
    "app.store:Service._Service__sessions": "app.store:Service._Service__sessions",
    "app.store:Service.__sessions": "app.store:Service._Service__sessions",
    "app.store.Service.__sessions": "app.store:Service._Service__sessions",
    "Service.__sessions": "app.store:Service._Service__sessions",
    "__sessions": "app.store:Service._Service__sessions",
    "_Service__sessions": "app.store:Service._Service__sessions",
}


@pytest.mark.parametrize("symbol", NAMED)
def test_a_symbol_names_a_container_by_its_end_with_a_dot_or_by_a_plain_private_name(
    symbol: str, answers: dict[str, Sheet | Unknown]
) -> None:
    answer = answers[symbol]
    assert isinstance(answer, Sheet), answer
    assert answer.symbol == NAMED[symbol]


WHY = {
    # names of modules
    "app.store:LIMIT": "it holds `3` (app/store.py:9), which is no container that is known",
    "app.store:TEXT": "it holds a text (app/store.py:10), which is no container that is known",
    "app.store:HOME": "it holds `os.environ.get()` (app/store.py:11), which is no container that is known",
    "app.store:PAIR": "it holds a tuple (app/store.py:12), which is no container that is known",
    "app.store:DECLARED": "it is only declared (app/store.py:13), and given no value there",
    "app.store:CHECKED": "it gets its value under `if TYPE_CHECKING` alone (app/store.py:6), so never in a run",
    "app.store:first": "it is given its value by an unpacking, a loop, a `with` or the like (app/store.py:14)",
    "app.store:error": "it is given its value by an unpacking, a loop, a `with` or the like (app/store.py:",
    "app.store:__all__": "a name with two underscores at both ends is Python's own, and is not looked at",
    "app.store:Job": "it is a class (app/store.py:18) and no container",
    "app.store:Service": "(app/store.py:72) and no container; did you mean app.store:Service.__sessions?",
    "app.store:handle": "it is a function (app/store.py:43) and no container",
    "app.store:Job.add": "it is a function (app/store.py:28) and no container",
    # imports
    "app.api:RUNS": "it is imported (app/api.py:2) from app.store; ask for app.store:RUNS",
    "app.api:Service.__sessions": "(app/api.py:2) from app.store; ask for app.store:Service.__sessions",
    "app.api:store": "it is imported (app/api.py:1) as the module app.store",
    "app.api:aliased": "it is imported (app/api.py:3) as a module",
    "app.store:thing": "it is imported (app/store.py:3) from outside, which is not part of the project",
    # attributes
    "app.store:Job.steps": f"it is an attribute of `Job` (app/store.py:23), {JOB}",
    "app.store:Job.__hidden": f"it is an attribute of `Job` (app/store.py:26), {JOB}",
    "app.store:Job._Job__hidden": f"it is an attribute of `Job` (app/store.py:26), {JOB}",
    "app.store:Job.kinds": f"it is an attribute of `Job` (app/store.py:24), {JOB}",
    "app.store:Job.name": "it holds `name` (app/store.py:25), which is no container that is known",
    "app.store:Job.table": "it is only declared (app/store.py:20), and given no value there",
    "app.store:Keeper.notes": f"it is an attribute of `Keeper` (app/store.py:36), and {PER_CALL}",
    "app.store:Derived.notes": f"it is an attribute of `Keeper` (app/store.py:36), and {PER_CALL}",
    "app.store:_Never.items": "and nothing but tests or users of the project makes a `_Never`",
    "app.store:again.Local.table": "it is an attribute of `again.Local` (app/store.py:58), which each call of",
    "app.store:again.<locals>.Local.table": "it is an attribute of `again.Local` (app/store.py:58), which each call",
    "app.store:extra.pending": "it is set on an object (app/store.py:60), and nothing shows that this lasts",
    # locals
    "app.store:handle.seen": "it is a local variable of `handle()` (app/store.py:46), which ends with each call",
    "app.store:handle.keeper": "it holds `Keeper()` (app/store.py:44), which is no container that is known",
    "app.store:handle.request": "it is a parameter of `handle()` (app/store.py:43) and holds what callers pass",
    "app.store:again.memo": "it is a variable of `again()` (app/store.py:51) that nothing inserts into",
    "app.store:again.limit": "it is a parameter of `again()` (app/store.py:51) and holds what callers pass",
    "app.store:again.inner.found": "it is a default of `again.inner()` (app/store.py:54), which each call of",
    # without a module
    "seen": "in app.store, it is a local variable of `handle()` (app/store.py:46), which ends with each call",
    "Job.steps": f"in app.store, it is an attribute of `Job` (app/store.py:23), {JOB}",
    "Local.table": "in app.store, it is an attribute of `again.Local` (app/store.py:58)",
    "table": "in app.store, it is an attribute of `again.Local` (app/store.py:58)",
    "LIMIT": "in app.store, it holds `3` (app/store.py:9)",
    "nowhere_at_all": "nothing in the project has that name",
    "RUN": "nothing in the project has that name; did you mean app.store:RUNS?",
    # what is not there
    "app.store:RUNZ": "`app.store` has nothing called `RUNZ`; did you mean app.store:RUNS?",
    "app.store:Job.nothing": "`Job` has nothing called `nothing`",
    "app.store:Jib.steps": "app.store has no `Jib`",
    "app.stor:RUNS": "the project has no module `app.stor`; did you mean app.store:RUNS?",
    "app.store": "it is a module; ask for what it holds, as in app.store:NAME; did you mean app.store:RUNS or",
    "app:store": "it is a module; ask for what it holds, as in app.store:NAME",
    "app.space": "app.space is a package without code of its own",
    "app.space:X": "app.space is a package without code of its own",
    "app.broken:X": "its file cannot be analysed (app/broken.py:2: ",
    "app.generated:X": "app/generated.py is left out of the analysis, by `exclude` or since git ignores it",
    "tests.test_store:X": "tests/test_store.py is a test, and the containers of tests are not looked at",
    "../../etc:passwd": "the project has no module `../../etc`",
    ":": "nothing in the project has that name",
    "app.store:": "it is a module; ask for what it holds, as in app.store:NAME",
    "app.store:.": "`app.store` has nothing called ``",
}


@pytest.mark.parametrize("symbol", WHY)
def test_where_no_container_lasts_it_says_what_has_the_name(symbol: str, answers: dict[str, Sheet | Unknown]) -> None:
    said = sentence(answers[symbol])
    assert said.startswith(f"no long-lived container is called {symbol!r}: ")
    assert WHY[symbol] in said


def test_an_end_that_several_names_have_lists_them(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": "X = {}\n", "two.py": "X = {}\nclass A:\n    X = []\n"})
    (answer,) = runner.explain(request_for(tmp_path), ["X"])
    assert sentence(answer) == "'X' names 3 containers; write one of one:X, two:X, two:A.X"


@pytest.mark.parametrize("symbol", ["m:app.state.open", "m.app.state.open", "m:state.open", "m:State.open"])
def test_what_is_set_on_an_object_may_be_named_as_it_is_written_there(symbol: str, tmp_path: Path) -> None:
    made = "class State: ...\nclass App:\n    def __init__(self):\n        self.state = State()\n"
    write(tmp_path, {"m.py": f"{made}app = App()\napp.state.open = {{}}\ndef add(key):\n    app.state.open[key] = 1\n"})
    (answer,) = runner.explain(request_for(tmp_path), [symbol])
    assert isinstance(answer, Sheet) and answer.symbol == "m:State.open"


def test_a_symbol_may_name_the_module_by_a_longer_name(tmp_path: Path) -> None:
    write(tmp_path, {"lib/app/__init__.py": "", "lib/app/store.py": "X = {}\n"})
    (answer,) = runner.explain(request_for(tmp_path), ["lib.app.store:X"])
    assert isinstance(answer, Sheet) and answer.symbol == "app.store:X"


def test_a_symbol_may_name_the_module_by_too_short_a_name(tmp_path: Path) -> None:
    root = write(tmp_path, {"app/__init__.py": "", "app/store.py": "X = {}\n"}) / "app"
    (answer,) = runner.explain(request_for(root), ["store:X"])
    assert sentence(answer).endswith("store.py is the module app.store; ask for app.store:X")


def test_a_maker_in_many_places_is_told_by_the_first_few(tmp_path: Path) -> None:
    calls = "".join(f"def f{number}():\n    return Job().log\n" for number in range(5))
    text = f"class Job:\n    def __init__(self):\n        self.log = []\n{calls}"
    (answer,) = runner.explain(request_for(write(tmp_path, {"m.py": text})), ["m:Job.log"])
    assert sentence(answer).endswith(
        "and a `Job` is made per call in `f0()` (m.py:5) and `f1()` (m.py:7) and `f2()` (m.py:9) and 2 more places "
        "and nowhere else"
    )


def test_classes_that_keep_each_other_come_to_an_end(tmp_path: Path) -> None:
    text = """\
class _A:
    def __init__(self):
        self.b = _B()
        self.log = []
class _B:
    def __init__(self):
        self.a = _A()
"""
    (answer,) = runner.explain(request_for(write(tmp_path, {"m.py": text})), ["m:_A.log"])
    assert "a `_A` is made in `_B.__init__()` (m.py:7) for an attribute of a `_B`" in sentence(answer)


def test_a_fault_of_ours_is_named_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Containers, _module: object) -> Iterator[Holder]:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Containers, "of_module", fail)
    (answer,) = runner.explain(request_for(write(tmp_path, {"m.py": "X = {}\n"})), ["m:X"])
    assert sentence(answer).endswith("its analysis failed through a fault of ours, which `check` reports as UBM900")


def test_a_sheet_carries_the_evidence(answers: dict[str, Sheet | Unknown]) -> None:
    sheet = answers["app.store:RUNS"]
    assert isinstance(sheet, Sheet) and sheet.evidence is not None
    assert (sheet.evidence.owner, sheet.evidence.insert, sheet.evidence.family) == ("module", "entry", "map")
    assert sheet.findings == ("UBM101",)


def test_a_sheet_of_what_nothing_makes_grow_has_no_evidence(tmp_path: Path) -> None:
    (sheet,) = runner.explain(request_for(write(tmp_path, {"m.py": "X = {}\n"})), ["m:X"])
    assert isinstance(sheet, Sheet)
    assert sheet.evidence is None
