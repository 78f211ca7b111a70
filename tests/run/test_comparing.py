"""What is new since a revision of git: `--diff-base`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.processes import finished
from tests.programs import write
from unbounded_lint import cli
from unbounded_lint.files import revision
from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.run import analysis
from unbounded_lint.run.comparing import Before, Compared, Seen, compared
from unbounded_lint.run.request import Analysis

GROWS = "{0} = {{}}\n\n\ndef {1}(request):\n    {0}[request.id] = 1\n"
A, B = GROWS.format("A", "f"), GROWS.format("B", "g")
FILES = {"pyproject.toml": "", "app/__init__.py": "", "app/store.py": A}

Check = Callable[..., "tuple[int, list[str], str]"]


def git(root: Path, *arguments: str, text: str = "") -> str:
    """What git answers in a directory; fails where it does."""
    done = finished(["git", *arguments], cwd=root, env=dict(os.environ), text=text)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "some words")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit of a project with one finding, made the current directory; settings of git other
    than its own are without effect, and temporary files lie below `temporary`."""
    for name, value in {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "UNBOUNDED_LINT_CACHE_DIR": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    root = write(tmp_path / "project", FILES)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command and gives its exit code, the places and codes of the findings, and stderr."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = cli.main(["check", *arguments])
        shown = capsys.readouterr()
        return code, [" ".join(line.split()[:2]) for line in shown.out.splitlines()], shown.err

    return run


def test_only_what_is_new_is_reported(repository: Path, check: Check) -> None:
    write(repository, {"app/store.py": f"import os\n\n{A}\n\n{B}", "other.py": A})
    code, lines, said = check("--diff-base", "HEAD")
    assert (code, lines) == (1, ["app/store.py:10:1: UBM101", "other.py:1:1: UBM101"])
    assert said == "Found 2 findings in 3 files (1 more in HEAD already).\n"
    commit(repository)
    assert check("--diff-base", "HEAD")[:2] == (0, [])
    assert check("--diff-base", "HEAD~1")[:2] == (code, lines)


def test_what_is_linked_to_in_another_file_counts_as_there(repository: Path, check: Check) -> None:
    """Each state is analysed as a whole, and not the files that differ."""
    write(repository, {"app/api.py": "from app import store\n\n\ndef end(request):\n    store.A.pop(request.id)\n"})
    assert check("--diff-base", "HEAD")[:2] == (1, ["app/store.py:1:1: UBM102"])
    assert check("--diff-base", "HEAD", "app/api.py")[:2] == (0, [])


def test_a_comment_that_goes_makes_a_finding_new(repository: Path, check: Check) -> None:
    write(repository, {"app/store.py": A.replace("{}", "{}  # ubm: ignore[UBM101] few")})
    commit(repository)
    write(repository, {"app/store.py": A})
    assert check("--diff-base", "HEAD")[:2] == (1, ["app/store.py:1:1: UBM101"])


def test_only_what_is_new_gets_a_comment(repository: Path, check: Check) -> None:
    write(repository, {"app/more.py": B})
    assert check("--diff-base", "HEAD", "--add-ignore", "until later")[0] == 0
    assert check()[1] == ["app/store.py:1:1: UBM101"]


def test_what_a_baseline_accepts_is_no_new_finding(repository: Path, check: Check) -> None:
    write(repository, {"app/more.py": B})
    check("--write-baseline", "known.txt", "--select", "UBM1")
    write(repository, {"more.py": A, "app/more.py": ""})
    code, lines, said = check("--diff-base", "HEAD", "--baseline", "known.txt")
    assert (code, lines) == (1, ["more.py:1:1: UBM101"])
    assert said == "Found 1 finding in 4 files (1 more in the baseline).\n"


def test_the_settings_of_now_hold_for_both_states(repository: Path, check: Check) -> None:
    write(repository, {"pyproject.toml": "[tool.unbounded-lint]\nselect = ['UBM2']\n"})
    commit(repository)
    write(repository, {"pyproject.toml": ""})
    assert check("--diff-base", "HEAD")[:2] == (0, [])


def test_a_project_may_be_a_folder_of_the_repository(repository: Path, check: Check) -> None:
    write(repository, {f"services/one/{path}": text for path, text in FILES.items()})
    write(repository, {".gitignore": "generated.py\n"})
    commit(repository)
    write(repository, {"services/one/app/more.py": B, "services/one/app/generated.py": B})
    assert check("--diff-base", "HEAD", "services/one")[:2] == (1, ["services/one/app/more.py:1:1: UBM101"])
    assert check("--diff-base", "HEAD~1", "services/one")[:2] == (
        1,
        ["services/one/app/more.py:1:1: UBM101", "services/one/app/store.py:1:1: UBM101"],
    )


def test_what_the_ignore_files_of_the_repository_leave_out_was_not_seen_before(repository: Path, check: Check) -> None:
    write(repository, {"services/one/pyproject.toml": "", "services/one/app.py": A, ".gitignore": "app.py\n"})
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-q", "-m", "some words")
    write(repository, {".gitignore": "", "services/one/other.py": ""})
    assert check("--diff-base", "HEAD", "services/one")[:2] == (1, ["services/one/app.py:1:1: UBM101"])


def test_a_file_that_is_named_although_it_is_ignored_was_seen_before(repository: Path, check: Check) -> None:
    write(repository, {".gitignore": "odd.py\n", "odd.py": B})
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-q", "-m", "some words")
    assert check("odd.py", "app")[1] == ["app/store.py:1:1: UBM101", "odd.py:1:1: UBM101"]
    assert check("--diff-base", "HEAD", "odd.py", "app")[:2] == (0, [])


def test_files_that_are_moved_keep_their_findings(repository: Path, check: Check) -> None:
    (repository / "core").mkdir()
    git(repository, "mv", "app/store.py", "core/store.py")
    assert check("--diff-base", "HEAD")[:2] == (0, [])
    git(repository, "mv", "core/store.py", "core/shelf.py")
    assert check("--diff-base", "HEAD")[:2] == (0, [])


def test_three_dots_mean_where_the_branch_began(repository: Path, check: Check) -> None:
    git(repository, "branch", "mine")
    write(repository, {"app/store.py": "A = {}\n"})
    commit(repository)
    git(repository, "checkout", "-q", "mine")
    assert check("--diff-base", "main")[:2] == (1, ["app/store.py:1:1: UBM101"])
    assert check("--diff-base", "main...")[:2] == (0, [])


def test_the_other_state_is_analysed_once(repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    roots: list[Path] = []
    analyse = analysis.analyse

    def counted(request: Any, *rest: Any) -> Analysis:
        roots.append(request.project.root)
        return analyse(request, *rest)

    monkeypatch.setattr(analysis, "analyse", counted)
    for number in range(3):
        write(repository, {"app/more.py": B + "\n" * number})
        assert check("--diff-base", "HEAD")[:2] == (1, ["app/more.py:1:1: UBM101"])
    git(repository, "commit", "-q", "--amend", "-m", "other words")
    assert check("--diff-base", "HEAD")[0] == 1
    assert [root for root in roots if root != repository] == roots[:1]
    assert check("--diff-base", "HEAD", "--no-cache")[0] == 1
    assert len([root for root in roots if root != repository]) == 2


def test_nothing_is_left_behind(repository: Path, check: Check, tmp_path: Path) -> None:
    check("--diff-base", "HEAD")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert git(repository, "status", "--porcelain", "--ignored") == ""
    assert git(repository, "worktree", "list").count("\n") == 0


def test_a_worktree_is_compared_as_its_repository_is(repository: Path, check: Check, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    write(tmp_path / "tree", {"more.py": B})
    code, lines, _ = check("--diff-base", "main", str(tmp_path / "tree"))
    assert (code, len(lines)) == (1, 1)


def test_variables_of_a_hook_do_not_lead_elsewhere(
    repository: Path, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert check("--diff-base", "HEAD")[:2] == (0, [])


# --- what a repository may bring along -------------------------------------------------------------------------------


def test_nothing_that_the_repository_names_is_run(repository: Path, check: Check, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = write(tmp_path, {"script": f"#!/bin/sh\ntouch '{ran}'\ncat\n"}) / "script"
    script.chmod(0o755)
    write(repository, {".gitattributes": "*.py filter=bad diff=bad ident\n", "app/more.py": B})
    commit(repository)
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (repository / ".git" / "hooks").mkdir(exist_ok=True)
        (repository / ".git" / "hooks" / name).symlink_to(script)
    for key in (
        "filter.bad.smudge",
        "filter.bad.process",
        "diff.bad.textconv",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
    ):
        git(repository, "config", key, str(script))
    ran.unlink(missing_ok=True)
    assert check("--diff-base", "HEAD")[:2] == (0, [])
    assert not ran.exists()


def test_links_and_submodules_are_left_out(repository: Path, check: Check, tmp_path: Path) -> None:
    write(tmp_path, {"secret.py": B})
    (repository / "link.py").symlink_to(tmp_path / "secret.py")
    git(repository, "add", "-A")
    here = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{here},module")
    git(repository, "commit", "-q", "-m", "some words")
    assert check("--diff-base", "HEAD")[:2] == (1, ["link.py:1:1: UBM101"])


@pytest.mark.parametrize("name", ["../escaped.py", "..", ".git", "/tmp/escaped.py"])
def test_a_path_that_leads_out_is_not_written(
    name: str, repository: Path, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = bytes.fromhex(git(repository, "rev-parse", "HEAD:app/store.py"))
    raw = tmp_path / "raw"
    raw.write_bytes(b"100644 good.py\0" + blob + b"100644 " + name.encode() + b"\0" + blob)
    tree = git(repository, "hash-object", "-t", "tree", "-w", "--literally", str(raw))
    bad = git(repository, "commit-tree", tree, "-m", "bad")
    written: list[str] = []
    put = revision._put

    def noted(path: Path, data: bytes) -> None:
        written.append(path.name)
        put(path, data)

    monkeypatch.setattr(revision, "_put", noted)
    write(repository, {"good.py": A})
    assert check("--diff-base", bad)[:2] == (1, ["app/store.py:1:1: UBM101"])
    assert written == ["good.py"]


def test_the_same_path_twice_is_written_once(repository: Path, check: Check, tmp_path: Path) -> None:
    blob, other = (bytes.fromhex(git(repository, "hash-object", "-w", "--stdin", text=text)) for text in (A, "x = (\n"))
    raw = tmp_path / "raw"
    raw.write_bytes(b"100644 store.py\0" + blob + b"100644 store.py\0" + other)
    tree = git(repository, "hash-object", "-t", "tree", "-w", "--literally", str(raw))
    bad = git(repository, "commit-tree", tree, "-m", "bad")
    assert check("--diff-base", bad)[:2] == (0, [])


def test_what_is_no_text_or_too_large_in_the_revision_is_no_error(
    repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "bytes.py").write_bytes(b"\0\xff")
    write(repository, {"large.py": B})
    commit(repository)
    monkeypatch.setattr(revision, "SOURCE_LIMIT", len(B) - 1)
    write(repository, {"large.py": "", "app/store.py": "", "bytes.py": "", "more.py": B})
    assert check("--diff-base", "HEAD")[:2] == (1, ["more.py:1:1: UBM101"])


def test_the_project_is_laid_out_as_far_as_a_run_reads_it(repository: Path, tmp_path: Path) -> None:
    pages = {"README.md": "x", "docs/deep/a.rst": "x", "docs/large.md": "x" * 1_000_001, "notes.md": "x"}
    write(repository, {**pages, "data.json": "{}", ".gitignore": "*.pyc\n", "app/run.pyw": "", "setup.py": "x = 1\n"})
    commit(repository)
    (repository / "setup.cfg").touch()
    found = revision.find(repository, "HEAD")
    with revision.laid_out(repository, found) as root:
        there = {path.relative_to(root).as_posix(): path.stat().st_size for path in root.rglob("*") if path.is_file()}
    assert not root.exists() and root.name == repository.name
    there.pop(".git/info/exclude")
    assert there == {
        ".gitignore": 6,
        "README.md": 1,
        "app/__init__.py": 0,
        "app/run.pyw": 0,
        "app/store.py": len(A),
        "docs/deep/a.rst": 1,
        "pyproject.toml": 0,
        "setup.cfg": 0,
        "setup.py": 6,
    }


# --- errors ----------------------------------------------------------------------------------------------------------


def error(said: str) -> str:
    assert said.startswith("unbounded-lint: error: ") and said.count("\n") == 1
    return said.removeprefix("unbounded-lint: error: ").strip()


UNKNOWN = {
    "nope": "--diff-base: git knows no revision 'nope'; fetch it, or give another one.",
    "nope...": "--diff-base: git knows no revision 'nope'; fetch it, or give another one.",
    "-n": "--diff-base: git knows no revision '-n'; fetch it, or give another one.",
    " ": "--diff-base: git knows no revision ' '; fetch it, or give another one.",
    "a\nb": "--diff-base: git knows no revision 'a\\nb'; fetch it, or give another one.",
    "HEAD:app": "--diff-base: git knows no revision 'HEAD:app'; fetch it, or give another one.",
    "": "--diff-base names no revision; give one.",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_revision_is_an_error(name: str, repository: Path, check: Check) -> None:
    code, lines, said = check(f"--diff-base={name}")
    assert (code, lines, error(said)) == (2, [], UNKNOWN[name])


def test_a_shallow_clone_without_the_revision_is_an_error(
    repository: Path, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, {"more.py": B})
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert check("--diff-base", "HEAD")[0] == 0
    assert error(check("--diff-base", "HEAD~1")[2]) == (
        "--diff-base: git knows no revision 'HEAD~1', since the clone is shallow; fetch the history first, as with "
        "`git fetch --unshallow`."
    )


def test_a_clone_without_the_files_fetches_nothing(
    repository: Path, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, {"app/store.py": B})
    commit(repository)
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", repository.as_uri(), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert error(check("--diff-base", "HEAD~1")[2]) == (
        "--diff-base: this clone lacks files of HEAD~1; fetch them with git first."
    )


def test_without_a_commit_in_common_three_dots_are_an_error(repository: Path, check: Check) -> None:
    git(repository, "checkout", "-q", "--orphan", "new")
    git(repository, "commit", "-q", "-m", "other words")
    said = "--diff-base: HEAD and 'main' have no commit in common; fetch it, or give another one."
    assert error(check("--diff-base", "main...")[2]) == said


def test_a_project_outside_of_any_repository_is_an_error(tmp_path: Path, check: Check) -> None:
    write(tmp_path, FILES)
    said = f"--diff-base needs a git repository, and {tmp_path} lies in none; leave the option out."
    assert error(check("--diff-base", "HEAD", str(tmp_path))[2]) == said


def test_a_repository_of_another_user_is_an_error(
    repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert error(check("--diff-base", "HEAD")[2]) == (
        f"--diff-base: git does not trust the repository of {repository}, which belongs to another user; name it in "
        "git's setting safe.directory."
    )


def test_without_git_it_is_an_error(repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "--diff-base needs git, which is not installed; install it, or leave the option out."
    monkeypatch.setenv("PATH", str(repository / "nowhere"))
    assert error(check("--diff-base", "HEAD")[2]) == said
    write(repository, {"git": f"#!{sys.executable}\n"})
    (repository / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(repository))
    assert error(check("--diff-base", "HEAD")[2]) == said


# --- the comparison --------------------------------------------------------------------------------------------------


def found(code: str, symbol: str, path: str = "a.py", message: str = "grows", line: int = 1) -> Finding:
    return Finding(code, "some-rule", message, Place(path, line, 1, line, 1), symbol, Confidence.HIGH)


def against(old: list[Finding], *new: Finding) -> Compared:
    """The new findings compared with old ones; the files are those of the findings."""
    seen = tuple(Seen(one.code, one.symbol, one.place.path, one.message) for one in old)
    return compared(new, Before(seen, frozenset(one.path for one in seen)), {one.place.path for one in new})


OLD = found("UBM101", "a.m:X")

SAME = {
    "the same": found("UBM101", "a.m:X", line=9),
    "in a module that was moved": found("UBM101", "b.c.m:X", "b/c/m.py"),
    "in a file that was renamed": found("UBM101", "a.n:X", "n.py"),
    "in a file that was renamed and moved": found("UBM101", "b.n:X", "b/n.py"),
}
OTHER = {
    "another code": found("UBM102", "a.m:X"),
    "another name": found("UBM101", "a.m:Y"),
    "another module in a file that was there": found("UBM101", "a.n:X"),
    "another name in another file": found("UBM101", "a.n:Y", "n.py"),
    "no symbol": found("UBM101", ""),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_the_same_finding(name: str) -> None:
    assert against([OLD], SAME[name]) == ((), (SAME[name],))


@pytest.mark.parametrize("name", OTHER)
def test_what_is_another_finding(name: str) -> None:
    assert against([OLD], OTHER[name]) == ((OTHER[name],), ())


def test_findings_without_a_symbol_are_told_by_path_and_message() -> None:
    before = [found("UBM902", "", "a/m.py", "of no use")]
    assert against(before, found("UBM902", "", "b/m.py", "of no use")).new == ()
    assert against(before, found("UBM902", "", "b/n.py", "of no use")).new == ()
    assert len(against(before, found("UBM902", "", "a/m.py", "of other use")).new) == 1


def test_the_same_finding_more_often_than_before_is_new() -> None:
    three = [found("UBM902", "", line=line) for line in (1, 2, 3)]
    assert against(three[:2], *three).new == (three[2],)


def test_a_copy_of_a_module_is_new_as_long_as_the_first_is_there() -> None:
    for copy in (found("UBM101", "b.m:X", "b/m.py"), found("UBM101", "b.n:X", "b/n.py")):
        assert against([OLD], OLD, copy) == ((copy,), (OLD,))


def test_what_goes_from_a_file_that_stays_into_a_new_one_of_another_name_is_new() -> None:
    other = found("UBM101", "a.m:Y")
    new = found("UBM101", "b.n:X", "b/n.py")
    assert against([OLD, other], other, new) == ((new,), (other,))


def test_the_command_runs_as_a_process_of_its_own(repository: Path) -> None:
    write(repository, {"more.py": B})
    command = [sys.executable, "-m", "unbounded_lint", "--diff-base", "HEAD", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=repository)
    assert (done.returncode, done.stdout.split()[:2]) == (1, ["more.py:1:1:", "UBM101"])
