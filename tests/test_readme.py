"""The generated parts of README.md; `python -m tests.test_readme --write` rewrites them."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, python
from tests.proof.run import across, by_rule
from unbounded_lint import cli
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.pages import path_of

README = ROOT / "README.md"
FIXING = ROOT / "unbounded_lint" / "docs" / "fixing.md"


def rules_block() -> str:
    """The table of all rules."""
    rows = ["| code | name | default | what it reports |", "| --- | --- | --- | --- |"]
    for rule in all_rules():
        summary = rule.summary.replace("|", "\\|")
        page = path_of(rule.name).relative_to(ROOT).as_posix()
        rows.append(f"| {rule.code} | [{rule.name}]({page}) | {'on' if rule.default else 'opt-in'} | {summary} |")
    return "\n".join(rows)


def example() -> list[str]:
    """The programs under "One finding": the leak, and what mends it."""
    section = README.read_text(encoding="utf-8").split("## One finding\n")[1].split("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)


def check_example(*programs: str) -> str:
    """What the command prints in full of a file with these programs one below the other."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text("\n\n".join(programs), encoding="utf-8")
        options = ("--isolated", "--no-cache", "--output-format", "full")
        done = python("-m", "unbounded_lint", "check", *options, cwd=Path(folder), env=environment(NO_COLOR="1"))
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout


def finding_block() -> str:
    """What the command says of the leak of the example."""
    return f"```text\n{check_example(example()[0]).rstrip()}\n```"


def with_block(text: str, name: str, block: str) -> str:
    """Give text with the block between its markers replaced; raises ValueError if the markers are not there once."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md has no single pair of markers for {name}")
    head, rest = text.split(begin)
    return f"{head}{begin}{block}\n{end}{rest.split(end)[1]}"


def generated(text: str) -> str:
    """Give the README as it should be."""
    blocks = {"rules": rules_block(), "finding": finding_block(), "proof": across()}
    for name, block in blocks.items():
        text = with_block(text, name, block)
    return text


def with_proof(text: str) -> str:
    """Give the page about repairs as it should be: its table is what the last proof came to."""
    table = re.compile(r"^\| rule \|.*\n(?:\|.*\n)+", re.MULTILINE)
    assert len(table.findall(text)) == 1
    return table.sub(lambda _: f"{by_rule()}\n", text)


def test_generated_blocks_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == generated(text), "run: python -m tests.test_readme --write"


def test_the_table_of_the_proof_is_up_to_date() -> None:
    text = FIXING.read_text(encoding="utf-8")
    assert text == with_proof(text), "run: python -m tests.test_readme --write"


def test_what_mends_the_example_is_found_to_do_so() -> None:
    leak, mended = example()
    assert check_example(leak) and not check_example(f"import threading\n{leak}", mended)


def test_it_can_be_read_in_one_go() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 200


def test_links_lead_to_files_of_the_repository() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_of_the_readme_parses(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    text = README.read_text(encoding="utf-8")
    used = {
        option
        for line in re.findall(rf"unbounded-lint {command} [^`\n]*", text)
        for option in re.findall(r"--[a-z-]+", line)
    }
    assert used <= options


def test_example_of_the_quick_start_has_findings(capsys: pytest.CaptureFixture[str]) -> None:
    quick = README.read_text(encoding="utf-8").split("## Quick start\n")[1].split("\n## ")[0]
    (path,) = re.findall(r"unbounded-lint check (fixtures/\S+)", quick)
    assert cli.main([str(ROOT / path), "--no-cache", "--output-format", "concise"]) == 1
    assert "UBM101" in capsys.readouterr().out


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.test_readme --write")
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
    FIXING.write_text(with_proof(FIXING.read_text(encoding="utf-8")), encoding="utf-8")
