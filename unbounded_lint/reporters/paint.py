"""Colours for a terminal: what reports draw them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Paint: TypeAlias = Callable[[str, str], str]
"""Takes a text and the name of a rich style, gives the text to print."""


def painter(color: bool) -> Paint:
    """What paints where colour is wanted, and leaves texts as they are where it is not."""
    return _colored if color else _plain


def _plain(text: str, style: str) -> str:
    return text


def _colored(text: str, style: str) -> str:
    # rich is imported only where it draws: a report for a pipe or a file does not pay for it.
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)
