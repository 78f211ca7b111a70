"""What is done to a container: each form of insert, removal and look, directly and through other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import known_gap, linked, named
from unbounded_lint.facts import walk as w
from unbounded_lint.link.verdicts.container import Container

Seen = tuple[str, str]

DIRECT: list[tuple[str, str, Seen]] = [
    # what X is, what is done, (kind, key)
    ("{}", "X[k] = v", ("insert", "k")),
    ("{}", "X[k][j] = v", ("insert", "j")),
    ("{}", "a = X[k] = v", ("insert", "k")),
    ("{}", "X[k], other = v, 1", ("insert", "k")),
    ("{}", "X.setdefault(k, v)", ("insert", "k")),
    ("{}", "X.update({k: v})", ("insert", "k")),
    ("{}", "X.update(k)", ("insert", "k")),
    ("{}", "X |= {k: v}", ("insert", "")),
    ("{}", "X.__setitem__(k, v)", ("insert", "k")),
    ("{}", "for X[k] in v: pass", ("insert", "k")),
    ("{}", "with v as X[k]: pass", ("insert", "k")),
    ("collections.defaultdict(int)", "X[k] += 1", ("insert", "k")),
    ("collections.defaultdict(list)", "X[k].append(v)", ("insert", "k")),
    ("collections.defaultdict(list)", "print(X[k])", ("insert", "k")),
    ("collections.Counter()", "X[k] += 1", ("insert", "k")),
    ("set()", "X.add(k)", ("insert", "k")),
    ("set()", "X |= {k}", ("insert", "k")),
    ("[]", "X.append(k)", ("insert", "k")),
    ("[]", "X.extend(k)", ("insert", "k")),
    ("[]", "X.insert(0, k)", ("insert", "k")),
    ("[]", "X += [k]", ("insert", "k")),
    ("[]", "heapq.heappush(X, k)", ("insert", "")),
    ("collections.deque()", "X.appendleft(k)", ("insert", "k")),
    ("{}", "del X[k]", ("remove", "k")),
    ("{}", "del X[k], v.a", ("remove", "k")),
    ("{}", "X.pop(k)", ("remove", "k")),
    ("{}", "X.pop(k, None)", ("remove", "k")),
    ("{}", "X.popitem()", ("remove", "")),
    ("{}", "X.__delitem__(k)", ("remove", "k")),
    ("set()", "X.discard(k)", ("remove", "k")),
    ("set()", "X.remove(k)", ("remove", "k")),
    ("set()", "X -= k", ("remove", "k")),
    ("set()", "X.difference_update(k)", ("remove", "k")),
    ("set()", "v.add_done_callback(X.discard)", ("remove", "")),
    ("[]", "heapq.heappop(X)", ("remove", "")),
    ("collections.deque()", "X.popleft()", ("remove", "")),
    ("{}", "X.clear()", ("clear", "")),
    ("[]", "del X[:]", ("clear", "")),
    ("[]", "del X[:5]", ("trim", "")),
    ("[]", "X[:] = v", ("replace", "")),
    ("{}", "X = {}", ("replace", "")),
    ("{}", "X = {a: b for a, b in X.items() if b}", ("replace", "")),
    ("[]", "X = X + [k]", ("insert", "k")),
    ("[]", "X = (X or []) + [k]", ("insert", "k")),
    ("[]", "X = [*(X or ()), k]", ("insert", "k")),
    ("{}", "X = {**(X or {}), k: v}", ("insert", "k")),
    ("[]", "X = X + [k] if X else [k]", ("insert", "k")),
    ("[]", "X = [k] if not X else X + [k]", ("insert", "k")),
    ("{}", "X = {**X, k: v}", ("insert", "k")),
    ("{}", "if k in X: pass", ("contains", "k")),
    ("{}", "if len(X) > 3: pass", ("size", "")),
    ("{}", "if not X: pass", ("tested", "")),
    ("{}", "for a in X: pass", ("iterate", "")),
    ("{}", "v.send(X)", ("escape", "")),
]
QUIET: list[tuple[str, str]] = [
    ("{}", "print(X[k])"),
    ("{}", "X.get(k)"),
    ("{}", "Y = dict(X); Y[k] = v"),
    ("[]", "X[0] = v"),
    ("[]", "X.sort()"),
    ("{}", "X.keys()"),
    ("collections.Counter()", "print(X[k])"),
    ("{}", "print(X, (lambda X: X.clear())(v))"),
    # what is given to a method is read
    ("bytearray()", "out = bytearray(); out.extend(X)"),
    ("[]", "out = collections.deque(); out.extend(X)"),
    ("set()", "out = set(v); out.update(X)"),
    ("{}", "out = collections.OrderedDict(); out.update(X)"),
    ("[]", "out = []; out += X"),
    # what cannot change is not changed
    ("[b'a', b'b']", "out = X[k]; out += v"),
    ("[bytes(3) for _ in range(4)]", "out = X[k]; out += v"),
    ("{'a': 0}", "out = X[k]; out |= v"),
    ("{'a': (1, 2)}", "out = X.get(k); out += v"),
    ("{'a': ''}", "for out in X.values(): out += v"),
]


def container(tmp_path: Path, made: str, code: str) -> Container:
    declared = "    global X\n" if "X = " in code or "X |=" in code or "X +=" in code or "X -=" in code else ""
    text = f"import collections, heapq\nX = {made}\ndef f(k, v):\n{declared}    {code}\n"
    return named(linked(tmp_path, {"m.py": text}))


def seen(found: Container) -> set[Seen]:
    return {(a.kind, w.dotted(a.key) if a.key is not None else "") for a in found.accesses}


@pytest.mark.parametrize(("made", "code", "expected"), DIRECT, ids=[f"{m} {c}" for m, c, _ in DIRECT])
def test_form(made: str, code: str, expected: Seen, tmp_path: Path) -> None:
    found = seen(container(tmp_path, made, code))
    assert expected in found
    changes = {kind for kind, _ in found} & {"insert", "remove", "clear", "trim", "replace"}
    assert changes <= {expected[0]}, "one form is not taken for another besides"


@pytest.mark.parametrize("code", ["bytearray.extend(X, k)", "X.extend(k)", "out = X; out.extend(k)", "X += k"])
def test_what_is_added_to_is_written(code: str, tmp_path: Path) -> None:
    assert "insert" in {kind for kind, _ in seen(container(tmp_path, "bytearray()", code))}


@pytest.mark.parametrize("made", ["{'a': []}", "{'a': {}}", "{}", "{k: list(k) for k in 'ab'}", "{'a': 0, 'b': []}"])
def test_an_entry_that_may_change_is_added_to(made: str, tmp_path: Path) -> None:
    inserts = [a for a in container(tmp_path, made, "out = X[k]; out += v").accesses if a.kind == "insert"]
    assert [access.nested for access in inserts] == [True]


def test_an_annotated_result_that_cannot_change_is_not_added_to(tmp_path: Path) -> None:
    text = "X = {}\ndef line(k) -> bytes:\n    return X[k]\ndef f(k, v):\n    out = line(k)\n    out += v\n"
    found = named(linked(tmp_path, {"m.py": text}))
    assert [a for a in found.accesses if a.kind == "insert"] == []


@pytest.mark.parametrize(("made", "code"), QUIET, ids=[f"{m} {c}" for m, c in QUIET])
def test_what_changes_no_size(made: str, code: str, tmp_path: Path) -> None:
    found = {kind for kind, _ in seen(container(tmp_path, made, code))}
    assert not found & {"insert", "remove", "clear", "trim", "replace"}


THROUGH = {
    "import": {"n.py": "from m import X\ndef f(k):\n    X[k] = 1\n"},
    "import as": {"n.py": "from m import X as Y\ndef f(k):\n    Y[k] = 1\n"},
    "module": {"n.py": "import m\ndef f(k):\n    m.X[k] = 1\n"},
    "module as": {"n.py": "import m as other\ndef f(k):\n    other.X[k] = 1\n"},
    "import in a function": {"n.py": "def f(k):\n    from m import X\n    X[k] = 1\n"},
    "star": {"n.py": "from m import *\ndef f(k):\n    X[k] = 1\n"},
    "re-export": {"n.py": "from m import X\n", "o.py": "import n\ndef f(k):\n    n.X[k] = 1\n"},
    "re-export of all": {"n.py": "from m import *\n", "o.py": "from n import X\ndef f(k):\n    X[k] = 1\n"},
    "member of a re-export of all": {"n.py": "from m import *\n", "o.py": "import n\ndef f(k):\n    n.X[k] = 1\n"},
    "re-export of all, twice": {
        "n.py": "from m import *\n",
        "o.py": "from n import *\n",
        "p.py": "from o import X\ndef f(k):\n    X[k] = 1\n",
    },
    "alias": {"n.py": "import m\ndef f(k):\n    own = m.X\n    own[k] = 1\n"},
    "parameter": {"n.py": "import m\ndef put(d, k):\n    d[k] = 1\ndef f(k):\n    put(m.X, k)\n"},
    "keyword": {"n.py": "import m\ndef put(k, *, d):\n    d[k] = 1\ndef f(k):\n    put(k, d=m.X)\n"},
    "accessor": {"n.py": "import m\ndef get():\n    return m.X\ndef f(k):\n    get()[k] = 1\n"},
    "attribute": {
        "n.py": "import m\nclass C:\n    def __init__(self):\n        self.d = m.X\n"
        "    def f(self, k):\n        self.d[k] = 1\n"
    },
    "closure": {"n.py": "import m\ndef f(k):\n    d = m.X\n    def inner():\n        d[k] = 1\n    return inner\n"},
    "try": {"n.py": "try:\n    from m import X\nexcept ImportError:\n    X = None\ndef f(k):\n    X[k] = 1\n"},
    "bound method": {"n.py": "import m\ndef f(k):\n    put = m.X.setdefault\n    put(k, 1)\n"},
}


@pytest.mark.parametrize("files", THROUGH.values(), ids=THROUGH)
def test_insert_through(files: dict[str, str], tmp_path: Path) -> None:
    found = named(linked(tmp_path, {"m.py": "X = {}\n", **files}))
    inserts = [(a.scope.path, w.dotted(a.key) if a.key else "") for a in found.accesses if a.kind == "insert"]
    assert inserts == [(list(files)[-1], "k")]


@pytest.mark.parametrize(
    ("text", "inserts"),
    [
        ("import m\ndef f(k, d=m.X):\n    d[k] = 1\n", 1),
        ("from m import X as Y\ndef f(k, *, d=Y):\n    d[k] = 1\n", 1),
        (
            "import m\nclass C:\n    def __init__(self, d=m.X):\n        self.d = d\n    def f(self, k):\n"
            "        self.d[k] = 1\n",
            1,
        ),
        ("import m\ndef f(k, options):\n    options.get('d', m.X)[k] = 1\n", 1),
        ("import m\ndef f(k, options):\n    d = getattr(options, 'd', m.X)\n    d[k] = 1\n", 1),
        ("import m\ndef f(k, options):\n    options.get(m.X, {})[k] = 1\n", 0),
        ("import m\nf = lambda k, d=m.X: d.setdefault(k, 1)\n", 1),
        ("import m\ndef f(k, d=m.X):\n    d = {}\n    d[k] = 1\n", 0),
        ("import m\nX = {}\ndef f(k, d=X):\n    d[k] = 1\n", 0),
        ("import m\ndef f(k, X=None, d=m.Y):\n    d[k] = 1\n", 0),
    ],
    ids=[
        "attribute",
        "keyword only",
        "constructor",
        "where an option is missing",
        "where an attribute is missing",
        "as what is asked for",
        "lambda",
        "overwritten",
        "another variable",
        "another name",
    ],
)
def test_insert_through_a_default(text: str, inserts: int, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": "X = {}\n", "n.py": text})
    found = next(c for c in project.containers if c.symbol == "m:X")
    assert [a.kind for a in found.accesses if a.kind == "insert"] == ["insert"] * inserts


RECORD = (
    "X = []\nclass Record:\n    def __init__(self, parts=X):\n        self.parts = parts\n"
    "    def clean(self):\n        print(self)\n"
)
READ = "def read(lines, given):\n    made = Record()\n"


@pytest.mark.parametrize(
    ("body", "inserts"),
    [
        ("    made.parts = []\n    made.parts.append(lines)\n", 0),
        ("    made.parts = []\n    while lines:\n        made.parts.append(lines.pop())\n", 0),
        ("    made.parts = []\n    parts = made.parts\n    parts.append(lines)\n", 0),
        ("    made.parts = []\n    made.name = lines.get()\n    made.parts.append(lines)\n", 0),
        ("    made.parts = []\n    made.parts.sort()\n    made.parts.append(lines)\n", 0),
        ("    made.parts.append(lines)\n    made.parts = []\n", 1),
        ("    if given:\n        made.parts = []\n    made.parts.append(lines)\n", 1),
        (
            "    try:\n        made.parts = list(given)\n    except ValueError:\n        pass\n"
            "    made.parts.append(1)\n",
            1,
        ),
        ("    given.parts = []\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    made = Record()\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    for made in given:\n        made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    made.clean()\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    given(made)\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    for line in lines:\n        made.parts.append(line)\n        given(made)\n", 1),
        ("    made.parts = []\n    made.parts = X\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    if given:\n        made.parts = X\n    made.parts.append(lines)\n", 1),
        ("    made.parts = []\n    def later():\n        made.parts.append(lines)\n    return later\n", 1),
    ],
)
def test_an_attribute_that_was_just_bound_holds_nothing_else(body: str, inserts: int, tmp_path: Path) -> None:
    found = named(linked(tmp_path, {"m.py": RECORD + READ + body}))
    assert [a.kind for a in found.accesses if a.kind == "insert"] == ["insert"] * inserts


@pytest.mark.parametrize(
    ("body", "inserts"),
    [
        ("    X.append(k)\n", 1),
        ("    X += [k]\n", 1),
        ("    X = [*X, k]\n", 0),
        ("    X = X + [k]\n    X.append(k)\n", 0),
        ("    X = list(X)\n    X.append(k)\n", 0),
        ("    if k:\n        X = list(X)\n    X.append(k)\n", 1),
    ],
)
def test_a_parameter_that_is_bound_anew_leaves_its_default(body: str, inserts: int, tmp_path: Path) -> None:
    found = named(linked(tmp_path, {"m.py": "def f(k, X=[]):\n" + body + "    return X\n"}), "f.X")
    assert [a.kind for a in found.accesses if a.kind == "insert"] == ["insert"] * inserts


@pytest.mark.parametrize("amount", ["1", "v", "len(v)"])
def test_counting_inserts_nothing_into_a_plain_dict(amount: str, tmp_path: Path) -> None:
    found = seen(container(tmp_path, "{'a': 0}", f"X['a'] += {amount}"))
    assert {kind for kind, _ in found} & {"insert", "remove"} == set()


@pytest.mark.parametrize(
    "text",
    [
        "def f(k):\n    X = {}\n    X[k] = 1\n",
        "def f(X, k):\n    X[k] = 1\n",
        "class C:\n    X = None\n    def f(self, k):\n        self.X[k] = 1\n",
        "class X:\n    pass\ndef f(k):\n    X[k] = 1\n",
    ],
    ids=["local", "parameter", "attribute", "other definition"],
)
def test_another_thing_of_the_same_name(text: str, tmp_path: Path) -> None:
    found = named(linked(tmp_path, {"m.py": "X = {}\n", "n.py": text}))
    assert [a for a in found.accesses if a.kind == "insert"] == []


def test_package_relative_imports(tmp_path: Path) -> None:
    files = {
        "p/__init__.py": "from .m import X\n",
        "p/m.py": "X = {}\n",
        "p/q/__init__.py": "",
        "p/q/n.py": "from .. import X\nfrom ..m import X as Y\ndef f(k):\n    X[k] = 1\n    Y.pop(k)\n",
    }
    found = named(linked(tmp_path, files))
    assert sorted((a.scope.path, a.kind) for a in found.accesses if a.kind in {"insert", "remove"}) == [
        ("p/q/n.py", "insert"),
        ("p/q/n.py", "remove"),
    ]


@pytest.mark.parametrize("receiver", ["self", "C", "type(self)", "self.__class__", "cls"])
def test_class_attribute(receiver: str, tmp_path: Path) -> None:
    decorator, first = ("    @classmethod\n", "cls") if receiver == "cls" else ("", "self")
    text = f"class C:\n    X = {{}}\n{decorator}    def f({first}, k):\n        {receiver}.X[k] = 1\n"
    found = named(linked(tmp_path, {"m.py": text}), "C.X")
    assert [a.kind for a in found.accesses if a.kind == "insert"] == ["insert"]


@pytest.mark.parametrize(
    "text",
    [
        "class C(metaclass=M):\n    @classmethod\n    def f(cls, k):\n        cls.x.pop(k)\n",
        "class C(metaclass=M):\n    def f(self, k):\n        type(self).x.pop(k)\n",
        "class C(metaclass=M):\n    pass\nclass D(C):\n    pass\ndef f(k):\n    D.x.pop(k)\n",
        "class N(M):\n    pass\nclass C(metaclass=N):\n    pass\ndef f(k):\n    C.x.pop(k)\n",
    ],
)
def test_attribute_that_a_metaclass_gives(text: str, tmp_path: Path) -> None:
    given = "class M(type):\n    def __init__(cls, name, bases, body):\n        cls.x = {}\n"
    found = named(linked(tmp_path, {"m.py": given + text}), "M.x")
    assert [a.kind for a in found.accesses if a.kind == "remove" and not a.guess] == ["remove"]


@known_gap("files that write a private name in its mangled form are not asked")
def test_private_name_of_a_singleton_in_a_subclass_of_another_module(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    def __init__(self):\n        self.__x = {}\n"
        "    def put(self, k):\n        self.__x[k] = 1\n",
        "b.py": "from a import A\nclass B(A):\n    def drop(self, k):\n        self._A__x.pop(k)\nb = B()\n",
    }
    found = named(linked(tmp_path, files), "A._A__x")
    assert sorted((a.scope.path, a.kind) for a in found.accesses if a.kind in {"insert", "remove"}) == [
        ("a.py", "insert"),
        ("b.py", "remove"),
    ]


BASE = (
    "class A:\n    def __init__(self):\n        self.x = {}\n"
    "    def put(self, request):\n        self.x[request.id] = 1\n"
)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("class B(A):\n    def __init__(self):\n        super().__init__()\n        self.x = {1: 2}\nb = B()\n", []),
        ("class B(A):\n    def __post_init__(self):\n        self.x = dict(a=1)\nb = B()\n", []),
        ("class B(A):\n    def reset(self):\n        self.x = {}\nb = B()\n", ["replace"]),
        ("class B:\n    def __init__(self):\n        a.x = {}\na = A()\n", ["replace"]),
    ],
    ids=["constructor", "dataclass", "method", "another object's constructor"],
)
def test_a_constructor_of_a_subclass_replaces_nothing(text: str, kinds: list[str], tmp_path: Path) -> None:
    found = named(linked(tmp_path, {"m.py": BASE + text}), "A.x")
    assert [a.kind for a in found.accesses if a.kind == "replace"] == kinds
