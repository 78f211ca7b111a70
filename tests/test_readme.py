"""The generated parts of README.md; `python -m tests.test_readme --write` rewrites them."""

from __future__ import annotations

import re
import sys

import msgspec
import pytest

from tests.processes import ROOT, environment, python
from unbounded_lint import cli
from unbounded_lint.config import DEFAULT_EXCLUDE, Settings
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.pages import path_of

README = ROOT / "README.md"


def rules_block() -> str:
    """The table of all rules."""
    rows = ["| code | name | default | what it reports |", "| --- | --- | --- | --- |"]
    for rule in all_rules():
        summary = rule.summary.replace("|", "\\|")
        page = path_of(rule.name).relative_to(ROOT).as_posix()
        rows.append(f"| {rule.code} | [{rule.name}]({page}) | {'on' if rule.default else 'opt-in'} | {summary} |")
    return "\n".join(rows)


def help_block() -> str:
    """What `unbounded-lint check --help` prints, 100 columns wide."""
    env = environment(COLUMNS="100", NO_COLOR="1")
    done = python("-m", "unbounded_lint", "check", "--help", env=env)
    assert done.returncode == 0, done.stderr
    return f"```text\n{done.stdout.rstrip()}\n```"


def with_block(text: str, name: str, block: str) -> str:
    """Give text with the block between its markers replaced; raises ValueError if the markers are not there once."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md has no single pair of markers for {name}")
    head, rest = text.split(begin)
    return f"{head}{begin}{block}\n{end}{rest.split(end)[1]}"


def generated(text: str) -> str:
    """Give the README as it should be."""
    return with_block(with_block(text, "rules", rules_block()), "help", help_block())


def test_generated_blocks_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == generated(text), "run: python -m tests.test_readme --write"


def settings_rows() -> list[tuple[str, str]]:
    """The key and the default of each row in the table of settings."""
    section = README.read_text(encoding="utf-8").split("## Settings\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", section, flags=re.MULTILINE)


def test_table_of_settings_is_complete_and_has_the_real_defaults() -> None:
    rows = dict(settings_rows())
    defaults = msgspec.json.decode(msgspec.json.encode(Settings()))
    assert set(rows) == set(defaults)
    for key, default in rows.items():
        if default.startswith("`"):
            assert msgspec.json.decode(default.strip("`")) == defaults[key], key
        else:
            assert defaults[key] in (None, list(DEFAULT_EXCLUDE)), key


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
