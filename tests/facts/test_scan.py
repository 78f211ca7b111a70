"""The token scan: which tokens it sees, and what it refuses before libcst is asked."""

from __future__ import annotations

import pytest

from unbounded_lint.facts import scan as scan_module
from unbounded_lint.facts.model import Span
from unbounded_lint.facts.scan import SourceError, scan


def tokens(text: str) -> list[str]:
    found = scan(text)
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b(c)[0] # d(e)", ["a", ".", "b", "(", "c", ")", "[", "0", "]"]),
        ("x **= -1 ** .5", ["x", "**=", "-", "1", "**", ".5"]),
        ("1if x else 0xfor 1..real", ["1", "if", "x", "else", "0xf", "or", "1.", ".", "real"]),
        ("a<-b>>1<=c!=d//e->f", ["a", "<", "-", "b", ">>", "1", "<=", "c", "!=", "d", "//", "e", "->", "f"]),
        ("1_0.5e-3j + 0b1_0 + 0o7", ["1_0.5e-3j", "+", "0b1_0", "+", "0o7"]),
        ("from ... import a", ["from", ".", ".", ".", "import", "a"]),
        ("a = \\\r\n b\\\n.c", ["a", "=", "b", ".", "c"]),
        ("f(a:=1, *b, **c)", ["f", "(", "a", ":=", "1", ",", "*", "b", ",", "**", "c", ")"]),
        ("été = a·b", ["été", "=", "a·b"]),
        ("return'x'", ["return", "'x'"]),
        ("x = rb'a\\'' U'' 'b''c'", ["x", "=", "rb'a\\''", "U''", "'b'", "'c'"]),
        ('"""a\n"b" \\"""" + 1', ['"""a\n"b" \\""""', "+", "1"]),
        ("'a\\\n b' ''", ["'a\\\n b'", "''"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f'a'", ["f'", "'"]),
        ("f'{x}b{y!r}'", ["f'", "{", "x", "}", "{", "y", "!", "r", "}", "'"]),
        ("f'{x=}'", ["f'", "{", "x", "=", "}", "'"]),
        ("f'{a!=b}'", ["f'", "{", "a", "!=", "b", "}", "'"]),
        ("f'{x:>{w}.{p}}'", ["f'", "{", "x", ":", "{", "w", "}", "{", "p", "}", "}", "'"]),
        ("f'{x:=5}'", ["f'", "{", "x", ":", "}", "'"]),
        ("f'{(x:=5)}'", ["f'", "{", "(", "x", ":=", "5", ")", "}", "'"]),
        ("f'{{x}}'", ["f'", "'"]),
        ("f'{ {1: 2}[1] }'", ["f'", "{", "{", "1", ":", "2", "}", "[", "1", "]", "}", "'"]),
        ("f'{d['k']}'", ["f'", "{", "d", "[", "'k'", "]", "}", "'"]),
        ("f'{f'{x}'}'", ["f'", "{", "f'", "{", "x", "}", "'", "}", "'"]),
        ("f'\\N{DASH}{x}\\'\\{y}'", ["f'", "{", "x", "}", "{", "y", "}", "'"]),
        ("rf'\\N{x}\\''", ["rf'", "{", "x", "}", "'"]),
        ("f'''{\nx # '\n}'\"{y}'''", ["f'''", "{", "x", "}", "{", "y", "}", "'''"]),
        ('t\'{x}\' F"""\'{y}"""', ["t'", "{", "x", "}", "'", 'F"""', "{", "y", "}", '"""']),
    ],
)
def test_f_strings_are_taken_apart(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_positions_count_characters_and_know_every_line_end() -> None:
    found = scan("é = 1\r\nb = 2\rc = f(\n  3)")
    assert [found.span(i, i) for i in (0, 3, 6)] == [Span(1, 1, 1, 2), Span(2, 1, 2, 2), Span(3, 1, 3, 2)]
    assert found.span(8, 11) == Span(3, 5, 4, 5)
    assert found.whole() == Span(1, 1, 4, 5)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = 1\ny = '\0'", "a NUL byte", 2),
        ("\n" + "(" * 201, "more than 200 nested brackets", 2),
        ("x = '['\n" + "f([{" * 67, "more than 200 nested brackets", 2),
        ("f'{" * 201, "more than 200 nested brackets", 1),
        ("case " + "(" * 8, "more than 7 nested brackets", 1),
        ("if a: del " + "(" * 17, "more than 16 nested brackets", 1),
        ("\n\na" + ".b" * 2001, "more than 2,000 operators in one expression", 3),
        ("a" + "()" * 2001, "more than 2,000 operators in one expression", 1),
        ("x = (" + "1 +\n" * 2001 + "1)", "more than 2,000 operators in one expression", 2000),
        ("not " * 2001 + "a", "more than 2,000 operators in one expression", 1),
        ("lambda: " * 1001 + "a", "more than 2,000 operators in one expression", 1),
        ("lambda a, b: " * 1001 + "a", "more than 2,000 operators in one expression", 1),
        ("a if b else " * 1001 + "a", "more than 2,000 operators in one expression", 1),
        ('""if""else' * 1001 + '""', "more than 2,000 operators in one expression", 1),
        ("x = (" + "'a'\n" * 3001 + ")", "more than 3,000 strings in one concatenation", 3001),
        ("x = (" + "f'{a}'\n" * 3001 + ")", "more than 3,000 strings in one concatenation", 3001),
        ("if a: pass\n" + "elif a: pass\n" * 1001, "more than 1,000 elif branches", 1002),
        ("if a:\n if a: pass\n" + " elif a: pass\n" * 1001, "more than 1,000 elif branches", 1003),
        ("x = 'a\nb'", "an unterminated string", 1),
        ("\nx = '''a\nb", "an unterminated string", 2),
        ("f'{a}\n'", "an unterminated string", 1),
        ("f'''{a:", "an unterminated string", 1),
        (("a" + ".b" * 1900 + "\n") * 20, "expressions too dense to parse in reasonable time", 10),
    ],
)
def test_refused(text: str, message: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        scan(text)
    assert (caught.value.message, caught.value.line) == (message, line)
    assert str(caught.value) == f"{message} (line {line})"


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "a.b.c(), " * 5000 + "]",
        "x = {" + "'a': -1 + 2, " * 5000 + "}",
        "x = [" + "lambda a, b: a + b, " * 3000 + "]",
        "x = 1\n" * 5000,
        "x = '((((' # ((((\n" * 100,
        "a = " * 3000 + "1",
        "if a: pass\n" + ("elif a: pass\n" * 900 + "if a: pass\n") * 3,
        "x = case(" + "[" * 50 + "]" * 50 + ")",
        "case 1: x = " + "(" * 50 + ")" * 50,
        "del a; x = " + "(" * 50 + ")" * 50,
        "(" * 200 + ")" * 200,
        "x = (" + "'a'\n" * 3000 + ")",
        "x = f'" + "{a} " * 3000 + "'",
    ],
)
def test_flat_code_is_never_refused(text: str) -> None:
    assert len(scan(text)) > 0


def test_only_nested_code_is_called_deep() -> None:
    assert not scan("x = [" + "a.b + c, " * 100 + "]\n").deep
    assert scan("x = a" + ".b" * 60).deep


def test_breaks_are_the_newlines_outside_brackets_and_strings() -> None:
    text = "a = (\n1)\n\n# b\r\nc = '''\n''' \\\n + 1\rf'''{\nx}\n'''\n"
    assert [text[:offset][-3:] for offset in scan(text).breaks] == [")\n\n", "b\r\n", " 1\r", "''\n"]


def test_a_file_of_too_many_tokens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "MAX_TOKENS", 30)
    assert len(scan("x = 1\n" * 10)) == 30
    for text, line in (("x = 1\n" * 11, 11), ("x = [\n" + "1,\n" * 20 + "]", 15)):
        with pytest.raises(SourceError, match="more than 30 tokens") as caught:
            scan(text)
        assert caught.value.line == line


def test_a_file_over_the_size_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "MAX_CHARACTERS", 10)
    assert len(scan("x = 1\n")) == 3
    with pytest.raises(SourceError, match="more than 10 characters"):
        scan("x = 100000\n")
