"""Suppressions: flake8's own directives exactly as flake8 reads them, and ours."""

from __future__ import annotations

import argparse
import linecache
import textwrap
from pathlib import Path

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.processes import python
from unbounded_lint.comments.directives import Declaration, Directive
from unbounded_lint.comments.suppress import suppressions

CODES = ("ZZZ101", "ZZZ102", "ZZZ201")

NOQA_SAMPLES = {
    "none": "x = 1\n",
    "blanket": "x = 1  # noqa\ny = 2\n",
    "codes": "x = 1  # noqa: ZZZ101\ny = 2  # noqa: ZZZ101,ZZZ201\nz = 3  # noqa:ZZZ102 ZZZ201\n",
    "prefix": "x = 1  # noqa: ZZZ1\n",
    "case": "x = 1  # NoQA: ZZZ101\ny = 2  # noqa: zzz101\nz = 3  # NOQA\n",
    "reason": "x = 1  # noqa: ZZZ101 twelve regions\ny = 2  # noqa: because\n",
    "two spaces": "x = 1  # noqa:  ZZZ101\n",
    "space before colon": "x = 1  # noqa : ZZZ101\n",
    "no space": "x = 1  #noqa\ny = 2  #  noqa\n",
    "glued": "x = 1  # noqa:ZZZ101ZZZ102\ny = 1  # noqaX\n",
    "two comments": "x = 1  # noqa: E501 # noqa: ZZZ101\n",
    "other codes": "x = 1  # noqa: E501\n",
    "own line": "# noqa\nx = 1\n",
    "docstring end": '"""Doc\n\nmore\n"""  # noqa: ZZZ101\nx = 1\n',
    "multi-line string": 'x = """\na\nb\n"""  # noqa: ZZZ101\ny = 1\n',
    "inside a string": 'x = """\n# noqa: ZZZ102\nb\n"""\ny = "# noqa"\n',
    "f-string": 'x = f"""\n{1 +\n 2}\n"""  # noqa: ZZZ101\ny = 1\n',
    "string and call": 'x = f("""\na\n""",  # noqa: ZZZ101\n  2,\n)  # noqa: ZZZ201\n',
    "first of a joined line counts": 'x = """  # noqa: ZZZ101\n"""  # noqa: ZZZ102\n',
    "backslash": "x = 1 + \\\n    2 + \\\n    3  # noqa: ZZZ101\ny = 1\n",
    "bracket": "x = {  # noqa: ZZZ101\n    1: 2,  # noqa: ZZZ102\n}  # noqa: ZZZ201\n",
    "blocks": "if x:\n    y = 1  # noqa\n    # noqa\nelse:\n    # noqa: ZZZ101\n    z = 2\n\ndef f():\n    1  # noqa\n",
    "no newline at end": "x = 1\ny = 2  # noqa: ZZZ101",
    "carriage returns": 'x = """\r\na\r\n"""  # noqa: ZZZ101\r\ny = 1\r\n',
    "form feed": "x = 1\n\x0c\ny = 2  # noqa\n",
    "line separator": "x = '\u2028'  # noqa: ZZZ101\ny = 2  # noqa: ZZZ102\n",
    "semicolons": "x = 1; y = '''\n'''; z = 3  # noqa\n",
    "unclosed bracket": "x = (\n1,  # noqa: ZZZ101\n",
    "unclosed string": 'x = """\na  # noqa: ZZZ101\n',
    "bad indent": "if x:\n        a = 1\n    b = 2  # noqa: ZZZ102\n",
    "blank lines": "\n\n\nx = 1  # noqa\n\n\n",
    "file": "x = 1\n# flake8: noqa\ny = 2\n",
    "file with equals": "   # FLAKE8=noqa\nx = 1\n",
    "file behind code": "x = 1  # flake8: noqa\ny = 2\n",
    "file in a string": '"""\n# flake8: noqa\n"""\nx = 1\n',
}


def flake8_ignores(path: Path, lines: int) -> set[tuple[str, int]]:
    """What flake8's own functions silence in a file, as (code, line)."""
    linecache.checkcache(str(path))
    options = argparse.Namespace(
        hang_closing=False, indent_size=4, max_line_length=79, max_doc_length=None, verbose=0, disable_noqa=False
    )
    processor = FileProcessor(str(path), options)
    whole = processor.should_ignore_file()
    return {
        (code, line)
        for code in CODES
        for line in range(1, lines + 1)
        if whole
        or Violation(code, str(path), line, 1, "", processor.noqa_line_for(line)).is_inline_ignored(disable_noqa=False)
    }


def we_ignore(text: str, lines: int) -> set[tuple[str, int]]:
    found = suppressions(text)
    return {(code, line) for code in CODES for line in range(1, lines + 1) if found.covers(code, line)}


def physical_lines(text: str) -> int:
    return len(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n"))


@pytest.mark.parametrize("name", NOQA_SAMPLES)
def test_agrees_with_the_functions_of_flake8(tmp_path: Path, name: str) -> None:
    text = NOQA_SAMPLES[name]
    path = tmp_path / "sample.py"
    path.write_bytes(text.encode())
    count = physical_lines(text)
    assert we_ignore(text, count) == flake8_ignores(path, count)


PIECES = (
    "x = 1",
    "  # noqa",
    "  # noqa: ZZZ101",
    "  # noqa: ZZZ1, ZZZ201 why",
    '"""',
    "'''",
    "(",
    ")",
    "\n",
    "\n    ",
    " \\\n",
    "if x:\n    ",
    "f'{x}'",
    "# c",
    ";",
    ", ",
)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_agrees_with_flake8_on_any_mixture(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("mixture") / "sample.py"
    path.write_text(text)
    count = physical_lines(text)
    assert we_ignore(text, count) == flake8_ignores(path, count)


PLUGIN = """
class Plugin:
    name = "every-line"
    version = "1"

    def __init__(self, tree, lines):
        self.lines = lines

    def run(self):
        for line in range(1, len(self.lines) + 1):
            for code in ("ZZZ101", "ZZZ102", "ZZZ201"):
                yield line, 0, f"{code} here", type(self)
"""


def test_agrees_with_a_run_of_flake8(tmp_path: Path) -> None:
    (tmp_path / "every_line.py").write_text(PLUGIN)
    ini = tmp_path / "flake8.ini"
    ini.write_text("[flake8:local-plugins]\nextension =\n  ZZZ = every_line:Plugin\npaths = .\n")
    names = [name for name in NOQA_SAMPLES if not name.startswith(("unclosed", "bad", "none"))]
    expected = set()
    for number, name in enumerate(names):
        text = NOQA_SAMPLES[name]
        (tmp_path / f"sample{number}.py").write_bytes(text.encode())
        count = physical_lines(text)
        every = {(code, line) for code in CODES for line in range(1, count + 1)}
        expected |= {(f"sample{number}.py", line, code) for code, line in every - we_ignore(text, count)}
    samples = [f"sample{number}.py" for number in range(len(names))]
    options = ["--select=ZZZ", "-j1", "--exit-zero", "--format=%(path)s:%(row)d:%(code)s"]
    done = python("-m", "flake8", "--config", str(ini), *options, *samples, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    reported = {(path, int(row), code) for path, row, code in (line.split(":") for line in done.stdout.splitlines())}
    assert reported == expected


def test_codes_behind_the_file_level_directive_limit_it() -> None:
    found = suppressions("# flake8: noqa: ZZZ101, ZZZ2\nx = 1\n")
    assert [found.covers(code, 2) for code in CODES] == [True, False, True]
    assert found.directives == (Directive("file", 1, ("ZZZ101", "ZZZ2"), 1, 3, column=1),)


def test_ours_covers_the_whole_statement() -> None:
    text = textwrap.dedent(
        """\
        a = {
            1: 2,
        }  # ubm: ignore[UBM101] the keys are the regions
        b = {  # ubm: ignore
            # a comment
        }
        c = f(
            # ubm: ignore[UBM2, UBM101]
            1,
        )
        d = 1
        """
    )
    found = suppressions(text)
    assert [line for line in range(1, 12) if found.covers("UBM101", line)] == list(range(1, 11))
    assert [line for line in range(1, 12) if found.covers("UBM201", line)] == list(range(4, 11))
    assert [line for line in range(1, 12) if found.covers("UBM301", line)] == [4, 5, 6]
    assert found.directives[0] == Directive("ubm", 3, ("UBM101",), 1, 3, "the keys are the regions", 4)


def test_ours_on_its_own_line_covers_the_next_statement() -> None:
    text = "# ubm: ignore[UBM101] few\n\n# more words\na = {\n}\nb = 1\n# ubm: ignore[UBM102] last\n"
    found = suppressions(text)
    assert [line for line in range(1, 8) if found.covers("UBM101", line)] == [1, 2, 3, 4, 5]
    assert found.covers("UBM102", 7) and not found.covers("UBM102", 6)


def test_ours_behind_a_header_leaves_the_body_alone() -> None:
    found = suppressions("class A:  # ubm: ignore\n    x = {}\n")
    assert found.covers("UBM101", 1) and not found.covers("UBM101", 2)


@pytest.mark.parametrize(
    "comment",
    [
        "# ubm: ignored",
        "# ubm: ignore-file",
        "# ubm: ignore[UBM101",
        "# ubm: ignore[]",
        "# ubm: ignore(UBM101)",
        "# ubm: bounded(few)",
        "# ubm: swept-by(m.f)",
        "# ubm ignore",
        "# dubm: ignore",
    ],
)
def test_what_is_no_directive(comment: str) -> None:
    assert suppressions(f"a = {{}}  {comment}\n").directives == ()


DECLARED = {
    "bounded": ("# ubm: bounded(few keys)", ("bounded", "", "few keys")),
    "with a space": ("#ubm:  bounded (few keys)", ("bounded", "", "few keys")),
    "brackets in the reason": ("# ubm: bounded(few (12) keys)", ("bounded", "", "few (12) keys")),
    "a hash in the reason": ("# ubm: bounded(see #12)", ("bounded", "", "see #12")),
    "more behind it": ("# ubm: bounded(few) as of now", ("bounded", "", "few as of now")),
    "swept by": ("# ubm: swept-by(pkg.mod.func)", ("swept-by", "pkg.mod.func", "")),
    "swept by with a colon": ("# ubm: swept-by(pkg.mod:Cls.func) hourly", ("swept-by", "pkg.mod:Cls.func", "hourly")),
    "before another comment": ("# ubm: bounded(few)  # noqa: E501", ("bounded", "", "few")),
    "behind another comment": ("# some # ubm: bounded(few)", ("bounded", "", "few")),
}


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_a_declaration(name: str) -> None:
    comment, (kind, function, reason) = DECLARED[name]
    (found,) = suppressions(f"a = {{}}  {comment}\n").declarations
    assert (found.kind, found.function, found.reason) == (kind, function, reason)


def test_a_declaration_covers_what_an_ignore_covers() -> None:
    text = (
        "# ubm: bounded(few)\n\na = {\n}\nb = [\n    # ubm: swept-by(m.f)\n]\nclass A:  # ubm: bounded(x)\n    c = {}\n"
    )
    found = suppressions(text).declarations
    assert [(one.first, one.last) for one in found] == [(1, 4), (5, 7), (8, 8)]
    assert found[0] == Declaration("bounded", 1, 1, 1, 4, reason="few")


def test_several_directives_of_one_comment_are_all_read() -> None:
    found = suppressions("a = {}  # ubm: bounded(few) # ubm: ignore[UBM207] odd # noqa: UBM208\n")
    assert [one.reason for one in found.declarations] == ["few"]
    assert [(one.kind, one.codes, one.reason, one.column) for one in found.directives] == [
        ("noqa", ("UBM208",), "", 55),
        ("ubm", ("UBM207",), "odd", 29),
    ]


MALFORMED = {
    "# ubm: ignored": "`# ubm: ignored` is no directive; did you mean `ignore`?",
    "# ubm: boundd(few)": "`# ubm: boundd` is no directive; did you mean `bounded`?",
    "# ubm: see below": "`# ubm: see` is no directive; known are `ignore`, `bounded` and `swept-by`",
    "# ubm:": "`# ubm: ` is no directive; known are `ignore`, `bounded` and `swept-by`",
    "# ubm: ignore[UBM101": "`# ubm: ignore[` has a bracket that is not closed; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore[UBM103": "`# ubm: ignore[` has a bracket that is not closed; write `# ubm: ignore[UBM103]`",
    "# ubm: ignore[few": "`# ubm: ignore[` has a bracket that is not closed; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore(ubm2)": "`# ubm: ignore(` has the wrong sort of bracket; write `# ubm: ignore[UBM2]`",
    "# ubm: ignore[ , ]": "`# ubm: ignore[]` names no code; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore(UBM101)": "`# ubm: ignore(` has the wrong sort of bracket; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore UBM101 few": "`# ubm: ignore UBM101` has its codes without brackets; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore: ubm101": "`# ubm: ignore: ubm101` has its codes without brackets; write `# ubm: ignore[UBM101]`",
    "# ubm: ignore=UBM101": "`# ubm: ignore=UBM101` has its codes without brackets; write `# ubm: ignore[UBM101]`",
    "# ubm : ignore": "`# ubm : ignore` is no directive; write `# ubm: ignore[UBM101]`",
    "# ubm =ignore[UBM101]": "`# ubm =ignore` is no directive; write `# ubm: ignore[UBM101]`",
    "# ubm ignore[UBM101]": "`# ubm ignore` is no directive; write `# ubm: ignore[UBM101]`",
    "#UBM: Ignore[UBM101]": "`#UBM: Ignore` is no directive; write `# ubm: ignore[UBM101]`",
    "# ubm : bounded(few)": "`# ubm : bounded` is no directive; write `# ubm: bounded(reason)`",
    "# UBM swept-by (m.f)": "`# UBM swept-by` is no directive; write `# ubm: swept-by(pkg.mod:function)`",
    "# ubm: bounded": "`# ubm: bounded` gives no reason; write `# ubm: bounded(reason)`",
    "# ubm: bounded()": "`# ubm: bounded` gives no reason; write `# ubm: bounded(reason)`",
    "# ubm: bounded( ) few": "`# ubm: bounded` gives no reason; write `# ubm: bounded(reason)`",
    "# ubm: bounded(few": "`# ubm: bounded(` has a bracket that is not closed; write `# ubm: bounded(reason)`",
    "# ubm: bounded(few (12)": "`# ubm: bounded(` has a bracket that is not closed; write `# ubm: bounded(reason)`",
    "# ubm: bounded[few]": "`# ubm: bounded[` has the wrong sort of bracket; write `# ubm: bounded(reason)`",
    "# ubm: swept-by": "`# ubm: swept-by` names no function; write `# ubm: swept-by(pkg.mod:function)`",
    "# ubm: swept-by()": "`# ubm: swept-by` names no function; write `# ubm: swept-by(pkg.mod:function)`",
    "# ubm: swept-by(the janitor)": (
        "`# ubm: swept-by(the janitor)` names no function; write `# ubm: swept-by(pkg.mod:function)`"
    ),
}


@pytest.mark.parametrize("comment", MALFORMED)
def test_what_cannot_be_read_is_told_and_does_nothing(comment: str) -> None:
    found = suppressions(f"a = {{}}  {comment}\n")
    assert (found.directives, found.declarations) == ((), ())
    (malformed,) = found.malformed
    assert (malformed.line, malformed.column, malformed.why) == (1, 9, MALFORMED[comment])


@pytest.mark.parametrize(
    "comment",
    [
        "# ubm ignore",
        "# ubm ignores (some)",
        "# dubm: x",
        "# dubm : ignore[UBM101]",
        "# UBM: x",
        "# the ubm: x",
        "# ubm : x",
        "# ubm : ignored",
        "# UBM101 : ignore",
        "# noqa: UBM101",
    ],
)
def test_what_is_no_comment_of_ours_is_not_told(comment: str) -> None:
    assert suppressions(f"a = {{}}  {comment}\n").malformed == ()


def test_a_reason_in_brackets_that_stand_apart_is_a_reason() -> None:
    (found,) = suppressions("a = {}  # ubm: ignore (for now)\n").directives
    assert (found.codes, found.reason) == ((), "(for now)")


def test_many_brackets_take_linear_time() -> None:
    (malformed,) = suppressions("a = {}  # ubm: bounded" + "(" * 200_000 + "\n").malformed
    assert malformed.why.startswith("`# ubm: bounded(` has a bracket that is not closed")


def test_what_was_meant_as_another_directive_is_told_beside_one_that_is() -> None:
    found = suppressions("a = {}  # ubm: ignore[UBM101] few # ubm : bounded(few)\n")
    assert [one.codes for one in found.directives] == [("UBM101",)]
    assert [one.column for one in found.malformed] == [35]


def test_a_number_with_a_hash_is_part_of_a_reason() -> None:
    (found,) = suppressions("a = {}  # ubm: ignore[UBM101] see #12 and #3 # noqa: E501\n").directives[1:]
    assert found.reason == "see #12 and #3"


def test_what_stands_in_a_string_has_no_column() -> None:
    text = '"""\nwrite # noqa: UBM101\n"""\nb = {}  # noqa: UBM102\n# flake8: noqa: E501\n'
    assert [(one.line, one.column) for one in suppressions(text).directives] == [(2, 0), (4, 9), (5, 1)]


def test_ours_in_a_string_is_none_of_ours() -> None:
    assert suppressions("a = '# ubm: ignore'\n").directives == ()


def test_ours_in_a_file_that_cannot_be_tokenised() -> None:
    found = suppressions("a = {}  # ubm: ignore[UBM101] few\nb = (\n")
    assert found.covers("UBM101", 1) and not found.covers("UBM101", 2)


def test_under_flake8_only_ours_counts() -> None:
    found = suppressions("a = {}  # noqa\nb = {}  # ubm: ignore\n")
    assert found.covers("UBM101", 1) and found.covers("UBM101", 2)
    assert not found.covers("UBM101", 1, noqa=False) and found.covers("UBM101", 2, noqa=False)


def test_unused_directives_can_be_told() -> None:
    found = suppressions("a = {}  # noqa: UBM101\nb = {}  # noqa: UBM102\nc = {}  # ubm: ignore[UBM103]\n")
    used = {directive for line in (1, 2) for directive in found.covering("UBM101", line)}
    assert [(d.kind, d.line, d.codes) for d in found.directives if d not in used] == [
        ("noqa", 2, ("UBM102",)),
        ("ubm", 3, ("UBM103",)),
    ]


def test_text_without_directives_is_not_tokenised(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("tokenised for nothing")

    monkeypatch.setattr("tokenize.generate_tokens", refuse)
    assert suppressions("x = 1  # no qa\n" * 1000).directives == ()


def test_many_words_in_one_string_take_linear_time() -> None:
    text = 'x = """\n' + "noqa without a hash\n" * 60_000 + '"""\ny = 1  # noqa\n'
    found = suppressions(text)
    assert [directive.line for directive in found.directives] == [60_003]
