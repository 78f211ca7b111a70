"""What somebody meant who mistyped an option, a value or a command."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.alike import nearest
from unbounded_lint.cli.terminal import PROGRAM

_ALIKE = 0.75
"""How much of an option or a command has to be as it is written: less, and another one is offered than was meant."""


def meant_option(message: str, known: Iterable[str], commands: Iterable[str]) -> str:
    """What to say behind a message of unknown options: the option, or the command, that was meant by the first of them,
    "" for none."""
    option = next((word.partition("=")[0] for word in message.split() if word.startswith("--")), "")
    name = option.removeprefix("--")
    options = [one for one in known if one.startswith("--")]
    if name in commands:
        return f"; did you mean the command {PROGRAM} {name}?"
    ends = [one for one in options if name and one.endswith(f"-{name}")]
    near = next(iter(ends), "") or nearest(option, options, alike=_ALIKE)
    return f"; did you mean {near}?" if near else ""


def meant_command(word: str, commands: Iterable[str]) -> str:
    """The command that was meant by a word that is neither one nor a path, "" for none."""
    return nearest(word, commands, alike=_ALIKE)


def choice_hint(value: object, choices: Iterable[object]) -> str:
    """What to say of a value that is none of the choices: the one that was meant, or all of them."""
    words = [str(choice) for choice in choices]
    near = nearest(str(value), words)
    return f"did you mean {near}?" if near else f"choose from {', '.join(words)}"
