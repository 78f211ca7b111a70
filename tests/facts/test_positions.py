"""Positions are counted in tokens and agree with the text, and with libcst's own slow provider."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libcst
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from unbounded_lint.facts import model as m
from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.cst import reader
from unbounded_lint.facts.scan import SourceError, Tokens, scan
from unbounded_lint.facts.stack import run_with_big_stack

PACKAGE = Path(__file__).resolve().parents[2] / "unbounded_lint"


def cut(text: str, span: m.Span) -> str:
    """The text of a span."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def calls(value: object) -> list[m.Call]:
    """All calls in some facts, inner ones after the outer."""
    found = [value] if isinstance(value, m.Call) else []
    if isinstance(value, msgspec.Struct):
        value = tuple(getattr(value, name) for name in value.__struct_fields__)
    return found + [inner for item in value for inner in calls(item)] if isinstance(value, tuple) else found


SOURCE = textwrap.dedent(
    '''\
    """Doc."""
    @wrap(1)  # why
    @other
    async def function(a, b=f(1)) -> None:
        x = (g(
            h(2), *i()
        ).j())
        async with k() as l, m(): pass; n()

    class Klass(Base,
                metaclass=Meta): y = o()
    if p(): pass
    elif q(): pass
    for r in s(): t = f'{u(v):>{w()}}' f"""
    {z()}"""
    match aa():
        case bb(cc=1) if dd(): ee = lambda: ff()
    '''
)


def test_spans_of_operations() -> None:
    facts = collect(SOURCE)
    assert [cut(SOURCE, op.span) for scope in facts.scopes for op in scope.ops] == [
        '"""Doc."""',
        "@wrap(1)",
        "@other",
        "async def function(a, b=f(1)) -> None",
        "class Klass(Base,\n            metaclass=Meta)",
        "if p()",
        "elif q()",
        "for r in s()",
        't = f\'{u(v):>{w()}}\' f"""\n{z()}"""',
        "match aa()",
        "case bb(cc=1) if dd()",
        "ee = lambda: ff()",
        "x = (g(\n        h(2), *i()\n    ).j())",
        "async with k() as l, m()",
        "async with k() as l, m()",
        "n()",
        "y = o()",
        "ff()",
    ]


def test_spans_of_scopes() -> None:
    facts = collect(SOURCE)
    module, function, klass, lambda_ = facts.scopes
    assert cut(SOURCE, module.span) == SOURCE
    assert cut(SOURCE, function.span).startswith("async def function(")
    assert cut(SOURCE, function.span).endswith("n()")
    assert cut(SOURCE, function.name_span) == "function"
    assert cut(SOURCE, klass.span).endswith("y = o()")
    assert cut(SOURCE, klass.name_span) == "Klass"
    assert cut(SOURCE, lambda_.span) == "lambda: ff()"
    assert cut(SOURCE, lambda_.name_span) == "lambda"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spans_of_calls(newline: str) -> None:
    found = {cut(SOURCE, call.span) for call in calls(collect(SOURCE.replace("\n", newline)))}
    inner = {f"{letter}()" for letter in ("i", "k", "m", "n", "o", "p", "q", "s", "w", "z", "aa", "dd", "ff")}
    inner |= {"wrap(1)", "f(1)", "h(2)", "u(v)"}
    assert found == {*inner, "g(\n        h(2), *i()\n    )", "g(\n        h(2), *i()\n    ).j()"}


def test_parentheses_around_a_call_are_not_part_of_it() -> None:
    text = "x = ((f)(1))"
    assert [cut(text, call.span) for call in calls(collect(text))] == ["(f)(1)"]


@pytest.mark.parametrize("prefix", ["\ufeff", "\f", "é = 1; ", "\t\n", "\\\n"])
def test_what_stands_before(prefix: str) -> None:
    text = prefix + "f(1)\n"
    (call,) = calls(collect(text))
    assert cut(text.lstrip("\ufeff"), call.span) == "f(1)"


def test_columns_count_characters() -> None:
    assert [call.span for call in calls(collect("'é😀' + f(1)\n"))] == [m.Span(1, 8, 1, 12)]


def provided(text: str) -> tuple[set[m.Span], set[m.Span]]:
    """The spans of all calls, and of all names of functions and classes, as libcst's own provider has them."""
    wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    spans = {
        node: m.Span(place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)
        for node, place in wrapper.resolve(PositionProvider).items()
    }
    named = {spans[node.name] for node in spans if isinstance(node, libcst.FunctionDef | libcst.ClassDef)}
    return {span for node, span in spans.items() if isinstance(node, libcst.Call)}, named


def modules() -> Iterator[Any]:
    """All of this package, every fifth of them in the default run."""
    for number, path in enumerate(sorted(PACKAGE.rglob("*.py"))):
        marks = [pytest.mark.exhaustive] if number % 5 else []
        yield pytest.param(path, id=path.relative_to(PACKAGE).as_posix(), marks=marks)


@pytest.mark.parametrize("path", list(modules()))
def test_agrees_with_the_position_provider_on_this_package(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    facts = collect(text)
    expected_calls, expected_names = provided(text)
    assert {call.span for call in calls(facts)} <= expected_calls
    assert {scope.name_span for scope in facts.scopes if scope.kind in ("function", "class")} == expected_names


F_STRING_PIECES = [
    *("{", "}", "{{", "}}", "{f(x)}", "{f(x)!r}", "{f(x):", "{f(x)=}", ">{w(1)}", "g(y)", "a"),
    *("'", '"', "'''", '"""', "\\", "\\N{DASH}", "\\'", '\\"', "\\{", "\\\\"),
    *(":", "!r", "=", ":=", "!=", "(", ")", "[", "]", ",", " ", "\n"),
]
CODE_PIECES = [
    *("a", "é", "j", "1", "1.", "0x1f", ".5", "1e5", "'s'", '""', "r'\\'", "f(x)", "lambda ", "await ", "yield "),
    *("if", "else", "or", "not", "in", "is", "for", "+", "-", "*", "**", "//", "@", "<", "<<", ">>", "<=", "==", "!="),
    *("=", "+=", "->", ":=", ":", ",", ".", "...", "(", ")", "[", "]", "{", "}", ";"),
    *(" ", "+ \\\n", "\n", "#c\n", "\t"),
]
f_strings = st.builds(
    "x = ({0}{1}{2}{3}, h(2))\n".format,
    st.sampled_from(["f", "F", "rf", "fR", "t", "rt"]),
    st.shared(st.sampled_from(["'", '"', "'''", '"""']), key="quote"),
    st.lists(st.sampled_from(F_STRING_PIECES), max_size=8).map("".join),
    st.shared(st.sampled_from(["'", '"', "'''", '"""']), key="quote"),
)
code = st.lists(st.sampled_from(CODE_PIECES), max_size=9).map(lambda pieces: "z" + "".join(pieces) + "\n")


@settings(max_examples=400)
@given(st.one_of(f_strings, code))
def test_whatever_libcst_parses_is_placed_right(text: str) -> None:
    def check() -> None:
        try:
            expected, _ = provided(text)
        except libcst.CSTValidationError:
            return  # it asks for spaces that Python does not ask for, and the reader leaves its nodes unchecked
        except (libcst.ParserSyntaxError, SyntaxError):
            with pytest.raises(SourceError):
                reader.read(text)
            return
        assert {call.span for call in calls(collect(text))} <= expected

    run_with_big_stack(check)


@settings(max_examples=300)
@given(st.text(alphabet="abc ()[]{}'\"\\\n\r\t\f#:=,.;@!é0\0\ud800f", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        facts = collect(text)
    except SourceError as error:
        assert error.message
        assert 1 <= error.line <= 1 + len(text)
    else:
        assert facts.scopes[0].kind == "module"


def test_a_disagreement_is_reported_and_never_a_wrong_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_tokens_of(other: str) -> Callable[[str], Tokens]:
        def scanned(text: str) -> Tokens:
            tokens = scan(other)
            tokens.text = text
            return tokens

        return scanned

    monkeypatch.setattr(reader, "scan", with_tokens_of("x = f(); y"))
    with pytest.raises(SourceError, match="disagree"):
        reader.read("x = f()")
    monkeypatch.setattr(reader, "scan", with_tokens_of("x"))
    with pytest.raises(SourceError, match="disagree"):
        reader.read("x = f()")
