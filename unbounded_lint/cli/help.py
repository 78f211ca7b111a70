"""`unbounded-lint help`: list the pages of documentation, or print some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.alike import nearest
from unbounded_lint.cli.options import Parser
from unbounded_lint.cli.terminal import PROGRAM, emit, emit_pages
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.docs import Page


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("help", "[PAGE ...]", "List the pages of documentation, or print those named.")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="names of pages (default: list all)")
    options = parser.parse_args(arguments)
    from unbounded_lint.docs import pages

    known = pages()
    chosen = [_find(name, known) for name in options.pages]
    return emit_pages(page.text for page in chosen) if chosen else emit(_table(known))


def _find(wanted: str, known: Sequence[Page]) -> Page:
    for page in known:
        if page.name == wanted.lower():
            return page
    near = nearest(wanted, (page.name for page in known))
    hint = f"did you mean {near}?" if near else f"`{PROGRAM} help` lists them"
    raise UserError(f"no page is called {wanted!r}; {hint}")


def _table(known: Sequence[Page]) -> Iterator[str]:
    width = max(len(page.name) for page in known)
    for page in known:
        yield f"{page.name:<{width}}  {page.title}"
