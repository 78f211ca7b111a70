"""A file read in pieces has the facts of the same file read whole, in a fraction of the memory."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbounded_lint.facts import model as m
from unbounded_lint.facts.cst import constants
from unbounded_lint.facts.cst import pieces as pieces_module
from unbounded_lint.facts.cst.reader import read
from unbounded_lint.facts.scan import SourceError, scan
from unbounded_lint.files.source import decode

ROOT = Path(__file__).resolve().parents[2]
STDLIB = Path(sysconfig.get_paths()["stdlib"])
WHOLE = 10**9
SIZES = (1, 300, 3000)


def outcome(text: str, piece: int) -> bytes | tuple[str, int]:
    """The facts as they are stored, or what is wrong and where."""
    try:
        return msgspec.msgpack.encode(read(text, piece))
    except SourceError as error:
        return error.message, error.line


def assert_same(path: Path) -> None:
    text = decode(path.read_bytes())
    whole = outcome(text, WHOLE)
    for size in SIZES:
        assert outcome(text, size) == whole, size


@pytest.mark.parametrize("directory", sorted(path for path in (ROOT / "fixtures").iterdir() if path.is_dir()), ids=str)
def test_the_fixtures_in_pieces(directory: Path) -> None:
    paths = sorted(directory.rglob("*.py"))
    assert paths
    for path in paths:
        assert_same(path)


OWN = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.exhaustive, pytest.mark.release] if number % 8 else ())
    for number, path in enumerate(sorted((ROOT / "unbounded_lint").rglob("*.py")))
]


@pytest.mark.parametrize("path", OWN)
def test_this_package_in_pieces(path: Path) -> None:
    assert_same(path)


@pytest.mark.parametrize("path", sorted(STDLIB.glob("*.py"))[::9], ids=lambda path: path.stem)
def test_a_sample_of_the_standard_library_in_pieces(path: Path) -> None:
    assert_same(path)


LAYOUTS = [
    "a = 1\n# c\n\nb = 2\n\n\n   # odd\nc = f(3)",
    "\ufeffa = f(1)\r\nif a:\r\n    b\r\n    # c\r\n\r\n# d\r\nelse:\r\n    c\r\n    d\r\n",
    "a = f(1)\rif a:\r\tb()\r\tc()\rd()\r",
    "\fa = 1\n\f\n\fclass A:\n\f    b = 1\n    \f    c = 2\n",
    "if a:\n\tb()\n\tif c:\n\t  d()\n\t  e()\n\tf()\ng()\n",
    "a = 1 + \\\n  f(2)\nb = f(3) \\\n\nc = 4; d = f(5); \ne = 6 \\\n# c\n",
    "if a:\n    b \\\n\n    c() # \\\n    d()\n",
    "@a\n# c\n@b(1)\n\nclass C(D, e=f()):\n    @g\n    async def h(self): pass\n"
    "    @i\n\n    def j(self):\n        yield\n",
    "try:\n    a()\n    b()\nexcept A as a:\n    c()\n    d()\nexcept (B, C):\n"
    "    e()\nelse:\n    f()\nfinally:\n    g()\nh()",
    "for a, b in c:\n    d()\n    break\nelse:\n    e()\n    f()\nwhile a:\n    b()\n    continue\nelse: g()\n",
    "match a:\n    case (1, 2, b) if f(c):\n        d()\n        e()\n"
    "    case [x, y]:\n        g()\nmatch = 1\nmatch(a, b)\ncase[c]\n",
    "type A[T] = list[T, f()]\ntype = f(1)\nprint(type, a)\ndef f[T](a, b=(1, 2), *c): return a, b\n",
    "async def f():\n    async with a as b, c(d, e):\n        await g(h, i)\n"
    "        return (await j, k)\n    async for l in (m, n):\n        o()\n",
    "with (a as b, c as d):\n    e()\n    f()\nwith (a, b): c()\n"
    "from a import (b, c)\nimport d, e\ndel (f, g)\nglobal h, i\n",
    "a = [1, -2, [3, (4,), (5), ()], {6: 'a' 'b', 7: b'c'}, {8, "
    "9}, {}, True, None, 1.5, 2j, 0x1F, u'\\n', '''x\ny''']\n",
    "a = [f(1, b=(2, 3), *c, **d), lambda x, y=(1, 2): (x, y), ["
    "x for x, y in z], {**a, **b}, {**c, 'd': f(1)}, e[1, 2]]\n",
    "(a, b), [c, d.e, *f] = g\nfor (x, y) in z: pass\na[1, 2][3, 4], b = c, (d, e)\n"
    "f(x for x in (a, b))\nx = (yield a, b)\n",
    "a = f'{[b, f(c)]!r:>{(d, e)}}' + f'''{{\n}}{f(1, 2)}''' + g('x', f\"{h(1, 2)}\", \"y\")(i, j)\n",
    "a = 'x', 'y' 'z', f('a', 'b'), 'c'.join([d, 'e']), (f'g', 'h', f'{i, j}')\nb: list[int, 'C[d, e]'] = [1, 2]\n",
    "class C:\n    '''Doc\n  odd.'''\n    __a = [__b, self.__c]\n"
    "    def d(self, *, e=(1, 2)):\n        global f\n        f, __g = 1, (2, 3)\n",
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_unusual_layout_in_pieces(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = outcome(text, WHOLE)
    assert isinstance(whole, bytes)
    parsed: list[str] = []
    honest = pieces_module.guarded
    monkeypatch.setattr(pieces_module, "guarded", lambda parser, part: (parsed.append(part), honest(parser, part))[1])
    assert outcome(text, 1) == whole
    assert parsed
    assert text not in parsed


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\n\nb = = 2\nc = 3\n",
        "a = 1\nclass A:\n    b = 1\n    def c(self):\n        d = 1\n\n        e = = 2\n        f = 3\n    g = 1\n",
        "a = [\n 1,\n 2,\n f(3,\n  4 5),\n]\n",
        "a = 1\nif a:\n    b\n    c\nelse d\n",
        "try:\n    a\n    b()\nc = 1\n",
        "a = 1\nelse:\n    b\n",
        "a = 1\n  b = 2\nc\n",
        "def f():\n    a\n    b\n  c\n",
        "  a = 1\nb = 2\n",
        "a = 1\nif a:\n\tb\n        c\n",
        "a = 1\nb = 0777\nc = 1\n",
        "a = 1\nif b:\n    c\n    d = 1 \\\n",
        "a = 1\n)\nb = 2\n",
        "a = 1\nb = [1, 2\nc = 3\n",
        "a = 1\n@b\n\nc = 2\n",
        "a = 1\ndef f():\nb = 2\n",
        "class A:\n    def f():\n        try:\n            a\n\n# c\n\n    b = 2\n",
        "if a:\n    b\n    def f():  # c\n\n    b = 2\n",
        "if a:\n    try: b \\\n\n\n\n    c\n",
        "match a:\n    b\n    c\n",
        "a = 1\nb = $\n",
    ],
)
def test_an_error_in_a_piece_is_that_of_the_whole(text: str) -> None:
    whole = outcome(text, WHOLE)
    assert isinstance(whole, tuple)
    assert outcome(text, 1) == whole


LINES = ["a = [1, 'b', -2]", "f(c, *d, e=1)", "if a:", "else:", "for b in c:", "class A(B):"]
LINES += ["def f(x, y):", "@f(1)", "pass"]
LINES += ["match a:", "case (1, b):", "return {a: 1, **b}", "x = (", "1, 2)", "# c", "", "try:", "except A:"]
LINES += ["async def f():"]
LINES += ["lambda: (a, b)", "f'{a, b}' 'c'", "'''a", "b'''", "with (a, b):", "c = 1 + \\", "d; e; f(1)", "\\", "\f"]
programs = st.lists(
    st.tuples(st.sampled_from(["", "", "  ", "    ", "\t", "      "]), st.sampled_from(LINES)).map("".join), max_size=9
)


@settings(max_examples=500, deadline=None)
@given(programs, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([1, 20]))
def test_whatever_can_be_read_whole_can_be_read_in_pieces(lines: list[str], newline: str, piece: int) -> None:
    text = newline.join(lines)
    whole = outcome(text, WHOLE)
    if isinstance(whole, bytes):
        assert outcome(text, piece) == whole
    else:
        assert isinstance(outcome(text, piece), tuple)


@pytest.mark.parametrize(
    "text", ["f(1)", "a", "1_000", "0777", "1 2", "f'a'", "...", "'a' b'c'", "{1, 2: 3}", "--1", "[1", "b'é'"]
)
def test_what_is_not_plainly_a_constant_is_left_to_the_parser(text: str) -> None:
    tokens = scan(f"1, {text}")
    assert constants.elements(tokens, 0, 2, False) is not None
    assert constants.elements(tokens, 0, len(tokens), False) is None


def test_constants_are_read_without_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a = {\n" + "".join(f"  'k{i}': ({i}, -1.5, ['x', None]),\n" for i in range(5000)) + "}\n"
    assert len(text) > 2 * pieces_module.PIECE
    whole = read(text, WHOLE)
    parsed: list[str] = []
    honest = pieces_module.guarded
    monkeypatch.setattr(pieces_module, "guarded", lambda parser, part: (parsed.append(part), honest(parser, part))[1])
    assert read(text) == whole
    assert [part.replace("\n", "") for part in parsed] == ["a = {  _: _}"]
    value = whole.scopes[0].ops[0].action
    assert isinstance(value, m.Assign)
    assert isinstance(value.value, m.DictDisplay)
    assert len(value.value.items) == 5000


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = 1\n\ny = " + "a + (b, c); " * 13_000, "more than 100,000 tokens and lines", 3),
        ("if x:\n\ta\n        b\n" + "a = 1\n" * 20_000, "too large to parse at once, and indented too unevenly", 1),
    ],
)
def test_what_would_take_too_much_memory_is_refused(text: str, message: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        read(text)
    assert caught.value.message.startswith(message)
    assert caught.value.line == line


# The peak of the process itself: what getrusage tells begins with the peak of the process that started this one.
RUNNER = """
import re, sys
from unbounded_lint.facts.cst.reader import read
def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
text = eval(sys.argv[1])
before = peak()
read(text, *map(int, sys.argv[2:]))
print((peak() - before) >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the peak of a process")
@pytest.mark.parametrize(
    "code",
    [
        '"".join(f"a{i} = {i}\\n" for i in range(30_000))',
        '"def f():\\n" + "".join(f"    a{i} = {i}\\n" for i in range(30_000))',
        '"class C:\\n" + "".join(f"  def m{i}(self):\\n    return {i}\\n" for i in range(15_000))',
        '"d = {\\n" + "".join(f"    {i}: f({i}),\\n" for i in range(15_000)) + "}\\n"',
        '"d = [" + "".join(f"({i}, \'x{i}\'), " for i in range(100_000)) + "]\\n"',
        '"d = {" + "".join(f"\'k{i}\': {i}, " for i in range(100_000)) + "}\\n"',
        '"# c\\n\\n" * 500_000 + "x = 1\\n"',
        '"x = 1\\n" + "\\n" * 10_000_000',
    ],
)  # fmt: skip
def test_memory_stays_far_below_that_of_a_whole_tree(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, code], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    assert int(done.stdout) < 150
