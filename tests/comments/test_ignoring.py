"""Comments that `--add-ignore` writes: where, into what, and what is left as it was."""

from __future__ import annotations

import codecs
import io
import os
import tokenize
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.programs import write
from unbounded_lint import cli
from unbounded_lint.comments import ignoring
from unbounded_lint.comments.ignoring import checked_reason
from unbounded_lint.comments.layout import around, layout_of, split
from unbounded_lint.comments.placing import NoCommentError, Remark, with_comments
from unbounded_lint.comments.suppress import suppressions
from unbounded_lint.errors import UserError

WHY = "until later"
OURS = f"# ubm: ignore[UBM101] {WHY}"
REMARK = Remark("ignore", WHY)

# Each program with a finding at the lines given, and what becomes of it.
WRITTEN = {
    "behind": ("A = {}\n", [1], f"A = {{}}  {OURS}\n"),
    "behind spaces": ("A = {}   \n", [1], f"A = {{}}  {OURS}\n"),
    "no newline at the end": ("A = {}", [1], f"A = {{}}  {OURS}"),
    "carriage returns": ("A = {}\r\nB = {}\r\n", [1], f"A = {{}}  {OURS}\r\nB = {{}}\r\n"),
    "old carriage returns": ("A = {}\rB = {}\r", [2], f"A = {{}}\rB = {{}}  {OURS}\r"),
    "tabs": ("class A:\n\tB = {}\n", [2], f"class A:\n\tB = {{}}  {OURS}\n"),
    "form feed": ("\fA = {}\n\f\nB = {}\n", [1, 3], f"\fA = {{}}  {OURS}\n\f\nB = {{}}  {OURS}\n"),
    "behind another comment": ("A = {}  # noqa: E501\n", [1], f"A = {{}}  # noqa: E501  {OURS}\n"),
    "one of several lines": ("A = dict(\n    a=1,\n)\n", [1], f"A = dict(  {OURS}\n    a=1,\n)\n"),
    "a later one of several lines": ("A = dict(\n    a=1,\n)\n", [2], f"A = dict(\n    a=1,  {OURS}\n)\n"),
    "two lines of one statement": ("A = (\n    {},\n    {},\n)\n", [2, 3], f"A = (\n    {{}},  {OURS}\n    {{}},\n)\n"),
    "semicolons": ("A = {}; B = {}\n", [1, 1], f"A = {{}}; B = {{}}  {OURS}\n"),
    "a backslash": ("A = \\\n    {}\n", [1], f"{OURS}\nA = \\\n    {{}}\n"),
    "behind a backslash": ("A = \\\n    {}\n", [2], f"A = \\\n    {{}}  {OURS}\n"),
    "a string of several lines": ('A = f("""\n""")\n', [1], f'{OURS}\nA = f("""\n""")\n'),
    "within such a string": ("A = f('''\nx\n''')\n", [2], f"{OURS}\nA = f('''\nx\n''')\n"),
    "behind such a string": ("A = f('''\nx\n''')\n", [3], f"A = f('''\nx\n''')  {OURS}\n"),
    "an f-string of several lines": ('A = f"""{1\n}"""\n', [1], f'{OURS}\nA = f"""{{1\n}}"""\n'),
    "indented": ("class A:\n\t B = '''\n'''\n", [2], f"class A:\n\t {OURS}\n\t B = '''\n'''\n"),
    "indented, with carriage returns": ("if 1:\r\n  B = '''\r\n'''", [2], f"if 1:\r\n  {OURS}\r\n  B = '''\r\n'''"),
    "below a form feed": ("if 1:\n\f  B = '''\n'''\n", [2], f"if 1:\n  {OURS}\n\f  B = '''\n'''\n"),
    "a long line": (f"A = {'1 + ' * 28}1\n", [1], f"{OURS}\nA = {'1 + ' * 28}1\n"),
    "a line as long as may be": (f"A = {'1' * 80}\n", [1], f"A = {'1' * 80}  {OURS}\n"),
    "a line that tabs make long": (f"if 1:\n\tA = {'1' * 76}\n", [2], f"if 1:\n\t{OURS}\n\tA = {'1' * 76}\n"),
    "a long line of several": (f"A = (\n    {'1 + ' * 28}1\n)\n", [2], f"{OURS}\nA = (\n    {'1 + ' * 28}1\n)\n"),
    "a long comment alone": (f"# {'x' * 120}\n", [1], f"# {'x' * 120}  {OURS}\n"),
    "an empty line": ("\nA = {}\n", [1], f"{OURS}\nA = {{}}\n"),
    "a file of comments": ("#!/usr/bin/python\n# noqa: UBM102\n", [2], f"#!/usr/bin/python\n# noqa: UBM102  {OURS}\n"),
    "a comment of ours": (
        "A = {}  # ubm: ignore[UBM102] few\n",
        [1],
        "A = {}  # ubm: ignore[UBM102, UBM101] few\n",
    ),
    "a comment of ours without a reason": (
        "A = {}  # ubm: ignore[UBM102]  # noqa: E501\n",
        [1],
        f"A = {{}}  # ubm: ignore[UBM102, UBM101] {WHY}  # noqa: E501\n",
    ),
    "a comment of ours with spaces": (
        "A = {}  #ubm: ignore [ UBM2 ] x\n",
        [1],
        "A = {}  #ubm: ignore [ UBM2, UBM101] x\n",
    ),
    "a comment of ours above": (
        "# ubm: ignore[UBM102] few\nA = {}\n",
        [2],
        "# ubm: ignore[UBM102, UBM101] few\nA = {}\n",
    ),
    "a comment of ours inside": (
        "A = {\n    # ubm: ignore[UBM102] few\n}\n",
        [1],
        "A = {\n    # ubm: ignore[UBM102, UBM101] few\n}\n",
    ),
    "a declaration": ("A = {}  # ubm: bounded(few)\n", [1], f"A = {{}}  # ubm: bounded(few)  {OURS}\n"),
    "a comment that swallows what follows": (
        "A = {}  # ubm: ignore[UBM101\n",
        [1],
        f"{OURS}\nA = {{}}  # ubm: ignore[UBM101\n",
    ),
    "a comment alone that swallows what follows": (
        "# ubm: ignore[UBM101\nA = {}\n",
        [1],
        f"{OURS}\n# ubm: ignore[UBM101\nA = {{}}\n",
    ),
    "what Python cannot parse": ("print 'x'\n", [1], f"print 'x'  {OURS}\n"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_where_a_comment_is_written(name: str) -> None:
    before, lines, after = WRITTEN[name]
    new, done = with_comments(before.encode(), [(line, "UBM101") for line in lines], REMARK)
    assert new.decode() == after
    assert done == {(line, "UBM101") for line in lines}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_declaration_is_written_wherever_a_statement_is(name: str) -> None:
    before, (line, *_), _ = WRITTEN[name]
    new, done = with_comments(before.encode(), [(line, "")], Remark("bounded", WHY))
    stands = around(line, layout_of(split(before)).statements) is not None
    assert done == ({(line, "")} if stands else set())
    assert (new == before.encode()) is not stands
    assert [one.reason for one in suppressions(new.decode()).declarations].count(WHY) == stands


def test_codes_of_one_statement_share_a_comment() -> None:
    new, _ = with_comments(b"A = {}\n", [(1, "UBM202"), (1, "UBM101")], REMARK)
    assert new.decode() == f"A = {{}}  # ubm: ignore[UBM101, UBM202] {WHY}\n"


ENCODED = {
    "utf-8": "A = {}  # é\nB = 'é'\n".encode(),
    "a mark": codecs.BOM_UTF8 + "A = {}  # é\n".encode(),
    "latin-1": "# coding: latin-1\nA = {}  # é\nB = 'é'\n".encode("latin-1"),
    "shift_jis": "# coding: shift_jis\nA = {}  # 表\nB = '表'\n".encode("shift_jis"),
    "iso2022_jp": "# coding: iso2022_jp\nA = {}  # 表\nB = '表'\n".encode("iso2022_jp"),
    "other bytes for the same letters": "# coding: utf-7\nB = '+AGE-'\nA = {}\n".encode("ascii"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_lines_without_a_comment_keep_their_bytes(name: str) -> None:
    data = ENCODED[name]
    number = next(number for number, line in enumerate(data.splitlines(), 1) if b"A = {}" in line)
    new, done = with_comments(data, [(number, "UBM101")], REMARK)
    assert done
    before, after = data.splitlines(), new.splitlines()
    assert after[number - 1].startswith(before[number - 1]) and OURS.encode() in after[number - 1]
    assert (after[: number - 1], after[number:]) == (before[: number - 1], before[number:])


def test_a_reason_that_the_encoding_cannot_write_is_not_written() -> None:
    with pytest.raises(NoCommentError, match="its encoding latin has no letters for the reason"):
        with_comments(b"# coding: latin\nA = {}\n", [(2, "UBM101")], Remark("ignore", "☃"))


def test_bytes_that_would_come_out_as_others_are_left() -> None:
    with pytest.raises(NoCommentError, match="its encoding utf-7 cannot be written as it was"):
        with_comments(b"# coding: utf-7\nA = {'+AGE-'}\n", [(2, "UBM101")], REMARK)


def test_a_reason_does_not_become_the_encoding_of_the_file() -> None:
    new, done = with_comments(
        b"A = '''\n'''\nB = 1\n", [(1, "UBM101"), (3, "UBM101")], Remark("ignore", "coding: latin-1")
    )
    assert (new, done) == (b"A = '''\n'''\nB = 1\n", frozenset())


def test_a_comment_that_would_silence_nothing_is_not_written() -> None:
    last = b"# ubm: ignore[UBM101\n"
    new, done = with_comments(b"A = {}\n" + last, [(1, "UBM101"), (2, "UBM903"), (9, "UBM101")], REMARK)
    assert (new, done) == (f"A = {{}}  {OURS}\n".encode() + last, {(1, "UBM101")})
    assert with_comments(last, [(1, "UBM903")], REMARK) == (last, frozenset())


@pytest.mark.parametrize("data", [b"A = (\n", b"A = '''\n", b"if 1:\n    a\n  b\n", b"\0", b"\xff\n"])
def test_what_cannot_be_taken_apart_is_left(data: bytes) -> None:
    with pytest.raises(NoCommentError):
        with_comments(data, [(1, "UBM101")], REMARK)


PIECES = (
    "A = 1",
    "(",
    ")",
    "'''",
    "\\",
    "\n",
    "\n    ",
    "\r\n",
    "# c",
    "# ubm: ignore[UBM102] x",
    "if x:",
    ";",
    "\f",
    "f'''{1",
    "}",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.sets(st.integers(1, 8), min_size=1))
def test_nothing_but_comments_changes_and_a_second_time_nothing(text: str, lines: set[int]) -> None:
    wanted = [(line, "UBM101") for line in sorted(lines) if line <= max(1, text.count("\n"))]
    try:
        new, done = with_comments(text.encode(), wanted, REMARK)
    except NoCommentError:
        return
    assert meaning(new) == meaning(text.encode())
    assert {line for line, _ in done} <= lines
    covered = [line for line in range(1, 30) if suppressions(new.decode()).covers("UBM101", line, noqa=False)]
    assert len(covered) >= len(done)


def meaning(data: bytes) -> list[str]:
    tokens = tokenize.tokenize(io.BytesIO(data.replace(b"\r\n", b"\n")).readline)
    return [t.string for t in tokens if t.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)]


# --- the reason ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["until later", "  see #12,\n and #3 ", "[x]", "(12) of them: ü", "ubm: ignore"])
def test_a_reason_that_is_taken(reason: str) -> None:
    assert checked_reason(reason) == " ".join(reason.split())


@pytest.mark.parametrize("reason", ["", "  ", "x # noqa", "x # y", "# ubm: bounded(x)", "#x", "\x1b[31m", "a\0b"])
def test_a_reason_that_is_an_error(reason: str) -> None:
    with pytest.raises(UserError, match="takes a reason in words"):
        checked_reason(reason)


# --- the command -----------------------------------------------------------------------------------------------------

GROWS = "{0} = {{}}\n\n\ndef {1}(request):\n    {0}[request.id] = 1\n"
A, B = GROWS.format("A", "f"), GROWS.format("B", "g")

Check = Callable[..., "tuple[int, list[str], list[str]]"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two findings, made the current directory."""
    root = write(tmp_path / "project", {"pyproject.toml": "", "app/a.py": A, "app/b.py": B})
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command and gives its exit code, the places and codes of the findings, and the lines on stderr."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        code = cli.main(["check", *arguments])
        shown = capsys.readouterr()
        return code, [" ".join(line.split()[:2]) for line in shown.out.splitlines()], shown.err.splitlines()

    return run


def test_what_was_reported_is_quiet_afterwards(project: Path, check: Check) -> None:
    said = ["app/a.py: 1 finding ignored", "app/b.py: 1 finding ignored", "Ignored 2 findings in 2 files."]
    assert check("--add-ignore", WHY) == (0, [], [*said, "No findings in 2 files."])
    assert (project / "app/a.py").read_text() == A.replace("{}\n", f"{{}}  {OURS}\n")
    before = (project / "app/a.py").stat()
    assert check("--add-ignore", WHY) == (0, [], ["No findings in 2 files."])
    assert (project / "app/a.py").stat() == before
    assert check() == (0, [], ["No findings in 2 files."])


def test_only_what_is_asked_about_is_ignored(project: Path, check: Check) -> None:
    assert check("app/a.py", f"--add-ignore={WHY}")[0] == 0
    assert check()[:2] == (1, ["app/b.py:1:1: UBM101"])


def test_what_a_comment_silences_for_nothing_can_be_ignored_too(project: Path, check: Check) -> None:
    write(project, {"app/a.py": "x = 1  # noqa: UBM101\n# ubm: ignore[UBM999] x\ny = 1\n"})
    assert len(check("app/a.py")[1]) == 2
    assert check("app/a.py", "--add-ignore", WHY)[0] == 0
    assert check("app/a.py")[:2] == (0, [])


def test_findings_in_other_files_than_those_of_python_are_left(project: Path, check: Check) -> None:
    settings = "[tool.unbounded-lint]\nsweepers = ['app.a:none']\n"
    write(project, {"pyproject.toml": settings})
    code, lines, said = check("--add-ignore", WHY)
    assert (code, lines) == (1, ["pyproject.toml:2:1: UBM903"])
    assert "unbounded-lint: warning: pyproject.toml: 1 finding left, since it is no Python file of the project" in said
    assert (project / "pyproject.toml").read_text() == settings


def test_a_file_that_cannot_be_taken_apart_is_left(project: Path, check: Check) -> None:
    write(project, {"app/a.py": "x = (\n"})
    code, lines, said = check("--add-ignore", WHY)
    assert (code, lines) == (1, ["app/a.py:1:1: UBM901"])
    assert "unbounded-lint: warning: app/a.py: 1 finding left, since it cannot be taken apart into tokens" in said


def test_nothing_is_written_through_a_link(project: Path, check: Check, tmp_path: Path) -> None:
    write(tmp_path, {"outside.py": A})
    (project / "app" / "a.py").unlink()
    (project / "app" / "a.py").symlink_to(tmp_path / "outside.py")
    code, lines, said = check("--add-ignore", WHY)
    assert (code, lines) == (1, ["app/a.py:1:1: UBM101"])
    assert "unbounded-lint: warning: app/a.py: 1 finding left, since it is reached by a symbolic link" in said
    assert (tmp_path / "outside.py").read_text() == A
    assert (project / "app" / "a.py").is_symlink()


def test_a_file_keeps_its_permissions_and_is_written_whole_or_not(
    project: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "app" / "a.py").chmod(0o750)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        code, lines, said = check("--no-cache", "--add-ignore", WHY)
    assert (code, lines) == (2, [])
    assert said == [f"unbounded-lint: error: {project}/app/a.py cannot be written: permission denied."]
    assert sorted(os.listdir(project / "app")) == ["a.py", "b.py"]
    assert (project / "app" / "a.py").read_text() == A
    assert check("--add-ignore", WHY)[0] == 0
    assert (project / "app" / "a.py").stat().st_mode & 0o777 == 0o750


def test_faults_of_the_program_are_never_ignored(project: Path, monkeypatch: pytest.MonkeyPatch, check: Check) -> None:
    monkeypatch.setattr(ignoring, "NEVER_IGNORED", frozenset({"UBM101"}))
    code, _, said = check("--add-ignore", WHY)
    assert code == 1
    assert said[0] == "unbounded-lint: warning: app/a.py: 1 finding left, since it is a fault of this program"
    assert (project / "app" / "a.py").read_text() == A


ERRORS = {
    "": "--add-ignore takes a reason in words, without `#` but for numbers as in #12; give one.",
    "x # noqa": "--add-ignore takes a reason in words, without `#` but for numbers as in #12; give one.",
}


@pytest.mark.parametrize("reason", ERRORS)
def test_a_bad_reason_is_an_error(project: Path, check: Check, reason: str) -> None:
    assert check("--add-ignore", reason) == (2, [], [f"unbounded-lint: error: {ERRORS[reason]}"])


def test_writing_comments_and_a_baseline_at_once_is_an_error(project: Path, check: Check) -> None:
    said = "unbounded-lint: error: --write-baseline and --add-ignore cannot be combined; give one of them."
    assert check("--add-ignore", WHY, "--write-baseline", "x") == (2, [], [said])
    assert check("--diff-base", "HEAD", "--write-baseline", "x")[2] == [said.replace("add-ignore", "diff-base")]
