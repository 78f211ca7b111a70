"""What runs inside the program of the user: it finds what is meant, measures without asking, and does no harm."""

from __future__ import annotations

import ast
import collections
import functools
import gc
import io
import json
import queue
import signal
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.confirm.children import Confirmed, confirmed
from tests.processes import ROOT, environment, python
from tests.programs import request_for, write
from unbounded_lint.confirm.observer import names, search, sizes, text
from unbounded_lint.confirm.outcome import outcome
from unbounded_lint.confirm.plan import Options, folder
from unbounded_lint.confirm.plan import environment as observed
from unbounded_lint.confirm.records import read
from unbounded_lint.confirm.report import lines
from unbounded_lint.confirm.targets import Found, found
from unbounded_lint.run import runner

OBSERVER = ROOT / "unbounded_lint" / "confirm" / "observer"
FILES = sorted(OBSERVER.glob("*.py"))
CHEAP = {
    "__future__",
    "_signal",
    "_thread",
    "atexit",
    "os",
    "sys",
    "time",
    "gc",
    "itertools",
    "traceback",
    "tracemalloc",
}


# --- what it is made of ---


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_imports_itself_and_what_costs_nothing(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    guarded = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {*CHEAP, "sitecustomize"}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module is not None:
            top = node.module.partition(".")[0]
            assert top in CHEAP or top in sys.builtin_module_names or top == "_unbounded_lint_observer", node.module


def test_it_loads_nothing_that_a_program_does_not_have_anyhow() -> None:
    loaded = "import sys; print(*sorted(sys.modules))"
    alone = set(python("-c", loaded).stdout.split())
    with folder((), ROOT, Options(), time.monotonic()) as made:
        beside = python("-c", loaded, env=observed(made, environment())).stdout.split()
    new = {name for name in set(beside) - alone if not name.startswith("_unbounded_lint_observer")}
    assert new <= {"__future__", "atexit", "itertools", "gc", "_collections", "_functools", "_interpreters",
                   "_xxsubinterpreters"}  # fmt: skip


# --- harmless ---

PROGRAM = "import sys\nprint('on')\nsys.exit(3)\n"


def faulty(root: Path, spoil: Callable[[Path], None], program: str = PROGRAM) -> tuple[Any, tuple[str, ...]]:
    """How a program ends beside an observer that is spoilt, and the faults that this tells of."""
    write(root, {"pyproject.toml": "", "store.py": "RUNS = {}\ndef f(x):\n    RUNS[x] = x\n", "main.py": program})
    wanted = runner.about(request_for(root), ["RUNS"], found)
    with folder(wanted, root, Options(0.001, 1.0), time.monotonic()) as made:
        spoil(made)
        done = python("main.py", cwd=root, env=observed(made, environment()))
        faults = tuple(process.fault for process in read(made, 1) or ())
    return done, faults


def spoil_plan(made: Path) -> None:
    (made / "plan.json").write_text("{", encoding="utf-8")


def spoil_code(made: Path) -> None:
    (made / "_unbounded_lint_observer" / "sizes.py").write_text("raise KeyError('x')\n", encoding="utf-8")


def spoil_targets(made: Path) -> None:
    plan = json.loads((made / "plan.json").read_text(encoding="utf-8"))
    (made / "plan.json").write_text(json.dumps({**plan, "targets": 7}), encoding="utf-8")


def spoil_records(made: Path) -> None:
    (made / "records").rmdir()


def spoil_all(made: Path) -> None:
    for file in (made / "_unbounded_lint_observer").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (spoil_plan, "SyntaxError"),
        (spoil_code, "KeyError"),
        (spoil_targets, "TypeError"),
        (spoil_records, None),
        (spoil_all, "ModuleNotFoundError"),
    ],
)
def test_a_fault_of_the_observer_is_told_and_never_hurts_the_program(
    spoil: Callable[[Path], None], fault: str | None, tmp_path: Path
) -> None:
    done, faults = faulty(tmp_path, spoil)
    assert (done.returncode, done.stdout, done.stderr) == (3, "on\n", "")
    assert [fault in one for one in faults] == [True] if fault is not None else not faults


HOSTILE = """\
import gc
import sys
import weakref


class Raises:
    def __len__(self):
        raise KeyboardInterrupt

    def __getattribute__(self, name):
        raise SystemExit(9)

    def append(self, number):
        pass


class Liar:
    __class__ = dict

    def __getattr__(self, name):
        raise RuntimeError(name)


class Proxy(type(sys)):
    def __getattribute__(self, name):
        raise RuntimeError("awake")


RUNS = []
LIST = Raises()
DICT = Liar()
sys.modules["a.lazy.module"] = Proxy("a.lazy.module")
sys.modules["none"] = None
sys.modules["text"] = "text"


class Kept:
    def __init__(self):
        self.items = {}

    def add(self, number):
        self.items[number] = number


KEEPER = Kept()


def handle(number):
    global LIST
    RUNS.append(number)
    KEEPER.add(number)
    if number > 10**9:
        LIST = []
        LIST.append(number)


def leave():
    global KEEPER
    gone = weakref.ref(KEEPER)
    del KEEPER
    return gone() is None
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Confirmed:
    text = (
        "import store\nfrom pace import missing, step, steps\nfor number in steps():\n    store.handle(number)\n"
        "    if len(missing()) == 1 and number > 50:\n        break\nprint(store.leave())\n"
    )
    text = text.replace("steps():", "steps(wait=False):")
    return confirmed(
        tmp_path_factory.mktemp("hostile"), {"store.py": HOSTILE, "main.py": text}, ["RUNS", "LIST", "Kept.items"]
    )


def test_objects_that_raise_are_not_asked_or_raise_in_vain(hostile: Confirmed) -> None:
    assert (hostile.done.returncode, hostile.done.stderr) == (0, "")
    assert hostile["store:RUNS"]["verdict"] == "grows"
    assert hostile["store:LIST"]["verdict"] == "not found"
    assert hostile["store:LIST"]["why"] == "KeyboardInterrupt was raised by it"
    assert [one["fault"] for one in hostile.report["processes"]] == [None]


def test_what_is_looked_at_is_not_kept_alive(hostile: Confirmed) -> None:
    assert hostile["store:Kept.items"]["verdict"] != "not found"
    assert hostile.done.stdout == "True\n"


BESIDE = """\
import gc
import os
import signal
import store
import threading
from pace import STEPS, step

threads = set()
gc.callbacks.append(lambda phase, info: threads.add(threading.get_ident()))
gc.set_threshold(50)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
for number in range(STEPS):
    store.handle(number)
    garbage = [[] for _ in range(40)]
    garbage.append(garbage)
    step()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert signal.sigwait([signal.SIGUSR1]) == signal.SIGUSR1
os.closerange(3, 1000)
step()
step()
print(threads == {threading.get_ident()}, gc.isenabled(), threading.active_count())
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs signals that can be blocked")
def test_collections_signals_and_open_files_are_those_of_the_program(tmp_path: Path) -> None:
    run = confirmed(tmp_path, {"store.py": SITES, "main.py": BESIDE}, ["RUNS"])
    assert (run.done.returncode, run.done.stdout, run.done.stderr) == (0, "True True 1\n", "")
    assert run["store:RUNS"]["verdict"] == "grows"
    assert [one["fault"] for one in run.report["processes"]] == [None]


# --- why there is nothing ---

LOST = """\
import os

RUNS = {}
TEXT = {} if os.environ.get("NEVER_SET_BY_A_TEST") else "a text"


class Never:
    def __init__(self):
        self.items = {}

    def add(self, number):
        self.items[number] = number


def maybe():
    global NEVER
    NEVER = Never()


def later():
    global UNLIKE
    UNLIKE = {}


def handle(number):
    RUNS[number] = number
    UNLIKE[number] = number
    TEXT[number] = number
"""


def test_it_is_told_why_nothing_is_found(tmp_path: Path) -> None:
    text = "import store\nfrom pace import step\nstep()\nstep()\nprint('unused' in __import__('sys').modules)\n"
    files = {"store.py": LOST, "unused.py": "MAP = {}\ndef f(x):\n    MAP[x] = x\n", "main.py": text}
    asked = ["unused:MAP", "UNLIKE", "TEXT", "Never.items", "RUNS"]
    run = confirmed(tmp_path, files, asked)
    assert run.done.stdout == "False\n", run.done.stderr
    assert {one["symbol"]: one["why"] for one in run.report["containers"]} == {
        "unused:MAP": "the module unused was never imported",
        "store:UNLIKE": "store has no `UNLIKE`",
        "store:TEXT": "it holds a str, whose size cannot be told",
        "store:Never.items": "no object of `Never` that has it was found",
        "store:RUNS": None,
    }
    assert run["store:RUNS"]["verdict"] == "never filled"


# --- options ---

WORK = "import store\nfrom pace import steps\nfor number in steps():\n    store.handle(number)\n"
SITES = """\
RUNS = {}


def handle(number):
    RUNS[number] = number
    if number % 10 == 0:
        other(number)


def other(number):
    RUNS.setdefault(-number, number)
    if number % 30 == 0:
        sweep()


def sweep():
    for number in list(RUNS):
        if number < 0:
            del RUNS[number]
"""


LOOP = """\
    for _ in steps():
        RUNS[number] = number
        number += 1
"""


def test_the_sites_that_insert_most_are_counted(tmp_path: Path) -> None:
    run = confirmed(tmp_path, {"store.py": SITES, "main.py": WORK}, ["RUNS", "--call-sites"])
    (seen,) = run["store:RUNS"]["processes"]
    reached = {(one["line"], one["role"]): one["count"] for one in seen["reached"]}
    assert next(iter(reached)) == (5, "insert")
    assert reached[5, "insert"] > reached[11, "insert"] > 0 and reached[19, "removal"] > 0


@pytest.mark.parametrize("started", ["inside(0)", "threading.Thread(target=inside, args=(0,)).start()"])
def test_the_sites_of_a_function_that_never_returns_are_counted(started: str, tmp_path: Path) -> None:
    text = f"import threading\nfrom pace import steps\nRUNS = {{}}\ndef inside(number):\n{LOOP}{started}\n"
    run = confirmed(tmp_path, {"main.py": text}, ["RUNS", "--call-sites"])
    (seen,) = run["main:RUNS"]["processes"]
    assert [one["line"] for one in seen["reached"]] == [6]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="has sys.monitoring")
@pytest.mark.parametrize("at", ["start", "end"])
def test_where_somebody_else_is_told_of_calls_no_site_is_counted(at: str, tmp_path: Path) -> None:
    other = "import sys\nsys.settrace(lambda *_: None)\n"
    text = f"{other}{WORK}" if at == "start" else f"{WORK}{other}"
    run = confirmed(tmp_path, {"store.py": SITES, "main.py": text}, ["RUNS", "--call-sites"])
    assert [one["reached"] for one in run["store:RUNS"]["processes"]] == [[]]
    assert run["store:RUNS"]["verdict"] == "grows"


def test_what_a_script_defines_is_found_when_its_main_part_has_ended(tmp_path: Path) -> None:
    start = "threading.Thread(target=inside, args=(0,)).start()\nos.chdir('elsewhere')"
    text = f"import os, threading\nfrom pace import steps\nRUNS = {{}}\ndef inside(number):\n{LOOP}{start}\n"
    (tmp_path / "elsewhere").mkdir()
    run = confirmed(tmp_path, {"main.py": text}, ["RUNS"])
    assert run["main:RUNS"]["verdict"] == "grows"


@pytest.mark.parametrize("uncounted", [True, False])
def test_where_no_site_is_counted_the_report_says_so(uncounted: bool, tmp_path: Path) -> None:
    line = {"pid": 7, "python": "3.11.7", "t": 0.5, "uncounted": uncounted}
    write(tmp_path, {"records/7-1.jsonl": json.dumps(line)})
    told = "\n".join(lines(outcome((), {}, read(tmp_path, 0), 1.0, None), str))
    assert ("Call sites were not counted in process 7: a debugger" in told) == uncounted


def test_what_a_sweep_took_is_told(tmp_path: Path) -> None:
    run = confirmed(tmp_path, {"store.py": SITES, "main.py": WORK}, ["RUNS"])
    (seen,) = run["store:RUNS"]["processes"]
    assert seen["drops"]["times"] >= 1 and seen["drops"]["entries"] >= 1
    assert [site["line"] for site in run["store:RUNS"]["sites"]] == [5, 11, 19]


def test_all_memory_can_be_traced(tmp_path: Path) -> None:
    text = f"kept = []\n{WORK}    kept.append(bytes(100_000))\n"
    run = confirmed(tmp_path, {"store.py": SITES, "main.py": text}, ["RUNS", "--tracemalloc"])
    (process,) = run.report["processes"]
    first, last = process["traced_bytes"]
    assert first > 0 and last - first > 5_000_000


# --- sizes ---


class _Own(dict[int, int]):
    def __len__(self) -> int:
        raise AssertionError

    def values(self) -> Any:
        raise AssertionError


class _Sized:
    def __len__(self) -> int:
        return 4


def _cached() -> Any:
    @functools.lru_cache
    def function(number: int) -> int:
        return number

    function(1)
    function(2)
    return function


def _queue() -> queue.Queue[int]:
    made: queue.Queue[int] = queue.Queue()
    made.put(1)
    return made


_KEY = _Sized()

LENGTHS: list[tuple[Any, int | None]] = [
    ({1: 2}, 1),
    ([1, 2], 2),
    ({1, 2, 3}, 3),
    (collections.deque([1, 2]), 2),
    (bytearray(b"abc"), 3),
    (collections.OrderedDict(a=1), 1),
    (collections.Counter("aab"), 2),
    (collections.UserDict({1: 2}), 1),
    (_Own({1: 1, 2: 2}), 2),
    (weakref.WeakSet([_KEY]), 1),
    (weakref.WeakKeyDictionary({_KEY: 1}), 1),
    (_queue(), 1),
    (_cached(), 2),
    (_Sized(), 4),
    (queue.SimpleQueue(), 0),
    ("text", None),
    (b"bytes", None),
    (None, None),
    (7, None),
    (object(), None),
    (dict, None),
    (len, None),
]


@pytest.mark.parametrize(("box", "length"), LENGTHS, ids=lambda each: type(each).__name__)
def test_how_many_entries_there_are(box: Any, length: int | None) -> None:
    assert sizes.length(box) == length


def test_a_buffer_is_as_large_as_its_bytes() -> None:
    small, large = io.BytesIO(), io.BytesIO(b"x" * 10_000)
    assert (sizes.length(large) or 0) - (sizes.length(small) or 0) >= 9_000


def test_what_is_inside_the_entries_is_counted_where_there_are_few() -> None:
    assert sizes.inside({1: [1, 2], 2: {3: 4}, 3: "text", 4: (1, 2, 3)}, 4) == 3
    assert sizes.inside([[1], [2, 3]], 2) == 3
    assert sizes.inside({number: [1] for number in range(1000)}, 1000) == 0
    assert sizes.inside(_Own({1: [1, 2]}), 1) == 2  # type: ignore[dict-item]


@given(st.lists(st.binary(min_size=100, max_size=120), min_size=1, max_size=200, unique=True))
def test_the_bytes_are_about_those_of_the_container_and_its_entries(entries: list[bytes]) -> None:
    exact = sys.getsizeof(entries) + sum(map(sys.getsizeof, entries))
    assert sizes.weight(entries, len(entries)) == pytest.approx(exact, rel=0.2)
    as_dict = dict.fromkeys(entries, b"x" * 100)
    exact = sys.getsizeof(as_dict) + sum(map(sys.getsizeof, entries)) + len(as_dict) * sys.getsizeof(b"x" * 100)
    assert sizes.weight(as_dict, len(as_dict)) == pytest.approx(exact, rel=0.2)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(max_codepoint=0xD7FF))
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=0xD7FF)), inner),
        max_leaves=8,
    )
)  # fmt: skip
def test_what_is_written_is_json(value: Any) -> None:
    assert json.loads(text.written(value)) == value


# --- names ---

NAMED = """\
import functools


def plain(function):
    return function


def wrapped(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner


class A:
    @staticmethod
    def static(): pass
    @classmethod
    def of_class(cls): pass
    @property
    def prop(self): pass
    @functools.lru_cache
    def memo(self): pass
    @wrapped
    def decorated(self, kept=[]): pass
    def outer(self):
        found = {}
        def inner():
            return lambda: found
        return inner
    class B:
        def deep(self): pass


@functools.singledispatch
@wrapped
@wrapped
def twice(x): pass
"""


@pytest.mark.parametrize(
    "path",
    ["A.static", "A.of_class", "A.prop", "A.memo", "A.decorated", "A.outer", "A.outer.<locals>.inner", "A.B",
     "A.B.deep", "A.outer.<locals>.inner.<locals>.<lambda>", "twice"],
)  # fmt: skip
def test_a_qualified_name_leads_to_the_code_that_is_written_there(path: str) -> None:
    space: dict[str, Any] = {"__name__": "named"}
    exec(compile(NAMED, "named.py", "exec"), space)
    thing = names.owner(space, path.split("."))
    code = names.code_of(thing)
    assert thing is not None
    assert (thing.__name__ if code is None else code.co_name) == path.rpartition(".")[2]


@pytest.mark.parametrize("path", ["C", "A.nothing", "A.static.<locals>.x", "A.outer.<locals>.other"])
def test_a_name_that_is_not_there_leads_nowhere(path: str) -> None:
    space: dict[str, Any] = {"__name__": "named"}
    exec(compile(NAMED, "named.py", "exec"), space)
    assert names.owner(space, path.split(".")) is None


def test_objects_are_searched_near_and_anywhere() -> None:
    module = ModuleType("here")
    made: dict[str, Any] = {"__name__": "here"}
    exec("class A: pass\nclass B(A): pass\nclass Holder: pass\n", made)
    near, far = made["B"](), made["A"]()
    holder = made["Holder"]()
    holder.parts = {"one": [near]}
    module.__dict__.update(made, held=holder)
    wanted = search.Wanted()
    wanted.want(made["A"])
    assert wanted.lacks
    wanted.near({"here": vars(module)}, lambda kind: kind.__module__ == "here")
    assert [each() for each in wanted.classes[made["A"]]] == [near] and not wanted.lacks
    wanted.anywhere()
    assert {id(each()) for each in wanted.classes[made["A"]]} == {id(near), id(far)}
    del far
    gc.collect()
    wanted.anywhere()
    assert [each() for each in wanted.classes[made["A"]] if each() is not None] == [near]


def test_a_way_leads_to_an_object_and_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    module, ended = ModuleType("here"), list[int]()
    made: dict[str, Any] = {"__name__": "here", "ended": ended}
    exec(
        "class State:\n    __slots__ = ('number',)\n    def __del__(self): ended.append(self.number)\n"
        "class App:\n    __slots__ = ('states',)\n",
        made,
    )
    state, app = made["State"](), made["App"]()
    state.number, app.states = 7, {"first": [state]}
    module.__dict__.update(made, app=app)
    monkeypatch.setitem(sys.modules, "here", module)
    wanted = search.Wanted()
    wanted.want(made["State"])
    wanted.near({"here": vars(module)}, lambda kind: kind.__module__ == "here")
    (way,) = wanted.classes[made["State"]]
    assert isinstance(way, search.Way) and way() is state
    del state
    app.states["first"][0] = "another"
    assert way() is None and ended == [7]
    app.states = {}
    assert way() is None
    del sys.modules["here"]
    assert way() is None


def test_a_symbol_that_names_nothing_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"store.py": "X = {}\n"})
    (answer,) = runner.about(request_for(tmp_path), ["Y"], found)
    assert isinstance(answer, Found) and answer.target is None and answer.why.startswith("no long-lived container")
