"""A page of documentation for a terminal: Markdown drawn by rich, programs in colour."""

from __future__ import annotations

from collections.abc import Iterator

MAX_WIDTH = 100
"""Prose in wider lines is hard to read."""


def render(text: str, width: int) -> Iterator[str]:
    """Draw Markdown for a terminal with colour that has this many columns, one line at a time."""
    # rich is imported only where it draws: a page for a pipe or a file does not pay for it.
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = Console(
        width=min(width, MAX_WIDTH),
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        theme=Theme({"markdown.code": "cyan"}),  # rich's own has a black background, a stain on a light terminal
    )
    with console.capture() as drawn:
        console.print(Markdown(text, code_theme="ansi_dark"))
    yield from (line.rstrip() for line in drawn.get().rstrip().split("\n"))
