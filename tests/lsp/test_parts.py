"""What the language server is made of, each part alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.lsp.test_sessions import make
from tests.processes import python
from unbounded_lint.comments.suppress import suppressions
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Insert, Sheet
from unbounded_lint.lsp import hover
from unbounded_lint.lsp.actions import Edit, declaring, ignoring
from unbounded_lint.lsp.messages import Span, Task
from unbounded_lint.lsp.places import Places
from unbounded_lint.lsp.worker import answered

BOUNDED = "# ubm: bounded(TODO: say why)"


def sheet(symbol: str, text: str, path: str = "a.py") -> Sheet:
    """A sheet with something in it that a stranger wrote."""
    place = Place(path, 3, 1, 3, 5, "insert", text)
    return Sheet(
        symbol=symbol,
        place=place,
        constructor=text,
        verdict="never",
        confidence="high",
        probability=0.5,
        reasons=(text,),
        declared=(f"bounded: {text}",),
        evidence=None,
        inserts=(Insert(place, text, True, "request", "open", text, ()),) * 10,
        removals=(),
        timers=(),
        findings=("UBM101",),
    )


def tokens(text: str) -> list[Token]:
    """The pieces of a text of Markdown; links to files are some too."""
    reader = MarkdownIt("commonmark").enable("table")
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    return [part for token in reader.parse(text) for part in (token, *(token.children or ()))]


def links(shown: list[Token]) -> set[object]:
    """Where the links lead to."""
    return {token.attrs["href"] for token in shown if token.type == "link_open"}


@pytest.mark.parametrize(
    "text",
    [
        "**bold** _x_ [a](http://evil) ![i](http://evil/i.png) <img src=x> &amp; <http://evil>",
        "`code` and `` ` `` and `[x](y)`",
        "\x1b[31m \n\n# heading",
        "```\nfence",
        "| a | b |\n|---|---|",
    ],
)
def test_what_a_stranger_wrote_is_no_markdown(text: str) -> None:
    shown = tokens(hover.markdown(sheet("m:X", text), Path("/root")))
    assert not {token.type for token in shown} & {
        "image",
        "html_inline",
        "html_block",
        "heading_open",
        "fence",
        "em_open",
        "table_open",
    }
    assert links(shown) == {"file:///root/a.py#L3"}


def test_of_many_places_a_few_are_shown() -> None:
    assert "- and 2 more" in hover.markdown(sheet("m:X", "x"), Path("/root"))


def test_a_path_with_brackets_and_spaces_is_one_link() -> None:
    text = hover.markdown(sheet("m:X", "x", "a (b) [c].py"), Path("/root dir"))
    assert links(tokens(text)) == {"file:///root%20dir/a%20%28b%29%20%5Bc%5D.py#L3"}


@pytest.mark.parametrize(("encoding", "start", "end"), [("utf-8", 7, 9), ("utf-16", 4, 6), ("utf-32", 3, 5)])
def test_a_span_counts_in_the_units_of_the_client(tmp_path: Path, encoding: str, start: int, end: int) -> None:
    places = Places(tmp_path, {"a.py": "é\U0001f600 XY\n"}, encoding)  # type: ignore[arg-type]
    assert places.span(Place("a.py", 1, 4, 1, 6)) == Span(0, start, 0, end)
    (tmp_path / "b.py").write_bytes("# coding: latin-1\r\n# é XY\r\n".encode("latin-1"))
    assert places.span(Place("b.py", 2, 5, 2, 7)).character == (5 if encoding == "utf-8" else 4)


def test_a_place_that_is_not_there_is_at_the_beginning_of_its_line(tmp_path: Path) -> None:
    places = Places(tmp_path, {"a.py": "x"}, "utf-16")
    assert places.span(Place("a.py", 9, 3, 9, 3)) == Span(8, 0, 8, 0)
    assert places.span(Place("none.py", 1, 1, 1, 1)) == Span(0, 0, 0, 0)
    assert places.span(Place("a.py", 0, 0, 0, 0)) == Span(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("X = {}\n", 0, (0, 6, f"  {BOUNDED}")),
        ("X = {} \n", 0, (0, 7, f" {BOUNDED}")),
        ("X = {\n}  # a\nY = 1\n", 0, (0, 5, f"  {BOUNDED}")),
        ("X = {} \\\n    or {}\n", 0, (0, 0, f"{BOUNDED}\n")),
        (f"X = {{{'0, ' * 40}}}\r\n", 0, (0, 0, f"{BOUNDED}\r\n")),
        ("X = {}  # ubm: ignore[UBM101] few\n", 0, (0, 33, f"  {BOUNDED}")),
        ("def f(x={}):\n    pass\n", 0, (0, 12, f"  {BOUNDED}")),
        ("@cache\ndef f(): pass\n", 0, (0, 6, f"  {BOUNDED}")),
        ("\n\n", 0, None),
        ("\nX = {}\n", 0, None),
        ("# coding: ascii\nX = '\ud800'\n", 1, None),
        ("X = '''\n", 0, None),
        ("X = 1", 5, None),
    ],
)
def test_what_is_declared_is_about_the_statement(text: str, line: int, expected: tuple[int, int, str] | None) -> None:
    found = declaring(text, line, "utf-16")
    line, character, written = expected or (0, 0, "")
    assert found == (None if expected is None else Edit(Span(line, character, line, character), written))


def test_a_second_code_is_written_into_the_comment_that_is_there() -> None:
    text = "X = {}  # ubm: ignore[UBM101] one\n"
    found = ignoring(text, 0, "UBM102", "utf-16")
    assert found == Edit(Span(0, 28, 0, 28), ", UBM102")
    (both,) = suppressions(text[:28] + found.text + text[28:]).directives
    assert (both.codes, both.reason) == (("UBM101", "UBM102"), "one")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_comment_that_would_be_too_far_right_gets_a_line_of_its_own(mark: str, end: str) -> None:
    text = f"{mark}A = 1{end}X = {{{'0, ' * 40}}}{end}"
    assert ignoring(text, 1, "UBM101", "utf-16") == Edit(Span(1, 0, 1, 0), f"# ubm: ignore[UBM101] TODO: say why{end}")


@pytest.mark.parametrize("text", ["X = '''\n", "X = 1", "# coding: ascii\nX = '\ud800'\n"])
def test_nothing_is_offered_where_no_comment_can_ignore_anything(text: str) -> None:
    assert ignoring(text, 3, "UBM101", "utf-16") is None


def test_what_the_user_has_to_mend_is_told_and_a_fault_is_not_raised(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    (project / "pyproject.toml").write_text('[tool.unbounded-lint]\nselect = ["UBM7"]\n')
    assert "`select` names the unknown rule `UBM7`" in answered(Task(str(project), {})).problem
    assert answered(Task(str(project), {"\0": ""})).fault == "" != answered(Task(str(project), {"\0": ""})).problem
    assert answered(Task("\0", {})).fault.startswith("ValueError: ")


def test_one_sentence_says_what_to_install() -> None:
    script = "import sys; sys.modules['pygls'] = None; from unbounded_lint.cli import main; sys.exit(main(['lsp']))"
    done = python("-c", script)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "the language server needs pygls" in done.stderr and "install unbounded-lint[lsp]" in done.stderr


def test_no_module_that_lies_in_the_working_directory_is_run(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    for name in ("msgspec", "asyncio", "unbounded_lint", "libcst", "json", "encodings"):
        (project / f"{name}.py").write_text(f"open({str(project / 'run')!r}, 'a').write({name!r})\n")
    script = f"""
import asyncio, os
from unbounded_lint.lsp.analyst import Analyst
from unbounded_lint.lsp.messages import Task
os.chdir({str(project)!r})

async def main():
    analyst = Analyst()
    answer = await analyst.ask(Task({str(project)!r}, {{}}, jobs=2))
    await analyst.close()
    print([one.code for reports in answer.reports.values() for one in reports], answer.fault)

asyncio.run(main())
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("['UBM101'] \n", "")
    assert not (project / "run").exists()


def test_its_help_tells_how_editors_start_it_and_needs_no_pygls() -> None:
    script = "import sys; sys.modules['pygls'] = None; from unbounded_lint.cli import main; main(['lsp', '--help'])"
    done = python("-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ('  "glspc.server.commandArguments": ["lsp"],', '    cmd = { "unbounded-lint", "lsp" },', "M-x eglot"):
        assert line in done.stdout


def test_arguments_that_there_are_not_are_one_sentence() -> None:
    done = python("-m", "unbounded_lint", "lsp", "--port", "1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
