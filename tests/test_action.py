"""The action for GitHub: its form, and its scripts, which are run here as GitHub runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import ROOT
from tests.programs import write
from unbounded_lint.cli.options import check_parser

ACTION = ROOT / ".github" / "actions" / "unbounded-lint" / "action.yml"
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
"""As GitHub starts it."""

GROWS = "X = {}\n\n\ndef f(request):\n    X[request.id] = 1\n"


def action() -> Any:
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


def scripts() -> dict[str, str]:
    """The shell scripts by the names of their steps."""
    return {step["name"]: step["run"] for step in action()["runs"]["steps"] if "run" in step}


def test_it_is_composite_and_has_the_inputs_that_are_promised() -> None:
    assert action()["runs"]["using"] == "composite"
    assert set(action()["inputs"]) == {"path", "args", "version", "diff-base", "upload-sarif"}
    assert all(each["description"] for each in [*action()["inputs"].values(), *action()["outputs"].values()])


def test_every_input_is_used_and_every_one_that_is_used_exists() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text(encoding="utf-8")))
    assert used == set(action()["inputs"])


def test_every_step_that_is_referred_to_exists_above() -> None:
    known: set[str] = set()
    for step in action()["runs"]["steps"]:
        referred = re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", str(step))
        assert {name for name, _ in referred} <= known
        known.add(step.get("id", ""))


@pytest.mark.parametrize("name", scripts())
def test_its_scripts_are_shell(name: str) -> None:
    done = subprocess.run(["bash", "-n"], input=scripts()[name], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", scripts())
def test_its_scripts_hold_no_expression_that_a_stranger_could_fill_with_commands(name: str) -> None:
    """Inputs come in through the environment."""
    assert "${{" not in scripts()[name]


def test_every_step_with_a_script_names_its_shell() -> None:
    assert {step.get("shell") for step in action()["runs"]["steps"] if "run" in step} == {"bash"}


def test_the_options_that_it_gives_exist() -> None:
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", scripts()["Check"]))
    known = {option for each in check_parser()._actions for option in each.option_strings}
    of_git = {"--verify", "--quiet", "--end-of-options", "--no-tags", "--depth"}
    assert used - of_git <= known
    assert {"--output-format", "--output", "--diff-base"} <= used


# --- the check, run ---------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout, and beside it the folders that the steps before have made."""
    write(tmp_path / "temp" / "bin", {"unbounded-lint": f'#!/bin/sh\nexec {sys.executable} -m unbounded_lint "$@"\n'})
    (tmp_path / "temp" / "bin" / "unbounded-lint").chmod(0o755)
    (tmp_path / "temp" / "unbounded-lint").mkdir()
    return write(tmp_path / "checkout", {"pyproject.toml": "", "app/m.py": GROWS, "good/n.py": "X = {}\n"})


def run(checkout: Path, **inputs: str) -> tuple[str, dict[str, str]]:
    """What the script of the check writes to stdout, and its outputs."""
    temp = checkout.parent / "temp"
    output = temp / "output"
    output.write_text("")
    given = {"CHECKED_PATH": ".", "ARGS": "", "DIFF_BASE": "", **inputs}
    env: Mapping[str, str] = {
        **os.environ,
        **given,
        "PYTHONPATH": str(ROOT),
        "BIN": str(temp / "bin"),
        "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(output),
    }
    script = write(temp, {"script.sh": scripts()["Check"]}) / "script.sh"
    done = subprocess.run([*BASH, str(script)], cwd=checkout, env=env, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.stdout + done.stderr, outputs


def test_findings_are_annotated_and_written_as_sarif(checkout: Path) -> None:
    shown, outputs = run(checkout)
    assert outputs == {"status": "1", "sarif": str(checkout.parent / "temp/unbounded-lint/findings.sarif")}
    assert re.search(r"^::\w+ .*file=app/m\.py,line=1", shown, re.MULTILINE)
    assert '"2.1.0"' in Path(outputs["sarif"]).read_text()


def test_a_clean_run_has_an_empty_report(checkout: Path) -> None:
    shown, outputs = run(checkout, CHECKED_PATH="good\n")
    assert outputs["status"] == "0" and Path(outputs["sarif"]).is_file() and "::error" not in shown


def test_an_error_has_no_report(checkout: Path) -> None:
    (checkout.parent / "temp/unbounded-lint/findings.sarif").write_text("of the run before")
    shown, outputs = run(checkout, ARGS="--no-such")
    assert outputs == {"status": "2"} and "--no-such" in shown


def test_paths_and_options_are_separated_by_spaces_and_nothing_in_them_is_run(checkout: Path) -> None:
    shown, outputs = run(checkout, CHECKED_PATH="app good", ARGS="--select UBM2\n --no-cache $(touch ran) `touch ran`")
    assert outputs["status"] == "2" and "$(touch does not exist" in shown
    assert not (checkout / "ran").exists()
    assert run(checkout, CHECKED_PATH="app good", ARGS="--select UBM2\n --no-cache")[1]["status"] == "0"


def test_only_what_is_new_is_reported_also_where_the_checkout_has_one_commit(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")

    def git(*arguments: str, cwd: Path) -> str:
        done = subprocess.run(["git", *arguments], cwd=cwd, text=True, capture_output=True, check=True)
        return done.stdout.strip()

    origin = tmp_path / "origin"
    checkout.rename(origin)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "old"]):
        git(*command, cwd=origin)
    base = git("rev-parse", "HEAD", cwd=origin)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=origin)
    write(origin, {"good/n.py": GROWS})
    git("commit", "-q", "-a", "-m", "new", cwd=origin)
    git("clone", "-q", "--depth", "1", origin.as_uri(), str(checkout), cwd=tmp_path)
    shown, outputs = run(checkout, DIFF_BASE=base)
    assert outputs["status"] == "1"
    assert "file=good/n.py" in shown and "file=app/m.py" not in shown
    assert run(checkout, DIFF_BASE="nope")[1] == {"status": "2"}
