"""Parsing never crashes, never hangs, and fails with one clause and one line."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import libcst
import pytest

from tests.processes import python
from unbounded_lint.facts import stack
from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.cst.parse import guarded, parse
from unbounded_lint.facts.model import Assign
from unbounded_lint.facts.process import WhileNeeded
from unbounded_lint.facts.scan import SourceError
from unbounded_lint.facts.stack import run_with_big_stack


def test_gives_a_tree() -> None:
    module = parse("x = 1\n")
    assert isinstance(module, libcst.Module)
    assert module.code == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ny = = 2\n", 2),
        ("print 'a'\n", 1),
        ("x = (1\ny = 2\n", 2),
        ("\n\nx = 1 +\n", 3),
        ("def f(:\n", 1),
        ("def f():\n", 1),
        ("if x:  # y\n\nprint\n", 3),
        ("x = 'é' y\n", 1),
        ("x = f(# c\n = # d\n\n 1)", 2),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.line) == ("invalid syntax", line)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("if x:\n\ty\n        z\n", "inconsistent mixing of tabs and spaces", 3),
        ("a\n\n\n)\nb\n", "unmatched ')'", 4),
        ("a\r\n\r\n)\r\nb\r\n", "unmatched ')'", 3),
        ("x = 1\ny = 0777\nz = 1\n", "leading zeros in decimal integer literals are not permitted", 2),
        ("if x:\n    y\n  z\n", "no matching outer block for dedent", 3),
        ("x = $", "'$' is not a valid character in this position", 1),
    ],
)
def test_an_error_of_the_tokenizer_is_placed_too(text: str, message: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert caught.value.message.startswith(message)
    assert caught.value.line == line


def test_valid_code_that_libcst_rejects() -> None:
    text = "(x): int = 1\n"
    with pytest.raises(SourceError, match="invalid syntax"):
        parse(text)
    assert isinstance(collect(text).scopes[0].ops[0].action, Assign)


def test_text_that_utf8_cannot_hold() -> None:
    with pytest.raises(SourceError, match="UTF-8"):
        parse("x = '\ud800'\n")


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "x = 1", "# only a comment", "x = 1\n\n\n   \n"),
        *("\ufeffx = 1\n", "x = 1\r\ny = 2\r\n", "x = 1\ry = 2\r", "\fx = 1\n\f\n", "if x:\n\ty\n\tz\n"),
    ],
)
def test_unusual_layout(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (SyntaxError("bad coding"), "bad coding"),
        (RecursionError(), "nested too deeply"),
        (MemoryError(), "too large for the memory at hand"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "characters that UTF-8 cannot hold"),
        (ValueError("odd"), "the parser failed with ValueError"),
        (type("PanicException", (BaseException,), {})("native"), "the parser failed"),
    ],
)
def test_whatever_the_parser_raises(raised: BaseException, message: str) -> None:
    def parser(text: str) -> None:
        raise raised

    with pytest.raises(SourceError) as caught:
        guarded(parser, "x")
    assert caught.value.message == message
    assert caught.value.line == 1


def test_an_interrupt_passes_through() -> None:
    def parser(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded(parser, "x")


def test_one_thread_serves_nested_calls() -> None:
    outer, inner = run_with_big_stack(
        lambda: (threading.current_thread(), run_with_big_stack(threading.current_thread))
    )
    assert outer is inner
    assert outer is not threading.current_thread()


def test_threads_share_what_they_change_of_the_process() -> None:
    state: list[str] = []

    def change() -> Callable[[], None]:
        state.append("changed")
        return lambda: state.append("undone")

    shared = WhileNeeded(change)
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(shared)
        second.enter_context(shared)
        first.close()
        assert state == ["changed"]
        second.close()
    with pytest.raises(ZeroDivisionError), shared:
        raise ZeroDivisionError
    assert state == ["changed", "undone"] * 2


def test_reading_files_in_threads_leaves_the_process_as_it_was() -> None:
    before = (libcst.CSTNode.__post_init__, sys.getrecursionlimit(), threading.stack_size())
    deep = "a" + ".b" * 1500 + "\n"
    expected = collect(deep)
    with ThreadPoolExecutor(4) as pool:
        assert all(facts == expected for facts in pool.map(collect, [deep] * 24))
    assert before == (libcst.CSTNode.__post_init__, sys.getrecursionlimit(), threading.stack_size())


def test_the_stack_size_of_other_threads_is_left_alone() -> None:
    before = threading.stack_size()
    assert run_with_big_stack(lambda: 1) == 1
    assert threading.stack_size() == before


def test_errors_cross_the_thread() -> None:
    with pytest.raises(ZeroDivisionError):
        run_with_big_stack(lambda: 1 // 0)


def test_works_where_no_large_stack_is_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "STACK_SIZES", (1,))
    assert run_with_big_stack(threading.current_thread) is threading.current_thread()


def test_works_where_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert run_with_big_stack(lambda: 7) == 7


# What the parser alone answers with a crash, a hang or gigabytes: its outcome must be facts or a `SourceError`.
HOSTILE = {
    "parens": '"(" * 1500 + "x" + ")" * 1500',
    "never closed": '"[((" * 1000',
    "lists at the limit": '"[" * 200 + "]" * 200',
    "calls at the limit": '"f(" * 200 + ")" * 200',
    "dicts at the limit": '"{1:" * 200 + "1" + "}" * 200',
    "mixed nesting": '"x = " + "a.b(c)[" * 150 + "0" + "]" * 150',
    "long sum": '"+".join("1" * 5000)',
    "sum at the limit": '"+".join("1" * 2000)',
    "sum over lines": '"x = (" + " +\\n".join([\'"a"\'] * 5000) + ")"',
    "attributes": '"a" + ".b" * 5000',
    "attributes at the limit": '"a" + ".b" * 2000',
    "subscripts": '"a" + "[0]" * 5000',
    "calls in a row": '"a" + ".b()" * 5000',
    "calls in a row at the limit": '"a" + ".b()" * 1000',
    "concatenation": '"x = (" + "\\n".join(["\'a\'"] * 5000) + ")"',
    "concatenation at the limit": '"x = (" + "\\n".join(["\'a\'"] * 3000) + ")"',
    "and": '" and ".join("a" * 8000)',
    "lambda": '"lambda: " * 4000 + "0"',
    "lambda at the limit": '"lambda: " * 1000 + "0"',
    "elif": '"if a: pass\\n" + "elif a: pass\\n" * 11000',
    "elif at the limit": '"if a: pass\\n" + "elif a: pass\\n" * 1000',
    "ternary": '"a if b else " * 5000 + "c"',
    "ternary at the limit": '"a if b else " * 1000 + "c"',
    "not": '"not " * 5000 + "a"',
    "minus at the limit": '"-" * 2000 + "a"',
    "nested f-strings": '"f\'{" * 1000 + "x" + "}\'" * 1000',
    "nested f-strings at the limit": '"f\'{" * 200 + "x" + "}\'" * 200',
    "nested format specifications": '"f\'{x:" + "{x:" * 190 + "}" * 191 + "\'"',
    "flat dict": '"x = {" + ",".join(f"{i}: {i}" for i in range(10000)) + "}"',
    "statements": '"x = 1\\n" * 10000',
    "assignments": '" = ".join("a" * 10000)',
    "comparison at the limit": '" < ".join("a" * 2000)',
    "with items": '"with " + ", ".join(["a"] * 3000) + ": pass"',
    "decorators": '"@a\\n" * 3000 + "def f(): pass"',
    "indents": '"".join(" " * i + "if a:\\n" for i in range(99)) + " " * 99 + "pass\\n"',
    "imports": '"import " + ".".join("a" * 1900)',
    "del": '"del " + "(" * 24 + "x" + ")" * 24',
    "del at the limit": '"del " + "(" * 16',
    "patterns": '"match x:\\n case " + "(" * 12 + "x,)" + ",)" * 11 + ": pass"',
    "patterns at the limit": '"match x:\\n case " + "(" * 7',
    "quoted annotation": '"x: \'" + "[" * 199 + "]" * 199 + "\'"',
    "long quoted annotation": '"x: \'a" + ".b" * 1900 + "()\'"',
    "comprehension clauses": '"[x " + "for x in y " * 900 + "]"',
    "spaces": '" " * 2000000 + "x"',
    "continuations": '"\\\\\\n" * 100000 + "x"',
    "quotes": '"\'" * 100001',
    "escapes": '"\'" + "\\\\\\\\" * 1000000 + "\'"',
    "open f-strings": '"f\'\'\'{" * 5000',
    "closing braces": '"}" * 100000',
    "many chains": '("a" + ".b" * 1900 + "\\n") * 100',
}  # fmt: skip

CPU_SECONDS = 60
"""Forty times what the slowest takes; what would hang takes for ever."""

RUNNER = """
import json, sys, time
import msgspec
from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.facts.scan import SourceError
for name, code in json.load(sys.stdin).items():
    text = eval(code)
    begin = time.process_time()
    try:
        facts = collect(text)
        outcome = "facts" if msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ModuleFacts) == facts else "?"
    except SourceError as error:
        outcome = error.message
    print(json.dumps([name, outcome, time.process_time() - begin]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, float]]:
    """What became of every hostile text, in one process of its own: a crash leaves the rest without an outcome."""
    done = python("-c", RUNNER, text=json.dumps(HOSTILE))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (outcome, seconds) for name, outcome, seconds in rows}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name: str, outcomes: dict[str, tuple[str, float]]) -> None:
    assert name in outcomes, "the process died"
    outcome, seconds = outcomes[name]
    assert outcome != "?"
    if name.endswith("at the limit") and not name.startswith(("del", "patterns")):
        assert outcome == "facts"
    assert seconds < CPU_SECONDS
