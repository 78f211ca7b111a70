"""The scripts for shells: made from the parsers, and tried in the shells themselves where these are installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.processes import finished
from unbounded_lint import cli
from unbounded_lint.cli.completion import commands
from unbounded_lint.rules import all_rules

# What bash itself does when a person presses the tab key: sets these variables, calls the function, reads the answers.
ASK_BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_unbounded_lint
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSHRC = """
autoload -U compinit; compinit -u -d $ZDOTDIR/dump; source $ZDOTDIR/script
PS1= PS2=; unbounded-lint() { print -r -- "done <$*>" }
"""
RULES = sorted(word for rule in all_rules() for word in (rule.code, rule.name))
COMMANDS = sorted(cli.COMMANDS)


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.fixture
def bash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    (tmp_path / "script").write_text(script("bash", capsys))
    (tmp_path / "src").mkdir()
    (tmp_path / "two words.py").touch()
    return tmp_path


def completed(place: Path, *words: str) -> list[str]:
    done = finished(["bash", "--norc", "-c", ASK_BASH, "bash", "./script", "unbounded-lint", *words], cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(filter(None, done.stdout.split("\n")))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], sorted([*COMMANDS, "script", "src", "two words.py"])),
        (["cl"], ["clean"]),
        (["s"], ["script", "src"]),
        (["check", "s"], ["script", "src"]),
        (["check", "--output-f"], ["--output-format"]),
        (["--output-f"], ["--output-format"]),
        (["--ver"], ["--version"]),
        (["check", "--ver"], []),
        (["rule", "--no-c"], []),
        (["--color", "a"], ["always", "auto"]),
        (["check", "src", "--color", "n"], ["never"]),
        (["check", "--color", "="], ["always", "auto", "never"]),
        (["check", "--color", "=", "n"], ["never"]),
        (["rule", "--output-format", ""], ["json", "text"]),
        (["rule", "UBM10"], [f"UBM10{number}" for number in range(1, 7)]),
        (["--select", "unb"], ["unbounded-function-cache"]),
        (["--ignore", ""], RULES),
        (["--config", "s"], ["script", "src"]),
        (["--jobs", ""], []),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["check", "two"], ["two words.py"]),
    ],
)
def test_what_bash_completes(bash: Path, words: list[str], expected: list[str]) -> None:
    assert completed(bash, *words) == expected


def test_every_option_of_every_command_is_completed(bash: Path) -> None:
    for name in cli.COMMANDS:
        known = {
            option for command in commands() if command.name == name for o in command.options for option in o.names
        }
        assert "--help" in known and "--describe-options" not in known
        assert set(completed(bash, name, "-")) == known


def test_every_command_is_described() -> None:
    assert [command.name for command in commands()] == list(cli.COMMANDS)


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_each_shell_can_read_its_script(
    shell: str, check: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (tmp_path / "script").write_text(script(shell, capsys))
    done = finished([shell, check, "script"], cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cl", ["clean"]),
        ("check --color n", ["never"]),
        ("--color=n", ["--color=never"]),
        ("rule UBM30", ["UBM301"]),
        ("completion f", ["fish"]),
        ("rule --output-format j", ["json"]),
    ],
)
def test_what_fish_completes(
    line: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("fish") is None:
        pytest.skip("there is no fish")
    (tmp_path / "script").write_text(script("fish", capsys))
    ask = f"source script; complete -C 'unbounded-lint {line}'"
    done = finished(["fish", "--no-config", "-c", ask], cwd=tmp_path)
    assert [row.split("\t")[0] for row in done.stdout.splitlines()] == expected, done.stderr


@pytest.mark.parametrize(
    ("line", "expected"), [("cl", "clean"), ("rule --output-format j", "json"), ("--color n", "never")]
)
def test_what_zsh_completes(line: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal of its own, since zsh completes for nobody else; what is completed is then on its line."""
    if shutil.which("zsh") is None:
        pytest.skip("there is no zsh")
    (tmp_path / "script").write_text(script("zsh", capsys))
    (tmp_path / ".zshrc").write_text(ZSHRC)
    (tmp_path / "ask").write_text(
        'zmodload zsh/zpty\nzpty shell "ZDOTDIR=$PWD zsh -d -i"\n'
        f"zpty -n -w shell $'unbounded-lint {line}\\t\\n'\n"
        "zpty -r shell shown '*done <*>*'\nprint -r -- $shown\nzpty -d shell\n"
    )
    done = finished(["zsh", "-f", "ask"], cwd=tmp_path)
    words = " ".join([*line.split()[:-1], expected])
    assert f"done <{words}>" in done.stdout.replace(" >", ">"), (done.stdout, done.stderr)


@pytest.mark.parametrize("argv", [["completion"], ["completion", "tcsh"]])
def test_a_shell_that_is_not_known_is_one_sentence(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_command_is_in_one_group_of_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    grouped = [name for names in cli.GROUPS.values() for name in names if name in cli.COMMANDS]
    assert sorted(grouped) == COMMANDS
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out.splitlines()
    heads = [line[:-1] for line in shown if line.endswith(":") and not line.startswith(" ")]
    assert heads == [*cli.GROUPS, "options"]
