"""Both readers give the same facts of what both can read."""

from __future__ import annotations

import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.processes import python
from unbounded_lint.facts import cst, native
from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.facts.native.reader import MAX_CHARACTERS
from unbounded_lint.facts.scan import SourceError
from unbounded_lint.facts.stack import run_with_big_stack
from unbounded_lint.files.source import DecodeError, decode

ROOT = Path(__file__).resolve().parents[2]
STDLIB = Path(sysconfig.get_paths()["stdlib"])


def both(text: str) -> tuple[ModuleFacts | None, ModuleFacts | None]:
    """What each reader gives, None for none."""

    def with_libcst() -> ModuleFacts | None:
        try:
            return cst.read(text)
        except SourceError:
            return None

    return run_with_big_stack(lambda: (native.read(text), with_libcst()))


def agree(text: str) -> bool:
    """Whether both readers give the same, or one of them nothing."""
    quick, slow = both(text)
    return quick is None or slow is None or quick == slow


def files() -> Iterator[Any]:
    """Our own, of which the running Python can read each, and those of the standard library; some in the default
    run."""
    own = [*sorted((ROOT / "unbounded_lint").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]
    for number, path in enumerate(own):
        marks = [pytest.mark.exhaustive] if number % 8 else []
        yield pytest.param(path, True, id=path.relative_to(ROOT).as_posix(), marks=marks)
    for number, path in enumerate(sorted(STDLIB.rglob("*.py"))):
        if "site-packages" not in path.parts and number % 7 == 0:
            marks = [pytest.mark.exhaustive] if number % 77 else []
            yield pytest.param(path, False, id=path.relative_to(STDLIB).as_posix(), marks=marks)


@pytest.mark.parametrize(("path", "readable"), list(files()))
def test_real_files(path: Path, readable: bool) -> None:
    try:
        text = decode(path.read_bytes()).removeprefix("\ufeff")
    except DecodeError:
        pytest.skip("not decodable, on purpose")
    quick, slow = both(text)
    assert quick == slow or (not readable and (quick is None or slow is None))


PLACED = {
    "brackets around a test": "if (a\n    and b  # why: here\n):\n    pass\n",
    "brackets around an iterable": "for x in (\n    f(1)\n):\n    pass\nelse:\n    pass\n",
    "a tuple to loop over": "for x in 1, f(2),:\n    pass\n",
    "a line that goes on": "while f(1) \\\n    :\n    pass\n",
    "brackets around what is managed": "with (f() as a, g(),):\n    pass\n",
    "one thing managed in brackets": "with (f()):\n    pass\n",
    "a subject in brackets": (
        "match (f(1)):\n    case (A(b=c)) if (g(2)):\n        pass\n"
        "    case [1, *_] | {'a': 1, **rest}:\n        pass\n"
    ),
    "patterns that bind": (
        "match a:\n    case (b, [c, *d]) as e: f()\n    case {'x': y}: g()\n"
        "    case 'a' | 'b' | C.D | -1: h()\n    case _: i()\n"
    ),
    "decorators in brackets": "@(f(1))\n@ (\n  g\n)\n@h\ndef k(): pass\n",
    "a definition without anything": "class A: pass\nclass B(): pass\ndef c(): pass\nasync  def \\\n d (): pass\n",
    "a definition with everything": "def f(a, /, b: int = g(1), *c: str, d=(2), **e) -> (X): return 1;\n",
    "bare stars": "def f(a=(1), /): pass\ndef g(*, a): pass\ndef h(a, *, b=(f(2)),): pass\n",
    "bases": "class A(B, *c, metaclass=(M), **d): x = 1;\n",
    "lambdas": (
        "x = lambda: (f(1))\ny = lambda a, *b, c=(lambda: 1), **d: (  # why\n  a)\nz = lambda *, a: a\nlambda a, /: a\n"
    ),
    "defaults that are lambdas": (
        "def f(a=lambda: 1, *, b: 'X' = lambda: 2): yield\nclass A(metaclass=lambda: 3): __a = __b.__c\n"
    ),
    "elif and else": "if a: f()\nelif b: g()\nelse:\n    if c: h()\n    elif d: i()\n",
    "try": "try: f()\nexcept (A, B) as e: g()\nexcept C: pass\nexcept: h()\nelse: i()\nfinally: j()\n",
    "loops": (
        "async def f():\n    async for a in b: break\n    else: pass\n"
        "    async with c as d, e as (g, h): continue\n    await x\n"
        "    return [i async for i in j if (k) if l]\n"
    ),
    "arguments in disorder": "f(a=1, *b, c=2, **d)\nf(*a, b, **c)\nf(x for x in y)\nf((yield))\n",
    "chains": (
        "a + b + c - d - (e - f)\na and b and c or d or (e or f)\n(a or b) or c\nnot -+~a\n"
        "a < b <= c is not d not in e\n"
    ),
    "constants": (
        "0x_f, 1_0.5e3, 3j, ..., None, True, b'a' rb'\\x', 'a' \"b\" '''c\n''', u'\\N{EN DASH}\\ud800', '\\400'\n"
    ),
    "bytes on several lines": "(b'a'  # one\n b\"b\" \\\n rb'''c''')\n",
    "f-strings": "f'a{b!r:>{c(1)}}' \"d{e}\" f'''{\nf(2)\n}'''\nx = (f'{a}'\n     f'{g(3)}')\nf''\nf'{{}}' 'x'\n",
    "an f-string with a lambda": "f'{(lambda: 1)()}'\n",
    "a generator in an f-string": "def f(): x = f'{(yield)}'\n",
    "subscripts": "a[1], a[1, 2], a[(1, 2)], a[1,], a[1:2, ::3], a[:], a[b:=1]\n",
    "targets": (
        "a = b, *c = d[0] = e.f = g()\ndel a, (b, [c.d]), (e[0])\nx: 'A[B]' = (1)\ny: (int)\nz += (1)\nglobal g\n"
    ),
    "walrus": "if (n := f(1)) > 1: pass\n[m := 1, m]\n",
    "characters of several bytes": "é = f('😀', g(1)); ö = '😀' + h(é)\nif 'é' in (é): x = 0x1\nclass ÄÖ(É): pass\n",
    "names that are equal in their normal form": "ﬁ = 1\nfi = ﬁ.ﬁ(ﬁ=1)\n",
    "line ends": "if a:\r\n    f(1)\r\nelse:\r    g(2)\r\f\n\fx = h(3)\n",
    "imports": "import a.b.c, d as e\nfrom . import f\nfrom ..g.h import (i as j, k,)\nfrom l import *\n",
    "private names": "class __A:\n    import __b\n    def __c(self, __d): return self.__e\nclass _: __f = 1\n",
    "raise and assert": "raise (A) from (lambda: 1)\nraise\nassert (a), lambda: f(1)\n",
    "comprehensions": (
        "{a: b for a, b in c for d in e if f}, {a for a in b}, [*a, *b], {**a, 'b': 1}, (a for a in b)\n"
    ),
    "nothing": "",
    "a comment": "# nothing",
}


@pytest.mark.parametrize("text", PLACED.values(), ids=PLACED)
def test_every_place_is_the_same(text: str) -> None:
    quick, slow = both(text)
    assert slow is not None
    assert quick == slow or (quick is None and "f'{(lambda" in text)


NEWER = {
    "type parameters": ((3, 12), (
        "def f[T: (g(1)), *Ts, **P](a: T): pass\nclass A[T]: pass\nclass B[T](C): pass\n"
        "def h[T](): pass\n"
    )),
    "a type alias": ((3, 12), "type A[T] = B[T]\ntype C = (D)\n"),
    "defaults of type parameters": ((3, 13), "def f[T = g(lambda: 1), *Ts = *h()](): pass\n"),
    "groups of exceptions": ((3, 11), "try: f()\nexcept* (A): g()\nexcept* B as e: h()\n"),
    "a star in a subscript": ((3, 11), "a[*b], a[1, *b]\ndef f(*a: *Ts): pass\n"),
    "quotes within quotes": ((3, 12), "x = f'{a['b']} {f'{c(1)}'}' \n"),
}  # fmt: skip


@pytest.mark.parametrize(("version", "text"), NEWER.values(), ids=NEWER)
def test_newer_syntax(version: tuple[int, int], text: str) -> None:
    quick, slow = both(text)
    assert slow is not None
    assert quick == (slow if sys.version_info >= version else None)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 120 + "f(1)" + ",)" * 120 + "\n",
        "x = " + "a - b + " * 60 + "c\n",
        "x = a" + ".b()" * 120 + "\n",
        "x = 1\n" * (MAX_CHARACTERS // 6 + 1),
    ],
    ids=["brackets", "a chain", "calls", "a large file"],
)
def test_what_only_libcst_reads(text: str) -> None:
    assert run_with_big_stack(lambda: native.read(text)) is None
    assert collect(text) == run_with_big_stack(lambda: cst.read(text))


PIECES = [
    *("a", "é", "j", "1", "0x1f", "'s'", '""', "b'\\''", "f'{a}'", "f(x)", "lambda ", "await ", "yield ", "x=1"),
    *("if ", " else ", " or ", " and ", "not ", " in ", " is ", " for b in ", "+", "-", "*", "**", "<", "<=", ":="),
    *("=", ":", ",", ".", "...", "(", ")", "[", "]", "{", "}", ";", " ", "\\\n", "\n", "\n ", "#c\n", "\t"),
    *("def f(", "class A", "with ", "as b", "for a in ", "while ", "try:", "except ", "match a:\n case ", "@", "->"),
]


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_whatever_both_can_read(text: str) -> None:
    assert agree(text)
    assert agree(f"{text}: pass\n")
    assert agree(f"({text})\n")


def test_what_python_finds_odd_is_not_told() -> None:
    text = "x: \"f('\\\\d')\" = '\\d'\nf'{x!r}'\n"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert both(text)[0] is not None
    assert told == []


def test_what_python_can_read_needs_no_libcst() -> None:
    text = "def f(a: 'dict[str, int]') -> None: return f'{g(a)!r:>{a}}' 'b'\n"
    reading = f"from unbounded_lint.facts.collect import collect; collect({text!r})"
    assert python("-c", f"{reading}; import sys; print('libcst' in sys.modules)").stdout == "False\n"
