"""Programs that nobody would write on purpose: whatever parses is analysed without a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.run import runner

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

LEAK = "A = {}\ndef put(r):\n    A[r] = 1\n"


def steps(count: int, line: str, first: int = 0) -> str:
    """`line` for each number, with `{n}` for the number and `{m}` for the one behind it."""
    return "".join(line.format(n=n, m=n + 1) for n in range(first, first + count))


def nested(depth: int, head: str, last: str) -> str:
    """`depth` compound statements in each other, with `last` inside."""
    return "".join(f"{' ' * n}{head.format(n=n)}\n" for n in range(depth)) + f"{' ' * depth}{last}\n"


DEEP: dict[str, dict[str, str]] = {
    "brackets": {"m.py": LEAK + "x = " + "[" * 199 + "A" + "]" * 199 + "\n"},
    "calls in calls": {"m.py": LEAK + "x = " + "f(" * 199 + "A" + ")" * 199 + "\n"},
    "lambdas in brackets": {"m.py": LEAK + "x = " + "(lambda: " * 190 + "A" + ")" * 190 + "\n"},
    "lambdas in lambdas": {"m.py": LEAK + "x = " + "lambda a=1: " * 600 + "A.update(a)\n"},
    "comprehensions": {"m.py": LEAK + "x = " + "[y for y in " * 199 + "A" + "]" * 199 + "\n"},
    "conditional expressions": {"m.py": LEAK + "x = " + "A if b else " * 600 + "A\n"},
    "operators": {"m.py": LEAK + "x = " + "A + A - " * 990 + "A\n"},
    "minus signs": {"m.py": LEAK + "x = " + "-" * 1990 + "A\n"},
    "attributes": {"m.py": "A = {}\ndef put(r):\n    A" + ".b" * 1500 + "[r] = 1\n"},
    "subscripts": {"m.py": "A = {}\ndef put(r):\n    A" + "[r]" * 900 + " = 1\n"},
    "calls of results": {"m.py": LEAK + "x = A" + "()" * 900 + "\n"},
    "key in calls": {"m.py": "A = {}\ndef put(r):\n    A[" + "str(" * 190 + "r" + ")" * 190 + "] = 1\n"},
    "partials in partials": {
        "m.py": "import functools\n" + LEAK + "bus.on(" + "functools.partial(" * 198 + "put" + ")" * 198 + ")\n"
    },
    "blocks": {"m.py": "A = {}\n" + nested(98, "if x{n}:", "A[x] = 1")},
    "loops": {"m.py": "A = {}\n" + nested(98, "for x{n} in A:", "A[x0] = 1")},
    "managers": {"m.py": "A = {}\n" + nested(98, "with x as x{n}:", "A[x0] = 1")},
    "functions": {"m.py": "A = {}\n" + nested(98, "def f{n}(r):", "A[r] = 1")},
    "classes": {"m.py": nested(98, "class C{n}:", "A = {}")},
    "aliases": {"m.py": LEAK + "a0 = A\n" + steps(3000, "a{m} = a{n}\n") + "def f(r):\n    a3000[r] = 1\n"},
    "local aliases": {
        "m.py": "A = {}\ndef f(r):\n    a0 = A\n" + steps(3000, "    a{m} = a{n}\n") + "    a3000[r] = 1\n"
    },
    "keys": {"m.py": "A = {}\ndef f(k0):\n" + steps(3000, "    k{m} = k{n}.x\n") + "    A[k3000] = 1\n"},
    "calls": {"m.py": "A = {}\n" + steps(3000, "def f{n}(r):\n    f{m}(r)\n") + "def f3000(r):\n    A[r] = 1\n"},
    "results": {
        "m.py": "A = {}\n"
        + steps(3000, "def f{n}():\n    return f{m}()\n")
        + "def f3000():\n    return A\nf0()[x] = 1\n"
    },
    "parameters": {
        "m.py": LEAK
        + steps(1500, "def _f{n}(a, r):\n    _f{m}(a, r)\n")
        + "def _f1500(a, r):\n    a[r] = 1\n_f0(A, x)\n"
    },
    "decorators": {"m.py": "A = {}\ndef d(f):\n    A[f] = 1\n    return f\n" + "@d\n" * 1500 + "def f(): pass\n"},
    "bases": {
        "m.py": "class C0:\n    A = {}\n" + steps(300, "class C{m}(C{n}): pass\n") + "def f(r):\n    C300.A[r] = 1\n"
    },
    "bases in a circle": {
        "m.py": steps(199, "class C{n}(C{m}): pass\n")
        + "class C199(C0):\n    A = {}\nk = C0()\ndef f(r):\n    k.A[r] = 1\n"
    },
    "imports": {
        **{f"m{n}.py": f"from m{n + 1} import A\n" for n in range(300)},
        "m300.py": "A = {}\n",
        "n.py": "from m0 import A\ndef f(r):\n    A[r] = 1\n",
    },
    "imports in a circle": {f"m{n}.py": f"from m{(n + 1) % 60} import *\ndef f(r): A[r] = ()\n" for n in range(60)},
}


@pytest.mark.parametrize("shape", DEEP)
def test_depth_that_the_guards_allow_is_no_fault(shape: str, tmp_path: Path) -> None:
    outcome = runner.check(request_for(write(tmp_path, DEEP[shape]), min_confidence="low"))
    assert [f"{f.place.path}:{f.place.line}: {f.message}" for f in outcome.findings if f.code in OWN] == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_program_is_analysed_without_a_fault(shape: str, tmp_path: Path) -> None:
    found = runner.check(request_for(write(tmp_path, SHAPES[shape]), min_confidence="low")).findings
    assert [f"{f.place.path}:{f.place.line}: {f.message}" for f in found if f.code in OWN] == []
