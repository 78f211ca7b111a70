"""Texts that somebody is writing: standard input and flake8's, in place of what is on disk."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flake8.test_plugin import flake8
from tests.processes import finished, python, started
from unbounded_lint import flake8 as plugin
from unbounded_lint.disk.cache import open_cache
from unbounded_lint.disk.reading import SOURCE_LIMIT
from unbounded_lint.errors import UserError
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import discover, find_root
from unbounded_lint.files.source import decode, encode
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run.request import Request
from unbounded_lint.run.runner import check
from unbounded_lint.settings.config import Settings

STORE = "RUNS: dict[str, object] = {}\n"
API = "from app import store\n\n\ndef register(request) -> None:\n    store.RUNS[request.id] = request\n"
LEAK = "SEEN = set()\n\n\ndef see(request):\n    SEEN.add(request.id)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one finding, whose insert lies in another file; the current directory."""
    (tmp_path / "pyproject.toml").write_text('[tool.unbounded-lint]\nextend-exclude = ["made"]\n')
    (tmp_path / "app").mkdir()
    for name, text in (("__init__", ""), ("store", STORE), ("api", API)):
        (tmp_path / "app" / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reported(text: str, *arguments: str, code: int | None = 1) -> list[str]:
    """What the command reports of a text, as "path:line code"."""
    done = python("-m", "unbounded_lint", *arguments, "--output-format", "json", cwd=Path.cwd(), text=text)
    assert done.returncode == code, done.stderr
    return [f"{f['path']}:{f['line']} {f['code']}" for f in json.loads(done.stdout)["findings"]]


def request(root: Path, unsaved: dict[str, bytes], *, use_cache: bool = True) -> Request:
    """A run over a whole project."""
    settings = Settings()
    project = discover([root], root, settings, [root / path for path in unsaved])
    return Request(project=project, settings=settings, use_cache=use_cache, unsaved=unsaved)


def told(findings: tuple[Finding, ...]) -> list[str]:
    """Findings as "path:line code"."""
    return [f"{f.place.path}:{f.place.line} {f.code}" for f in findings]


# --- texts by path ---------------------------------------------------------------------------------------------------


def test_an_unsaved_text_counts_in_place_of_the_file_and_its_digest_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    on_disk = Contents(tmp_path, None)
    contents = Contents(tmp_path, None, {"a.py": b"new", "b.py": b""})
    assert (contents.data("a.py"), contents.data("b.py"), contents.is_saved) == (b"new", b"", False)
    assert contents.digest("a.py") != on_disk.digest("a.py")
    assert contents.digest("a.py") == Contents(tmp_path, None, {"c.py": b"new"}).digest("c.py")


def test_a_text_that_is_as_on_disk_is_no_unsaved_one(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"same")
    assert Contents(tmp_path, None, {"a.py": b"same"}).is_saved


def test_a_text_that_is_too_large_is_refused_as_a_file_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="larger than 20 MB"):
        Contents(tmp_path, None, {"a.py": b"#" * (SOURCE_LIMIT + 1)}).data("a.py")


def test_nothing_of_an_unsaved_text_is_kept_for_the_file_on_disk(project: Path) -> None:
    before = check(request(project, {}))
    assert told(before.findings) == ["app/store.py:1 UBM101"]
    for _ in range(2):
        assert told(check(request(project, {"app/api.py": b""})).findings) == []
        assert told(check(request(project, {})).findings) == told(before.findings)
        assert told(check(request(project, {}, use_cache=False)).findings) == told(before.findings)


def test_the_results_of_the_files_on_disk_outlast_a_run_over_an_unsaved_text(project: Path) -> None:
    check(request(project, {}))
    cache = open_cache(project, None).cache
    assert cache is not None
    entries = sorted(Path(cache._folder).glob("[0-9a-f]" * 32))
    kept = {entry: entry.read_bytes() for entry in entries}
    check(request(project, {"app/api.py": b"X = {}\n"}))
    assert {entry: entry.read_bytes() for entry in entries} == kept


@pytest.mark.parametrize(
    ("text", "saved"),
    [
        ("x = 'é'\n", "x = 'é'\n".encode()),
        ("# coding: latin-1\nx = 'é'\n", "# coding: latin-1\nx = 'é'\n".encode("latin-1")),
        ("# coding: shift_jis\nx = 'あ'\n", "# coding: shift_jis\nx = 'あ'\n".encode("shift_jis")),
        ("# coding: ascii\nx = 'é'\n", "# coding: ascii\nx = 'é'\n".encode()),
        ("# coding: utf-16\n", b"# coding: utf-16\n"),
        ("# coding: punycode\n", b"# coding: punycode\n"),
        ("# coding: rot13\n", b"# coding: rot13\n"),
        ("# coding: no-such\n", b"# coding: no-such\n"),
        ("\ufeff# coding: utf-8\n", b"\xef\xbb\xbf# coding: utf-8\n"),
        ("x = '\ud800'\n", b"x = '\xed\xa0\x80'\n"),
    ],
)
def test_a_text_is_encoded_as_it_says_where_that_can_be(text: str, saved: bytes) -> None:
    assert encode(text) == saved


@pytest.mark.parametrize("cookie", ["utf-8", "latin-1", "cp1252", "koi8-r", "utf-8-sig", "iso-2022-jp"])
def test_what_is_encoded_is_decoded_to_the_same_text(cookie: str) -> None:
    text = f"# coding: {cookie}\r\nx = 1\n"
    assert decode(encode(text)) == text


# --- discovery -------------------------------------------------------------------------------------------------------


def test_a_file_that_does_not_exist_yet_joins_the_project_that_it_lies_in(project: Path) -> None:
    new = project / "app" / "sub" / "deep" / "new.py"
    assert find_root([], [new]) == project
    found = discover([], project, Settings(), [new])
    assert [file.module for file in found.files if file.path == "app/sub/deep/new.py"] == ["app.sub.deep.new"]
    assert found.report_on == {"app/sub/deep/new.py"}


def test_an_unsaved_init_file_makes_its_directory_a_package(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "pkg").mkdir()
    (tmp_path / "lib" / "pkg" / "a.py").write_text("")
    found = discover([], tmp_path, Settings(), [tmp_path / "lib" / "pkg" / "__init__.py"])
    assert [file.module for file in found.files] == ["pkg", "pkg.a"]


@pytest.mark.parametrize("path", ["made/x.py", "venv/lib/x.py", "app/secret.py", "app/hidden/x.py"])
def test_an_unsaved_file_that_the_project_leaves_out_does_not_join_it(project: Path, path: str) -> None:
    (project / ".gitignore").write_text("secret.py\n")
    (project / "app" / ".gitignore").write_text("hidden/\n")
    found = discover([project], project, Settings(extend_exclude=("made",)), [project / path])
    assert path not in {file.path for file in found.files}
    assert "app/store.py" in {file.path for file in found.files}


def test_an_unsaved_file_outside_the_root_is_an_error(project: Path) -> None:
    with pytest.raises(UserError, match="lies outside the project"):
        discover([], project / "app", Settings(), [project / "x.py"])


# --- standard input --------------------------------------------------------------------------------------------------


def test_standard_input_is_judged_in_place_of_the_file_and_alone_reported_on(project: Path) -> None:
    (project / "app" / "other.py").write_text(LEAK)
    assert reported(f"# moved\n{STORE}", "--stdin-filename", "app/store.py", "-") == ["app/store.py:2 UBM101"]
    assert reported(STORE, "check", "--stdin-filename", "app/store.py") == ["app/store.py:1 UBM101"]
    assert reported("", "--stdin-filename", "app/store.py", "-", code=0) == []


def test_standard_input_tells_of_files_that_are_named_too(project: Path) -> None:
    assert reported("", "--stdin-filename", "app/api.py", "-", "app/store.py", code=0) == []
    both = ["app/new.py:1 UBM101", "app/store.py:1 UBM101"]
    assert reported(LEAK, "--stdin-filename", "app/new.py", "app/store.py", "-") == both
    assert reported(LEAK, "--stdin-filename", "app/new.py", "app") == both


def test_a_file_that_is_new_is_linked_with_the_project(project: Path) -> None:
    new = "from app.store import RUNS\n\nMORE = RUNS\nMINE = {}\n\n\ndef go(request):\n    MINE[request.id] = 1\n"
    assert reported(new, "--stdin-filename", str(project / "app" / "new.py"), "-") == [
        f"{project}/app/new.py:4 UBM101" if Path.cwd() != project else "app/new.py:4 UBM101"
    ]


def test_a_broken_text_is_a_file_that_cannot_be_parsed(project: Path) -> None:
    assert reported("def f(:\n", "--stdin-filename", "app/store.py", "-") == ["app/store.py:1 UBM901"]
    assert reported("# coding: nonsense\n", "--stdin-filename", "app/store.py", "-") == ["app/store.py:1 UBM901"]


def raw(data: bytes, *arguments: str) -> list[str]:
    """What the command prints for these bytes."""
    with started([sys.executable, "-m", "unbounded_lint", *arguments], cwd=Path.cwd()) as process:
        out, _ = process.communicate(data)
    return out.decode().splitlines()


@pytest.mark.parametrize(
    "head", [b"\xef\xbb\xbf", b"# coding: latin-1\n", b"#!/usr/bin/python\n# -*- coding: iso-8859-15 -*-\n"]
)
def test_a_text_is_decoded_as_from_disk(project: Path, head: bytes) -> None:
    mark = "'é'".encode("utf-8" if head.startswith(b"\xef") else "latin-1")
    data = head + b"X = {}\ndef f(request): X[request.id] = " + mark + b"\n"
    line = head.count(b"\n") + 1
    (expected,) = raw(data, "--stdin-filename", "app/new.py", "-")
    assert expected.startswith(f"app/new.py:{line}:1: UBM101 ")
    (project / "app" / "new.py").write_bytes(data)
    assert raw(b"", "app/new.py") == [expected]


def test_a_text_that_is_too_large_is_not_read_to_its_end(project: Path) -> None:
    (line,) = raw(b"#" * (SOURCE_LIMIT + 2), "--stdin-filename", "app/store.py", "-")
    assert line == "app/store.py:1:1: UBM901 cannot be analysed: cannot be read (it is larger than 20 MB)"


def test_the_source_that_is_shown_is_that_of_the_text(project: Path) -> None:
    done = python(
        "-m",
        "unbounded_lint",
        "--stdin-filename",
        "app/store.py",
        "--output-format",
        "full",
        "-",
        cwd=project,
        text=f"# new words\n{STORE}",
    )
    assert "1 | # new words" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-"], "- stands for standard input, which has no place in a project; name it with --stdin-filename FILE"),
        (["app", "-"], "name it with --stdin-filename FILE"),
        (["--stdin-filename", "app", "-"], "app is no path of a file: give the one that the text is to be saved as."),
        (["--stdin-filename", "", "-"], "is no path of a file"),
        (["--stdin-filename", "../app/store.py", "--config", "x.toml", "-"], "there is no such settings file"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(project: Path, arguments: list[str], sentence: str) -> None:
    done = python("-m", "unbounded_lint", *arguments, cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr and done.stderr.count("\n") == 1


def test_a_closed_standard_input_is_one_sentence(project: Path) -> None:
    command = f"'{sys.executable}' -m unbounded_lint --stdin-filename app/store.py - <&-"
    done = finished(["sh", "-c", command], cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard input is closed" in done.stderr


@pytest.mark.parametrize("path", ["made/x.py", ".venv/x.py"])
def test_a_file_that_is_left_out_is_said_to_be(project: Path, path: str) -> None:
    done = python("-m", "unbounded_lint", "--stdin-filename", path, "-", cwd=project, text=LEAK)
    assert (done.returncode, done.stdout) == (0, "")
    warning = f"unbounded-lint: warning: {path} is left out of the project, by `exclude` or since git ignores it"
    assert done.stderr.splitlines()[0].startswith(warning)
    assert reported(LEAK, "--stdin-filename", path, "-", code=0) == []
    assert reported(LEAK, "--stdin-filename", path, "app") == ["app/store.py:1 UBM101"]


def test_the_files_that_are_reported_on_are_shown_without_reading(project: Path) -> None:
    done = python("-m", "unbounded_lint", "--stdin-filename", "app/new.py", "--show-files", cwd=project)
    assert (done.returncode, done.stdout) == (0, "app/new.py\n")


# --- flake8 ----------------------------------------------------------------------------------------------------------


def of_flake8(project: Path) -> Callable[..., list[str]]:
    """Gives what flake8 reports of a text for a file of that name, as "path:line: code"."""

    def asked(text: str, name: str, *more: str) -> list[str]:
        done = flake8(project, "-", "--select", "UBM", "--stdin-display-name", name, *more, text=text)
        assert done.stderr == ""
        return [f"{line.split(':')[0]}:{line.split(':')[1]} {line.split()[1]}" for line in done.stdout.splitlines()]

    return asked


def test_flake8_judges_the_buffer_and_not_the_stale_file(project: Path) -> None:
    asked = of_flake8(project)
    assert asked("", "app/store.py") == []
    assert asked(f"# moved\n{STORE}", "app/store.py") == ["app/store.py:2 UBM101"]
    assert asked(f"# moved\n{STORE}", str(project / "app" / "store.py")) == [f"{project}/app/store.py:2 UBM101"]
    assert asked(LEAK, "app/new.py") == ["app/new.py:1 UBM101"]
    assert asked(f"{LEAK.replace('set()', 'set()  # noqa')}", "app/new.py") == []


def test_flake8_without_a_name_and_for_what_is_left_out_reports_nothing(project: Path) -> None:
    asked = of_flake8(project)
    assert asked(LEAK, "stdin") == []
    assert asked(LEAK, "made/x.py") == []


def test_flake8_checks_a_buffer_and_the_file_of_its_name_in_one_run(project: Path) -> None:
    both = ("-", "app/store.py", "--stdin-display-name", "app/store.py")
    done = flake8(project, *both, "--select", "UBM", text=f"# moved\n{STORE}")
    assert sorted(line.split()[:2] for line in done.stdout.splitlines()) == [
        ["app/store.py:1:1:", "UBM101"],
        ["app/store.py:2:1:", "UBM101"],
    ]


def test_flake8_links_the_files_of_a_run_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin._project.cache_clear()
    linked = []
    link = plugin._linked
    monkeypatch.setattr(plugin, "_linked", lambda *asked: (linked.append(asked), link(*asked))[1])
    for name in ("store", "api"):
        path = project / "app" / f"{name}.py"
        lines = path.read_text().splitlines(keepends=True)
        found = list(plugin.Plugin(ast.parse("".join(lines)), str(path), lines).run())
        assert len(found) == (name == "store")
    assert [root for root, *_ in linked] == [project]
