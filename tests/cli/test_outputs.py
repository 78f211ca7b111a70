"""The reports of a run: on stdout in every format, and in as many files as wanted."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.reporters.test_formats import SARIF
from unbounded_lint import cli
from unbounded_lint.cli import options
from unbounded_lint.cli.outputs import FORMATS

WEB = """\
from flask import Flask, request

import store

app = Flask(__name__)


@app.post("/hit")
def hit():
    store.hits[request.form["user"]] = 1
    store.seen.add(request.form["user"])
    return ""
"""
STORE = "hits = {}\nseen = set()  # ubm: ignore[UBM101] twelve users\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a repository, as the current directory, with one finding and one that is suppressed."""
    root = tmp_path / "services" / "hits"
    root.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (root / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (root / "web.py").write_text(WEB)
    (root / "store.py").write_text(STORE)
    monkeypatch.chdir(root)
    monkeypatch.setenv("UNBOUNDED_LINT_CACHE_DIR", str(tmp_path / "caches"))
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return root


def run(*arguments: str) -> int:
    """Run the command in this process."""
    return cli.main([*arguments, "--jobs", "1"])


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence on stderr of a run that failed."""
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("unbounded-lint: error: ")
    return err.removeprefix("unbounded-lint: error: ").rstrip("\n")


READERS: dict[str, Callable[[str], list[tuple[str, str]]]] = {
    "json": lambda text: [(one["code"], one["path"]) for one in json.loads(text)["findings"]],
    "json-lines": lambda text: [(one["code"], one["path"]) for one in map(json.loads, text.splitlines())],
    "sarif": lambda text: [
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for one in json.loads(text)["runs"][0]["results"]
    ],
    "gitlab": lambda text: [(one["check_name"], one["location"]["path"]) for one in json.loads(text)],
    "junit": lambda text: [
        (str(one.get("name")).partition(" ")[0], str(one.get("file")))
        for one in ElementTree.fromstring(text).iter("testcase")
    ],
    "github": lambda text: [
        (line.partition("(")[2].partition(")")[0], line.partition(",file=")[2].partition(",")[0])
        for line in text.splitlines()
    ],
}
OF_SERVICES = {"sarif", "gitlab", "junit", "github"}


@pytest.mark.parametrize("name", READERS)
def test_a_format_is_printed_and_written_alike(project: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run("--output-format", name) == 1
    printed = capsys.readouterr().out
    path = "services/hits/store.py" if name in OF_SERVICES else "store.py"
    assert READERS[name](printed) == [("UBM101", path)]
    assert run("--output-format", "concise", "--output", f"{name}=report") == 1
    assert capsys.readouterr().out.startswith("store.py:1:1: UBM101 ")
    assert Path("report").read_text(encoding="utf-8") == printed


def test_a_sarif_flow_leads_from_the_request_to_what_is_missing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--output-format", "sarif") == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    told = [
        (
            step["kinds"],
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["location"]["message"]["text"],
        )
        for step in steps
    ]
    assert told == [
        (["event"], 9, "`hit()` runs per request"),
        (["insert"], 10, "`hit()` inserts here; the key: `request.form` comes from a request"),
        (["definition"], 1, "`hits` grows in `hit()` and nothing ever removes an entry"),
    ]


def test_one_run_writes_every_format(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*(part for name in FORMATS for part in ("--output", f"{name}=r.{name}"))) == 1
    assert sorted(path.name for path in project.glob("r.*")) == sorted(f"r.{name}" for name in FORMATS)
    SARIF.validate(json.loads(Path("r.sarif").read_text()))
    assert capsys.readouterr().out == Path("r.concise").read_text()
    assert "symbol: store:hits\n" in Path("r.full").read_text()


def test_a_report_that_is_written_has_no_colour(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--color", "always", "--output-format", "full", "--output", "full=report") == 1
    assert "\x1b[" in capsys.readouterr().out
    assert "\x1b[" not in Path("report").read_text()


def test_a_clean_run_writes_its_reports_too(project: Path) -> None:
    Path("report.xml").write_text("old")
    assert run("--ignore", "UBM1", "--output", "junit=report.xml", "--output", "gitlab=report.json") == 0
    assert "no findings" in Path("report.xml").read_text()
    assert json.loads(Path("report.json").read_text()) == []


def test_a_setting_names_the_format(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.unbounded-lint]\noutput-format = 'github'\n")
    assert run() == 1
    assert capsys.readouterr().out.startswith("::")


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("sarif", "expected FORMAT=FILE, such as sarif=report.sarif, not 'sarif'"),
        ("sarfi=x", "there is no format 'sarfi'; did you mean sarif?"),
        ("xml=x", f"there is no format 'xml'; choose from {', '.join(FORMATS)}"),
        ("sarif=", "no file stands behind 'sarif='; write sarif=FILE"),
        ("sarif=-", "standard output is for --output-format sarif; give a file in 'sarif=-'"),
    ],
)
def test_an_output_that_is_none_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], value: str, sentence: str
) -> None:
    assert run("--output", value) == 2
    assert said(capsys) == f"argument --output: {sentence} (see unbounded-lint check --help)."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["sarif=.."], "--output sarif=.. names a directory; name a file in it."),
        (
            ["sarif=gone/x"],
            "--output sarif=gone/x names a file in gone, which is no directory; make it first.",
        ),
        (["json=x", "sarif=./x"], "--output json=x and sarif=./x name one file; give each its own."),
        (["json=store.py"], "--output json=store.py would overwrite a file of the project; give another file."),
        (["json=link"], "--output json=link names a symbolic link; name the file that it leads to."),
    ],
)
def test_a_file_that_cannot_be_is_told_before_any_work(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, values: list[str], sentence: str
) -> None:
    Path("link").symlink_to(project.parent / "elsewhere")
    monkeypatch.setattr("unbounded_lint.run.runner.check", lambda *_: pytest.fail("it has analysed"))
    assert run(*(part for value in values for part in ("--output", value))) == 2
    assert said(capsys) == sentence
    assert not (project.parent / "elsewhere").exists()
    assert Path("store.py").read_text() == STORE


def test_a_file_that_cannot_be_written_is_one_sentence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 300
    assert run("--output", f"json={name}") == 2
    assert said(capsys) == f"--output json={name} cannot be written: File name too long; give a file that can."


@pytest.mark.parametrize("option", ["--show-files", "--show-settings"])
def test_a_report_of_no_run_is_no_report(project: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert run("--output", "json=report", option) == 2
    assert said(capsys) == (
        f"--output and {option} cannot be combined, since {option} finds nothing; give one of them."
    )
    assert not Path("report").exists()


def test_the_home_directory_may_be_written_short(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project.parent))
    monkeypatch.setenv("USERPROFILE", str(project.parent))
    assert run("--output", "json=~/report") == 1
    assert READERS["json"]((project.parent / "report").read_text()) == [("UBM101", "store.py")]


def test_nothing_is_left_beside_a_report(project: Path) -> None:
    before = set(os.listdir())
    Path("report").write_text("old")
    Path("report").chmod(0o640)
    run("--output", "json=report")
    assert set(os.listdir()) == before | {"report"}
    assert stat.S_IMODE(Path("report").stat().st_mode) == 0o640
    assert READERS["json"](Path("report").read_text()) == [("UBM101", "store.py")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_gets_the_report(project: Path) -> None:
    os.mkfifo("pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_text()))
    reader.start()
    assert run("--output", "json=pipe") == 1
    reader.join()
    assert READERS["json"](got[0]) == [("UBM101", "store.py")]
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


# --- statistics ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["full", "concise"])
def test_statistics_stand_in_place_of_findings(project: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run("--statistics", "--output-format", name, "--output", "sarif=report") == 1
    assert capsys.readouterr().out == "1\tUBM101\tnever-removed-entries\n"
    assert len(json.loads(Path("report").read_text())["runs"][0]["results"]) == 1, "a file has the whole report"


def test_statistics_in_json_are_a_list_of_counts_and_no_findings(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--statistics", "--output-format", "json", "--output", "json=report", "--output", "full=whole") == 1
    assert json.loads(capsys.readouterr().out) == [{"code": "UBM101", "name": "never-removed-entries", "count": 1}]
    document = json.loads(Path("report").read_text())
    assert len(document["findings"]) == 1 and document["stats"]["by_code"] == {"UBM101": 1}
    assert Path("whole").read_text().startswith("UBM101 never-removed-entries  ")


@pytest.mark.parametrize("option", ["--statistics", "--show-suppressed"])
@pytest.mark.parametrize("instead", ["--show-files", "--show-settings"])
def test_what_has_no_findings_to_tell_is_not_asked_how_to_tell_them(
    project: Path, capsys: pytest.CaptureFixture[str], option: str, instead: str
) -> None:
    assert run(instead, option) == 2
    assert said(capsys) == (
        f"{option} and {instead} cannot be combined, since {instead} finds nothing; give one of them."
    )


@pytest.mark.parametrize(("instead", "command"), [("--show-files", "files"), ("--show-settings", "config")])
def test_a_format_of_findings_is_none_of_files_and_settings(
    project: Path, capsys: pytest.CaptureFixture[str], instead: str, command: str
) -> None:
    assert run(instead, "--output-format", "json") == 2
    assert said(capsys) == (
        f"--output-format is for findings, and {instead} has none; for JSON there is `unbounded-lint {command} "
        "--output-format json`."
    )
    assert cli.main([command, "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_counts_and_what_is_not_counted_are_not_told_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--statistics", "--show-suppressed") == 2
    assert said(capsys) == (
        "--statistics counts what is reported, and --show-suppressed tells of the rest; give one of them."
    )


@pytest.mark.parametrize("name", ["json-lines", "sarif", "github", "gitlab", "junit"])
def test_statistics_have_no_place_in_the_other_formats(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run("--statistics", "--output-format", name) == 2
    assert said(capsys) == (
        f"--statistics has no place in {name}; print full, concise or json, and write {name} with --output."
    )


# --- suppressed findings ---------------------------------------------------------------------------------------------


def test_suppressed_findings_are_told_of_where_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--output", "json=before") == 1
    assert "suppressed" not in json.loads(Path("before").read_text())
    capsys.readouterr()
    outputs = ("--output", "json=r.json", "--output", "sarif=r.sarif", "--output", "json-lines=r.jsonl")
    assert run("--show-suppressed", *outputs) == 1
    (suppressed,) = json.loads(Path("r.json").read_text())["suppressed"]
    assert (suppressed["symbol"], suppressed["suppression"]) == (
        "store:seen",
        {"kind": "inSource", "justification": "twelve users"},
    )
    results = json.loads(Path("r.sarif").read_text())["runs"][0]["results"]
    assert [[by["justification"] for by in one["suppressions"]] for one in results] == [[], ["twelve users"]]
    lines = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert [one.get("suppression", {}).get("kind") for one in lines] == [None, "inSource"]
    out, err = capsys.readouterr()
    assert out.splitlines()[1].endswith(" (suppressed by a comment: twelve users)")
    assert err == "Found 1 finding in 2 files.\n"


def test_suppressed_findings_alone_are_no_findings(project: Path) -> None:
    Path("web.py").write_text(WEB.replace("    store.hits", "    # store.hits"))
    assert run("--show-suppressed", "--output", "sarif=report") == 0
    assert len(json.loads(Path("report").read_text())["runs"][0]["results"]) == 1


@pytest.mark.parametrize("arguments", [["--output-format", "github"], ["--output", "gitlab=report"]])
def test_suppressed_findings_have_no_place_where_all_are_alarms(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run("--show-suppressed", *arguments) == 2
    name = arguments[1].partition("=")[0]
    assert said(capsys) == f"--show-suppressed has no place in {name}, where each finding is an alarm; leave it out."


# --- paths -----------------------------------------------------------------------------------------------------------


def paths(text: str) -> set[str]:
    """The paths of a JSON report: of findings and of related places."""
    findings: list[dict[str, Any]] = json.loads(text)["findings"]
    return {one["path"] for one in findings} | {place["path"] for one in findings for place in one["related"]}


@pytest.mark.parametrize(
    ("directory", "given", "expected"),
    [
        (".", ".", {"lib/store.py", "app/web.py"}),
        ("lib", ".", {"store.py", "../app/web.py"}),
        ("lib", "../lib", {"store.py", "../app/web.py"}),
        ("..", "hits", {"hits/lib/store.py", "hits/app/web.py"}),
        ("app", "../lib/store.py", {"../lib/store.py", "web.py"}),
        ("../..", "services/hits/lib", {"services/hits/lib/store.py", "services/hits/app/web.py"}),
    ],
)
def test_all_paths_of_a_report_have_one_base(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    directory: str,
    given: str,
    expected: set[str],
) -> None:
    for name, text in {
        "lib/__init__.py": "",
        "lib/store.py": STORE,
        "app/__init__.py": "",
        "app/web.py": WEB.replace("import store", "from lib import store"),
    }.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    for name in ("store.py", "web.py"):
        (project / name).unlink()
    monkeypatch.chdir(project / directory)
    assert run(given, "--output-format", "json") == 1
    assert paths(capsys.readouterr().out) == expected


def test_paths_are_absolute_where_one_was_given(
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run(str(project / "store.py"), "--output-format", "json") == 1
    assert paths(capsys.readouterr().out) == {str(project / "store.py"), str(project / "web.py")}


def test_services_get_paths_below_the_repository_from_wherever_it_runs(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = []
    for directory in (project, project.parent, tmp_path_factory.mktemp("elsewhere")):
        monkeypatch.chdir(directory)
        assert run(str(project), "--output", "sarif=report") == 1
        reports.append(Path("report").read_text())
    assert len(set(reports)) == 1 and str(project) not in reports[0]


def test_what_lies_outside_the_repository_is_absolute_for_services(project: Path, tmp_path: Path) -> None:
    shown = options.repository_path(project)
    assert shown("../../../named.toml") == str(tmp_path.parent / "named.toml")
    assert shown("../named.toml") == "services/named.toml"


def test_without_a_repository_the_project_is_the_base(tmp_path: Path) -> None:
    assert options.repository_path(tmp_path)("app/store.py") == "app/store.py"


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_where_git_is_not_the_service_says_where_the_repository_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project = tmp_path / "services" / "hits"
    project.mkdir(parents=True)
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert options.repository_path(project)("store.py") == "store.py"
    monkeypatch.setenv(name, str(tmp_path))
    assert options.repository_path(project)("store.py") == "services/hits/store.py"


# --- odd names -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", READERS)
def test_a_file_with_an_odd_name_is_reported_in_every_format(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = project / "a b, 100%"
    folder.mkdir()
    odd = folder / "ä::c\nd.py"
    odd.write_text("def broken(:\n")
    assert run("--select", "UBM901", "--output-format", name) == 1
    assert len(READERS[name](capsys.readouterr().out)) == 1


def test_a_file_whose_name_is_no_text_is_reported_in_every_format(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        Path(name).write_text("A = {}\n")
    except OSError:
        pytest.skip("no such names here")
    for form, read in READERS.items():
        assert run(name, "--output-format", form) == 1
        assert [code for code, _ in read(capsys.readouterr().out)] == ["UBM901"]
