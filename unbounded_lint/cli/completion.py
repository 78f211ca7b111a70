"""`unbounded-lint completion`: print a script with which a shell completes commands, options and their values.

The script is made from the parsers of the commands, and is static: a shell that completes runs nothing of ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from unbounded_lint.cli.options import Described, Parser
from unbounded_lint.cli.terminal import PROGRAM, emit

_FILES = frozenset({"PATH", "FILE", "FILE|KEY=VALUE", "PATTERNS"})
_RULES = frozenset({"RULES", "CODE"})


class Value(NamedTuple):
    """What stands behind an option or at the place of an argument: some words, or files."""

    words: tuple[str, ...] = ()
    files: bool = False


class Option(NamedTuple):
    """An option: its names, what it does, and what it takes (None for nothing)."""

    names: tuple[str, ...]
    does: str
    value: Value | None


class Command(NamedTuple):
    """A command: what it does, its options, and what it takes besides."""

    name: str
    does: str
    options: tuple[Option, ...]
    takes: Value


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("completion", "[OPTIONS] SHELL", "Print a script that lets a shell complete this command.")
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_SCRIPTS), help="bash, zsh or fish")
    options = parser.parse_args(arguments)
    return emit(_SCRIPTS[options.shell](commands()))


def commands() -> tuple[Command, ...]:
    """Every command, as its own parser describes it."""
    from importlib import import_module

    from unbounded_lint import cli

    found = []
    for name, (_, does) in cli.COMMANDS.items():
        try:
            import_module(f"{cli.__name__}.{name}").run([Parser.DESCRIBE])
        except Described as described:
            found.append(_command(name, does.partition(" (")[0], described.parser))
    return tuple(found)


def _command(name: str, does: str, parser: argparse.ArgumentParser) -> Command:
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    options = tuple(
        Option(tuple(action.option_strings), action.help or "", _value(action) if action.nargs != 0 else None)
        for action in shown
        if action.option_strings
    )
    places = [_value(action) for action in shown if not action.option_strings]
    words = tuple(word for place in places for word in place.words)
    return Command(name, does, options, Value(words, any(place.files for place in places)))


def _value(action: argparse.Action) -> Value:
    if action.choices is not None:
        return Value(tuple(map(str, action.choices)))
    if action.metavar in _RULES:
        from unbounded_lint.rules.titles import titles

        return Value(tuple(word for title in titles() for word in (title.code, title.name)))
    return Value(files=action.metavar in _FILES)


# --- bash ------------------------------------------------------------------------------------------------------------

_BASH_START = """\
# bash completion for unbounded-lint: eval "$(unbounded-lint completion bash)" in ~/.bashrc
_unbounded_lint() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=check
    local words= files= options=
    # bash takes --option=value for three words.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if (( COMP_CWORD > 1 )); then
        case ${COMP_WORDS[1]} in
"""
_BASH_END = """\
    esac
    if [[ $cur == -* ]]; then
        words=$options files=
    fi
    COMPREPLY=()
    [[ -n $words ]] && COMPREPLY+=($(compgen -W "$words" -- "$cur"))
    if [[ -n $files ]]; then
        local IFS=$'\\n'
        COMPREPLY+=($(compgen -f -- "$cur"))
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _unbounded_lint unbounded-lint
"""


def _bash(known: Sequence[Command]) -> Iterator[str]:
    names = [command.name for command in known]
    yield _BASH_START.rstrip("\n")
    yield f"            {'|'.join(names)}) command=${{COMP_WORDS[1]}} ;;"
    yield "        esac"
    yield "    fi"
    yield "    case $command:$prev in"
    for command in known:
        for option in command.options:
            if option.value is not None:
                patterns = "|".join(f"{command.name}:{name}" for name in option.names)
                yield f"        {patterns}) {_bash_value(option.value)} ;;"
    for command in known:
        options = " ".join(name for option in command.options for name in option.names)
        takes = _bash_value(command.takes)
        yield f'        {command.name}:*) options="{options}"; {takes} ;;'
    yield "    esac"
    yield "    case $COMP_CWORD in"
    yield f'        1) words="$words {" ".join(names)}"; options="$options --version" ;;'
    yield _BASH_END.rstrip("\n")


def _bash_value(value: Value) -> str:
    return f'words="{" ".join(value.words)}"; files={"1" if value.files else ""}'


# --- zsh -------------------------------------------------------------------------------------------------------------


def _zsh(known: Sequence[Command]) -> Iterator[str]:
    yield f"#compdef {PROGRAM}"
    yield f'# zsh completion for {PROGRAM}: eval "$({PROGRAM} completion zsh)" in ~/.zshrc, below compinit'
    yield "_unbounded_lint() {"
    yield "    local command=check"
    yield "    local -a commands"
    yield "    commands=("
    for command in known:
        yield f"        {_quoted(f'{command.name}:{command.does}')}"
    yield "    )"
    yield "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
    yield "        _describe command commands"
    yield "        _files"
    yield "        return"
    yield "    fi"
    yield f"    if [[ $words[2] == ({'|'.join(command.name for command in known)}) ]]; then"
    yield "        command=$words[2]"
    yield "        shift words"
    yield "        (( CURRENT-- ))"
    yield "    fi"
    yield "    case $command in"
    for command in known:
        yield f"        {command.name})"
        yield "            _arguments \\"
        for option in command.options:
            for name in option.names:
                yield f"                {_quoted(_zsh_option(name, option))} \\"
        yield f"                {_quoted('*:argument:' + _zsh_value(command.takes))} ;;"
    yield "    esac"
    yield "}"
    yield f"if [[ $funcstack[1] == _{PROGRAM} ]]; then"
    yield '    _unbounded_lint "$@"'
    yield "else"
    yield f"    compdef _unbounded_lint {PROGRAM}"
    yield "fi"


def _zsh_option(name: str, option: Option) -> str:
    does = option.does.replace("[", "(").replace("]", ")").replace(":", "\\:")
    return f"*{name}[{does}]" + (f":value:{_zsh_value(option.value)}" if option.value is not None else "")


def _zsh_value(value: Value) -> str:
    if value.words:
        return f"({' '.join(value.words)})"
    return "_files" if value.files else " "


# --- fish ------------------------------------------------------------------------------------------------------------


def _fish(known: Sequence[Command]) -> Iterator[str]:
    yield f"# fish completion for {PROGRAM}: {PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish"
    start = f"complete -c {PROGRAM}"
    for command in known:
        yield f"{start} -n __fish_is_first_arg -a {command.name} -d {_quoted(command.does)}"
    others = " ".join(command.name for command in known if command.name != "check")
    for command in known:
        seen = f"__fish_seen_subcommand_from {command.name}"
        # What is no command is a path to check.
        when = _quoted(f"not __fish_seen_subcommand_from {others}" if command.name == "check" else seen)
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            yield f"{start} -n {when} {names}{_fish_value(option.value)} -d {_quoted(option.does)}"
        if command.takes.words:
            yield f"{start} -n {when} -a {_quoted(' '.join(command.takes.words))}"
        if not command.takes.files:
            yield f"{start} -n {when} -f"


def _fish_value(value: Value | None) -> str:
    if value is None:
        return ""
    if value.words:
        return f" -x -a {_quoted(' '.join(value.words))}"
    return " -r" if value.files else " -x"


def _quoted(text: str) -> str:
    """A text as one word of any of the shells."""
    return "'" + text.replace("'", '"') + "'"


_SCRIPTS: Mapping[str, Callable[[Sequence[Command]], Iterator[str]]] = MappingProxyType(
    {"bash": _bash, "zsh": _zsh, "fish": _fish}
)
