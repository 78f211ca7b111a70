"""The pages of documentation: Markdown files beside this one, which `unbounded-lint help PAGE` prints."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Page(NamedTuple):
    """A page: its name, which is that of its file, the title, and the whole text with it."""

    name: str
    title: str
    text: str


def pages() -> tuple[Page, ...]:
    """All pages by name."""
    return tuple(_read(path) for path in sorted(Path(__file__).parent.glob("*.md")))


def _read(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    return Page(path.stem, text.partition("\n")[0].removeprefix("# "), text)
