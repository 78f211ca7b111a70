"""Programs that nobody would write on purpose: whatever parses is analysed without a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint import runner

OWN = frozenset({"UBM900", "UBM901"})

TICK = (
    "import threading, time\n"
    "A = {}\n"
    "def put(r): A[r] = 1\n"
    "def loop():\n    while True:\n        time.sleep(tick)\n        print()\n"
    "threading.Thread(target=loop).start()\n"
)
SWEPT = (
    "import threading, time\nA = {}\ndef put(r): A[r.id] = r\n"
    "def loop():\n    while True:\n        time.sleep(60)\n        with quiet():\n"
    "            for k, v in list(A.items()):\n                if v.at.old(): del A[k]\n"
    "threading.Thread(target=loop).start()\n"
)

SHAPES: dict[str, dict[str, str]] = {
    "a yield in the default of a lambda of the module": {
        "m.py": "A = {}\nf = lambda r, *, a=(yield): A.update({r: a})\n"
    },
    "a lambda of the module that nothing calls": {"m.py": "A = {}\nlambda r: A.update({r: 1})\n"},
    "a lambda in an annotation of the module": {"m.py": "A = {}\nx: (lambda r: A.update({r: 1}))\n"},
    "a lambda in the bound of a type parameter": {"m.py": "A = {}\ntype T[U: (lambda r: A.update({r: 1}))] = int\n"},
    "a lambda in the cause of an exception": {"m.py": "A = {}\nraise E from (lambda r: A.update({r: 1}))\n"},
    "a lambda in a base of a class": {"m.py": "A = {}\nclass C((lambda r: A.update({r: 1}))(1)): pass\n"},
    "a lambda in the target of a loop": {"m.py": "A = {}\nfor (lambda r: A.update({r: 1}))(1).x in y: pass\n"},
    "a lambda in what an except catches": {"m.py": "A = {}\ntry: pass\nexcept (lambda r: A.update({r: 1}))(1): pass\n"},
    "a module that returns a function": {"m.py": "A = {}\ndef f(r): A.update({r: 1})\nreturn f\n"},
    "a module that yields a function": {"m.py": "A = {}\ndef f(r): A.update({r: 1})\nyield f\n"},
    "a sleep for a number that a package imports from itself": {"p/__init__.py": "from p import tick\n" + TICK},
    "a sleep for a number that modules import from each other": {
        "m.py": "from n import tick\n" + TICK,
        "n.py": "from m import tick\n",
    },
    "a sleep for a number that is twice itself behind imports": {
        "m.py": "from n0 import tick\n" + TICK,
        **{f"n{i}.py": f"from n{i + 1} import tick\n" for i in range(5)},
        "n5.py": "tick = tick * 2\n",
    },
    "a context manager that enters itself": {"m.py": "def quiet():\n    with quiet():\n        yield\n" + SWEPT},
    "context managers that enter each other": {
        "m.py": "def quiet():\n    with calm():\n        yield\n"
        "def calm():\n    with quiet(), calm():\n        yield\n" + SWEPT
    },
    "a class body that returns a method": {"m.py": "A = {}\nclass C:\n  def f(r): A.update({r: 1})\n  return f\n"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_program_is_analysed_without_a_fault(shape: str, tmp_path: Path) -> None:
    found = runner.check(request_for(write(tmp_path, SHAPES[shape]), min_confidence="low")).findings
    assert [f"{f.place.path}:{f.place.line}: {f.message}" for f in found if f.code in OWN] == []
