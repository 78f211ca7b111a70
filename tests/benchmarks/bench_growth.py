"""How CPU and memory grow with the size of a program, one shape of program at a time.

    python tests/benchmarks/bench_growth.py [--only NAME]... [--sizes 100,400,1600] [--max-cpu 60] [--max-ratio 5.0]

Each shape at each size is a project of its own, checked (every rule on, lowest confidence) and printed in full by a
process of its own, whose CPU seconds are counted from after the imports and a warm-up. From one size to the next,
four times as large, they may grow by the ratio allowed; what takes less than NOISE seconds says nothing. Prints a line
per shape; ends with 1 if a shape grows faster, is killed, or fails.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100, 400, 1600)
NOISE = 0.05
"""CPU seconds below which a run is taken to be this long: less than that is mostly chance."""
STEP = 4
"""From one size to the next, what the ratio allowed is for."""

Files = Mapping[str, str]
Shape = Callable[[int], Files]


def repeat(n: int, text: str) -> str:
    """The text n times, with `#` being the number of the copy and `~` that of the one before."""
    return "".join(text.replace("#", str(i)).replace("~", str(max(i - 1, 0))) for i in range(n))


def alone(n: int, text: str = "", head: str = "", tail: str = "") -> Files:
    """A program of one file: a head, n copies of a text, and a tail."""
    return {"app.py": f"{head}{repeat(n, text)}{tail}"}


def each(n: int, text: str, **others: str) -> Files:
    """A program of n files, each a copy of a text, and others."""
    return {
        **{f"m{i}.py": text.replace("#", str(i)).replace("~", str(max(i - 1, 0))) for i in range(n)},
        **{f"{name}.py": other for name, other in others.items()},
    }


ONE = "A = {}\ndef add(r):\n    A[r.id] = r\n"
SWEEP = "import threading, time\n"
USER = "def serve(r):\n"

SHAPES: Mapping[str, Shape] = {
    # --- many containers
    "unused containers": lambda n: alone(n, "A# = {}\n"),
    "containers, inserts only, one function": lambda n: alone(
        0, tail=repeat(n, "A# = {}\n") + USER + repeat(n, "    A#[r.id] = r\n")
    ),
    "containers, read and removed in one function": lambda n: alone(
        0,
        tail=repeat(n, "A# = {}\ndef add#(r):\n    A#[r.id] = r\n")
        + USER
        + repeat(n, "    A#.get(r.id)\n    A#.pop(r.id, None)\n"),
    ),
    "containers, inserted and removed in one function": lambda n: alone(
        0, tail=repeat(n, "A# = {}\n") + USER + repeat(n, "    A#[r.id] = r\n    A#.pop(r.other, None)\n")
    ),
    "containers, each with functions of its own": lambda n: alone(
        n, "A# = {}\ndef add#(r):\n    A#[r.id] = r\ndef drop#(r):\n    A#.pop(r.id, None)\n"
    ),
    "containers, each swept by a timer of its own": lambda n: alone(
        n,
        "A# = {}\ndef add#(r):\n    A#[r.id] = time.time()\n"
        "def sweep#():\n    for k in list(A#):\n        if A#[k] < time.time() - 60:\n            del A#[k]\n"
        "    threading.Timer(60, sweep#).start()\nsweep#()\n",
        SWEEP,
    ),
    "containers, all swept by one timer": lambda n: alone(
        0,
        tail=repeat(n, "A# = {}\n")
        + USER
        + repeat(n, "    A#[r.id] = time.time()\n")
        + "def sweep():\n    while True:\n        time.sleep(60)\n"
        + repeat(n, "        for k in list(A#):\n            if A#[k] < time.time() - 60:\n                del A#[k]\n")
        + "threading.Thread(target=sweep).start()\n",
        head=SWEEP,
    ),
    "containers passed to one helper": lambda n: alone(
        n, "A# = {}\ndef add#(r):\n    put(A#, r.id, r)\n", "def put(where, key, value):\n    where[key] = value\n"
    ),
    "containers in many modules": lambda n: each(
        n, "A = {}\ndef add(r):\n    A[r.id] = r\ndef drop(r):\n    A.pop(r)\n"
    ),
    "containers in locals of a loop that serves": lambda n: alone(
        0,
        tail="def main(q):\n"
        + repeat(n, "    a# = {}\n")
        + "    while True:\n        r = q.get()\n"
        + repeat(n, "        a#[r.id] = r\n")
        + 'if __name__ == "__main__":\n    import queue\n    main(queue.Queue())\n',
    ),
    "dict of many items": lambda n: alone(
        0, tail="A = {\n" + repeat(n, "    '#': f#,\n") + "}\ndef add(r):\n    A[r.id] = r\n"
    ),
    # --- many things done to one container
    "accesses, one function": lambda n: alone(n, "    A.get(r.x#)\n", ONE + USER),
    "inserts, one function": lambda n: alone(n, "    A[r.x#] = r\n", ONE + USER),
    "removals, one function": lambda n: alone(n, "    A.pop(r.x#, None)\n", ONE + USER),
    "inserts and removals, one function": lambda n: alone(n, "    A[r.x#] = r\n    A.pop(r.y#, None)\n", ONE + USER),
    "functions that insert": lambda n: alone(n, "def add#(r):\n    A[r.id] = r\n", "A = {}\n"),
    "functions that remove": lambda n: alone(n, "def drop#(r):\n    A.pop(r.id, None)\n", ONE),
    "functions that read": lambda n: alone(n, "def get#(r):\n    return A.get(r.id)\n", ONE),
    "functions that sweep, each with a timer": lambda n: alone(
        n,
        "def sweep#():\n    for k in list(A):\n        if A[k].done:\n            del A[k]\n"
        "    threading.Timer(60, sweep#).start()\nsweep#()\n",
        SWEEP + ONE,
    ),
    "inserts at import": lambda n: alone(n, "A['#'] = #\n", ONE),
    "entries that are containers": lambda n: alone(
        n, "    A.setdefault(r.x#, []).append(r)\n    A[r.y#].remove(r)\n", ONE + USER
    ),
    "dates of one kind of entry": lambda n: alone(
        0,
        tail="class E:\n    def __init__(self):\n"
        + repeat(n, "        self.t# = time.time()\n")
        + "def add(r):\n    A[r.id] = E()\ndef sweep():\n    while True:\n        time.sleep(1)\n"
        + "        for k, e in list(A.items()):\n"
        + repeat(n, "            if e.t# < time.time() - 60: A.pop(k)\n")
        + "threading.Thread(target=sweep).start()\n",
        head=SWEEP + "A = {}\n",
    ),
    # --- statements in one function
    "if": lambda n: alone(n, "    if r: A[r] = 1\n", ONE + USER),
    "if with removals": lambda n: alone(n, "    if r.x#:\n        A.pop(r.x#, None)\n        return\n", ONE + USER),
    "try": lambda n: alone(n, "    try: A[r] = 1\n    except E: pass\n", ONE + USER),
    "functions with finally": lambda n: alone(
        n,
        "def serve#(r):\n    try:\n        A[r.x#] = r\n        work(r)\n    finally:\n        A.pop(r.x#, None)\n",
        ONE,
    ),
    "threads that take out what they were begun for": lambda n: alone(
        n,
        "def serve#(r):\n    A[r.x] = r\n    threading.Thread(target=work#, args=(r,)).start()\n"
        "def work#(r):\n    try:\n        go(r)\n    finally:\n        A.pop(r.x, None)\n",
        SWEEP + ONE,
    ),
    "try with finally": lambda n: alone(
        n, "    try:\n        A[r.x#] = 1\n    finally:\n        A.pop(r.x#)\n", ONE + USER
    ),
    "for": lambda n: alone(n, "    for k in list(A): A.pop(k)\n", ONE + USER),
    "for over views": lambda n: alone(n, "    for k, v in A.items(): v.clear()\n", ONE + USER),
    "while": lambda n: alone(n, "    while len(A) > #: A.popitem()\n", ONE + USER),
    "with": lambda n: alone(n, "    with lock: A[r.x#] = 1\n", ONE + USER),
    # no file with more than 1,000 branches in one chain is analysed
    "elif": lambda n: alone(min(n, 990), "    elif r == #: A[r] = #\n", ONE + USER + "    if not r: pass\n"),
    "match": lambda n: alone(n, "        case #: A[r] = #\n", ONE + USER + "    match r.x:\n"),
    "comprehensions": lambda n: alone(n, "    x# = [k for k in A if k != r.x#]\n", ONE + USER),
    "guards on the size": lambda n: alone(n, "    if len(A) < #:\n        A[r.x#] = 1\n", ONE + USER),
    "returns": lambda n: alone(n, "    if r.x# in A: return A[r.x#]\n", ONE + USER),
    "local names": lambda n: alone(n, "    k# = r.x#\n    A[k#] = 1\n", ONE + USER),
    "one local name bound anew": lambda n: alone(n, "    k = r.x#\n    A[k] = 1\n", ONE + USER),
    "one local name made of itself": lambda n: alone(
        n, "    k = f(k, r.x#)\n    A[k] = 1\n", ONE + USER + "    k = r\n"
    ),
    "parameters": lambda n: {
        "app.py": "A = {}\ndef add("
        + repeat(n, "p#, ")
        + "):\n"
        + repeat(n, "    A[p#] = 1\n")
        + "def serve(r):\n    add("
        + repeat(n, "r.x#, ")
        + ")\n"
    },
    "nested functions": lambda n: alone(n, "    def f#():\n        A[r.x#] = 1\n    f#()\n", ONE + USER),
    "lambdas": lambda n: alone(n, "    r.on(lambda v: A.pop(v.x#))\n", ONE + USER),
    # --- names
    "aliases of a module": lambda n: alone(n, "B# = B~\n", ONE + "B0 = A\n", "def drop(r):\n    B0.pop(r)\n"),
    "local aliases": lambda n: alone(n, "    a# = A\n    a#[r.x#] = 1\n", ONE + USER),
    "chain of local aliases": lambda n: alone(n, "    a# = a~\n    a#[r.x#] = 1\n", ONE + USER + "    a0 = A\n"),
    "accessor with many callers": lambda n: alone(
        n, "def f#(r):\n    the()[r.x#] = r\n", ONE + "def the():\n    return A\n"
    ),
    # --- calls
    "callers": lambda n: alone(n, "def f#(r):\n    add(r)\n", ONE),
    "callers by threads": lambda n: alone(
        n, "def f#(r):\n    threading.Thread(target=add, args=(r,)).start()\n", "import threading\n" + ONE
    ),
    "functions of a table that is asked at once": lambda n: alone(
        n, "'#': f#, ", ONE + repeat(n, "def f#(r):\n    A[r.x#] = r\n") + "def call(r):\n    {", "}[r.x](r)\n"
    ),
    "callers at module level": lambda n: alone(n, "add(#)\n", ONE),
    "call chain": lambda n: alone(n, "def f#(r):\n    return f~(r)\n", ONE + "f0 = add\n"),
    "call chain, every link inserts": lambda n: {
        "app.py": "A = {}\n"
        + repeat(n, "def f#(k):\n    A[k] = 1\n    f~(k)\n")
        + f"def serve(r):\n    f{n - 1}(r.id)\n"
    },
    "mutual recursion": lambda n: {
        "app.py": "A = {}\n"
        + "".join(f"def f{i}(k):\n    A[k] = 1\n    f{(i + 1) % n}(k)\n    f{(i - 1) % n}(k)\n" for i in range(n))
        + "def serve(r):\n    f0(r.id)\n"
    },
    "keys that setters of one attribute pass on": lambda n: alone(
        n,
        "    def set#(self, k):\n        self.k = k\n        self.set~(self.k)\n",
        "A = {}\nclass Store:\n",
        "STORE = Store()\ndef serve(r):\n    A[STORE.k] = r\n    STORE.set0(Other(r))\n    STORE.set1(r.id)\nclass Other:\n    pass\n",
    ),
    "chain of returned values": lambda n: alone(
        n, "def k#(r):\n    return k~(r)\n", ONE, f"def serve(r):\n    A[k{n - 1}(r)] = 1\n"
    ),
    "callbacks": lambda n: alone(n, "def f#(r):\n    A[r.x#] = r\nregister(f#)\n", ONE),
    "decorators, one for many functions": lambda n: alone(
        n,
        "@keep\ndef f#(r):\n    A[r.x#] = r\n",
        ONE + "H = []\ndef keep(f):\n    H.append(f)\n    return f\ndef serve(r):\n    for h in H: h(r)\n",
    ),
    "decorators, many on one function": lambda n: {
        "app.py": ONE
        + repeat(n, "def d#(f):\n    def inner(r):\n        A[r] = 1\n        return f(r)\n    return inner\n")
        + repeat(n, "@d#\n")
        + "def serve(r):\n    pass\n"
    },
    "routes": lambda n: alone(
        n,
        "@app.get('/#')\ndef f#(r):\n    A[r.x#] = r\n",
        "from fastapi import FastAPI\napp = FastAPI()\nA = {}\n",
    ),
    "timers": lambda n: alone(
        n,
        "def tick#():\n    for k in list(A):\n        if A[k] < #: del A[k]\n"
        "    threading.Timer(#, tick#).start()\nthreading.Timer(#, tick#).start()\n",
        SWEEP + ONE,
    ),
    "timers for one callback": lambda n: alone(
        n,
        "threading.Timer(#, tick).start()\n",
        SWEEP + ONE + "def tick():\n    for k in list(A):\n        if A[k]: del A[k]\n",
    ),
    "tasks": lambda n: alone(
        0,
        tail=repeat(n, "async def loop#():\n    while True:\n        await asyncio.sleep(#)\n        A.pop(#, None)\n")
        + "async def main():\n"
        + repeat(n, "    asyncio.create_task(loop#())\n"),
        head="import asyncio\n" + ONE,
    ),
    "timed loops in one function": lambda n: alone(
        n, "    while r.x#:\n        time.sleep(1)\n        A.pop(r.x#, None)\n", SWEEP + ONE + USER
    ),
    "cached functions": lambda n: alone(n, "@cache\ndef f#(r):\n    return r\n", "from functools import cache\n"),
    # --- classes
    "attributes of one class": lambda n: alone(
        0,
        tail="class S:\n    def __init__(self):\n"
        + repeat(n, "        self.a# = {}\n")
        + repeat(
            n,
            "    def add#(self, r):\n        self.a#[r.id] = r\n    def drop#(self, r):\n        self.a#.pop(r.id, None)\n",
        )
        + "s = S()\n",
    ),
    "methods for one attribute": lambda n: alone(
        n,
        "    def add#(self, r):\n        self.a[r.id] = r\n    def drop#(self, r):\n        self.a.pop(r.id, None)\n",
        "class S:\n    def __init__(self):\n        self.a = {}\n",
        "s = S()\n",
    ),
    "classes, one singleton of each": lambda n: alone(
        n,
        "class S#:\n    def __init__(self):\n        self.a = {}\n    def add(self, r):\n        self.a[r.id] = r\ns# = S#()\n",
    ),
    "classes, one singleton of each, in modules": lambda n: each(
        n,
        "class S#:\n    def __init__(self):\n        self.a = {}\n    def add(self, r):\n        self.a[r.id] = r\ns# = S#()\n",
    ),
    "class hierarchy, deep": lambda n: {
        "app.py": "class S0:\n    def __init__(self):\n        self.a = {}\n"
        + "".join(f"class S{i + 1}(S{i}):\n    def f{i}(self, r):\n        self.a[r.id] = r\n" for i in range(n))
        + f"s = S{n}()\n"
    },
    "class hierarchy, wide": lambda n: alone(
        n,
        "class S#(B):\n    def f(self, r):\n        self.a[r.id] = r\ns# = S#()\n",
        "class B:\n    def __init__(self):\n        self.a = {}\n",
    ),
    "callers of a method": lambda n: alone(
        n,
        "def f#(r):\n    s.add(r)\n",
        "class S:\n    def __init__(self):\n        self.a = {}\n    def add(self, r):\n        self.a[r.id] = r\ns = S()\n",
    ),
    # --- modules
    "importers of one container": lambda n: each(
        n, "from base import A\ndef add(r):\n    A[r.x#] = r\n", base="A = {}\n"
    ),
    "importers of one module": lambda n: each(n, "import base\ndef add(r):\n    base.A[r.x#] = r\n", base="A = {}\n"),
    "import chain": lambda n: each(n, "from m~ import A\ndef add(r):\n    A[r.x#] = r\n", m0="A = {}\n"),
    "import cycle": lambda n: {
        f"m{i}.py": f"import m{(i + 1) % n}\nA = {{}}\ndef add(r):\n    m{(i + 1) % n}.A[r.id] = r\n" for i in range(n)
    },
    "star import chain": lambda n: each(n, "from m~ import *\ndef add(r):\n    A[r.x#] = r\n", m0="A = {}\n"),
    "star import cycle": lambda n: {
        f"m{i}.py": f"from m{(i + 1) % n} import *\nA{i} = {{}}\ndef add(r):\n    A0[r.id] = r\n" for i in range(n)
    },
    "star imports in one module": lambda n: each(
        n, "B# = {}\n", app=repeat(n, "from m# import *\n") + "A = {}\ndef add(r):\n" + repeat(n, "    B#[r.x] = 1\n")
    ),
    # --- printing
    "findings that comments silence": lambda n: {
        "app.py": repeat(n, "A# = {}  @ noqa: UBM101\ndef add#(r):\n    A#[r.id] = r\n").replace("@", "#")
    },
    "findings in long files": lambda n: alone(n, "A# = {}\ndef add#(r):\n    A#[r.id] = r\n" + "pass\n" * 5),
}


class Run(NamedTuple):
    """What one process used: CPU seconds of its check, and its peak memory in MB; why, where it failed."""

    cpu: float
    peak: float
    failed: str = ""


def check(directory: Path) -> None:
    """Check the program in a directory and print the findings to nowhere, in full."""
    from unbounded_lint.files.discovery import discover
    from unbounded_lint.reporters import REPORTERS, View
    from unbounded_lint.run import runner
    from unbounded_lint.run.request import Request
    from unbounded_lint.settings.config import load_settings

    overrides = {"select": ["UBM"], "min-confidence": "low"}
    settings = load_settings(directory, config=None, isolated=True, overrides=overrides)
    project = discover([directory], directory, settings)
    outcome = runner.check(Request(project=project, settings=settings, use_cache=False))
    broken = [f.message for f in outcome.findings if f.code.startswith("UBM9")]
    if broken:
        raise SystemExit(f"{len(broken)} internal errors or unparsable files: {broken[0]}")
    texts = {file.path: (directory / file.path).read_text(encoding="utf-8") for file in project.files}
    for _ in REPORTERS["full"](outcome.findings, outcome.stats, View(path=str, source=texts.get)):
        pass


def cpu() -> float:
    """The CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def child(name: str, n: int) -> None:
    """Run one shape at one size in this process, and print what it used."""
    for size in (2, n):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory).resolve()
            for path, text in SHAPES[name](size).items():
                (root / path).write_text(text, encoding="utf-8")
            started = cpu()
            check(root)
            used = cpu() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps([used, peak]))


def measure(name: str, n: int, max_cpu: int) -> Run:
    """Run one shape at one size in a process of its own, killed when it takes too long."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (max_cpu, max_cpu))

    command = [sys.executable, __file__, "--child", name, str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limited, cwd=ROOT)
    if done.returncode == 0:
        return Run(*json.loads(done.stdout))
    if done.returncode < 0:
        return Run(math.inf, math.nan, f"killed after {max_cpu} s")
    return Run(math.inf, math.nan, (done.stderr.strip().splitlines() or ["no message"])[-1])


def show(name: str, sizes: Sequence[int], options: argparse.Namespace) -> bool:
    """Measure a shape at each size until one fails, print its line, and say whether it grows as slowly as allowed."""
    runs: list[Run] = []
    for n in sizes:
        runs.append(measure(name, n, options.max_cpu))
        if runs[-1].failed:
            break
    ratios = [max(after.cpu, NOISE) / max(before.cpu, NOISE) for before, after in pairwise(runs)]
    allowed = [options.max_ratio ** math.log(b / a, STEP) for a, b in pairwise(sizes)]
    failed = runs[-1].failed
    fits = not failed and all(ratio <= most for ratio, most in zip(ratios, allowed, strict=False))
    cells = [f"{run.cpu:8.2f}" for run in runs if not run.failed] + [" " * 8] * (len(sizes) - len(runs) + bool(failed))
    growth = [f"{ratio:6.1f}" for ratio in ratios if math.isfinite(ratio)]
    growth += [" " * 6] * (len(sizes) - 1 - len(growth))
    peak = max((run.peak for run in runs if not run.failed), default=math.nan)
    verdict = "" if fits else failed or "GROWS TOO FAST"
    print(f"{name:50}{''.join(cells)}{''.join(growth)}{peak:8.0f}  {verdict}".rstrip(), flush=True)
    return fits


def main() -> int:
    """Measure the shapes that the command line names."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="a shape whose name begins so; repeatable")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="from small to large (default: %(default)s)")
    parser.add_argument("--max-cpu", type=int, default=60, help="CPU seconds of one run (default: %(default)s)")
    parser.add_argument("--max-ratio", type=float, default=5.0, help="for four times the size (default: %(default)s)")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    names = [name for name in SHAPES if not options.only or name.startswith(tuple(options.only))]
    if not names:
        parser.error(f"no shape is called so; there are {', '.join(SHAPES)}")
    columns = "".join(f"{f'n={n}':>8}" for n in sizes) + "".join(f"{f'{a}x':>6}" for a in sizes[1:])
    print(f"{'CPU seconds':50}{columns}{'peak MB':>8}", flush=True)
    fitting = [show(name, sizes, options) for name in names]
    print(f"{len(fitting)} shapes, {fitting.count(False)} of which grow too fast or fail")
    return int(not all(fitting))


if __name__ == "__main__":
    sys.exit(main())
