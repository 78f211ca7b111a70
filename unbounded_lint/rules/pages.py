"""The page of a rule: the Markdown file beside its module, which is its documentation and holds its examples.

A page is CommonMark with this grammar, and anything else is an error:

- the title, `# NAME (CODE)` or, for a rule that is off unless it is selected, `# NAME (CODE), opt-in`, and one
  paragraph, which is the rule's summary as a sentence;
- a `## ` heading for each of `HEADINGS`, in that order, with paragraphs and lists below it;
- under the headings of `KINDS`, programs. A program is a paragraph that ends in a colon and says what is shown, and
  then file by file a paragraph with nothing but the name in backticks, and the text in a block fenced as `python`.

Marks in the programs, `# expect: CODE` and `# ok: REASON`, say what is reported there; the tests hold them to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from unbounded_lint.errors import UserError
from unbounded_lint.rules.titles import file_of

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead", "When it stays quiet", "Options")

Kind = Literal["bad", "good"]
KINDS: Mapping[str, Kind] = MappingProxyType({"Example": "bad", "Use instead": "good", "When it stays quiet": "good"})
"""Where programs may stand, and whether the rule reports them there."""

_FILE = re.compile(r"`(\w+(?:/\w+)*\.py)`")
_PROGRAM = re.compile(r":(?:fc)+")
"""The first letters of the sorts of a program's blocks."""


class PageError(UserError):
    """A page that does not keep to the grammar; the message says where and what."""


class Example(NamedTuple):
    """A program of a page: whether the rule reports it, the sentence that introduces it, and file name -> text."""

    kind: Kind
    lead: str
    files: Mapping[str, str]


class Page(NamedTuple):
    """A page taken apart: its title, the sentence below it, and its programs from top to bottom."""

    title: str
    summary: str
    examples: tuple[Example, ...]


class _Block(NamedTuple):
    """A block of a page; its sort is title, heading, paragraph, list, code, file (a name), or `:` (a lead)."""

    sort: str
    text: str
    line: int


def path_of(name: str) -> Path:
    """Where the page of the rule with this name lies."""
    return Path(file_of(name))


@cache
def page_of(name: str) -> Page:
    """The page of a rule, taken apart; raises OSError if there is none, PageError if it breaks the grammar."""
    path = path_of(name)
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, file: str) -> Page:
    """Take the text of a page apart; file is its name, for the messages. Raises PageError for a broken one."""
    blocks = list(_blocks(text, file))
    if [block.sort for block in blocks[:3]] != ["title", "paragraph", "heading"]:
        raise PageError(f"{file}:1: a page begins with `# NAME (CODE)`, one paragraph and a heading")
    sections = _sections(blocks[2:], file)
    examples = tuple(example for section in sections for example in _examples(section, file))
    return Page(blocks[0].text, blocks[1].text, examples)


def _blocks(text: str, file: str) -> Iterator[_Block]:
    # Only what asks for examples pays for the parser.
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    for node in SyntaxTreeNode(MarkdownIt("commonmark").parse(text)).children:
        line = node.map[0] + 1 if node.map else 1
        match node.type:
            case "heading" if node.tag in {"h1", "h2"}:
                yield _Block("title" if node.tag == "h1" else "heading", node.children[0].content, line)
            case "paragraph":
                yield _paragraph(" ".join(node.children[0].content.split("\n")), line)
            case "bullet_list":
                yield _Block("list", "", line)
            case "fence" if node.info == "python":
                yield _Block("code", node.content, line)
            case other:
                raise PageError(f"{file}:{line}: a page has no place for this {other.replace('_', ' ')}")


def _paragraph(text: str, line: int) -> _Block:
    if named := _FILE.fullmatch(text):
        return _Block("file", named[1], line)
    return _Block(":" if text.endswith(":") else "paragraph", text, line)


def _sections(blocks: Sequence[_Block], file: str) -> list[Sequence[_Block]]:
    """The blocks under each heading, the heading first."""
    starts = [index for index, block in enumerate(blocks) if block.sort in {"title", "heading"}]
    found = [blocks[start:end] for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True)]
    for (heading, *rest), wanted in zip(found, [*HEADINGS, ""], strict=False):
        if (heading.sort, heading.text) != ("heading", wanted):
            what = f"`## {wanted}` is missing above this heading" if wanted else f"`## {HEADINGS[-1]}` is the last one"
            raise PageError(f"{file}:{heading.line}: {what}")
        if not rest:
            raise PageError(f"{file}:{heading.line}: nothing stands under `{heading.text}`")
    if len(found) < len(HEADINGS):
        raise PageError(f"{file}: `## {HEADINGS[len(found)]}` is missing at the end")
    return found


def _examples(section: Sequence[_Block], file: str) -> Iterator[Example]:
    """The programs of a section; what is left of names and code makes it a broken one."""
    kind = KINDS.get(section[0].text)
    end = 0
    for found in _PROGRAM.finditer("".join(block.sort[0] for block in section)):
        _no_pieces(section[end : found.start()], file)
        end = found.end()
        lead, *files = section[found.start() : end]
        if kind is None:
            raise PageError(f"{file}:{lead.line}: no program belongs under `{section[0].text}`")
        names = [block.text for block in files[::2]]
        if len(set(names)) < len(names):
            raise PageError(f"{file}:{lead.line}: two files of a program have one name")
        yield Example(kind, lead.text, dict(zip(names, (block.text for block in files[1::2]), strict=True)))
    _no_pieces(section[end:], file)


def _no_pieces(blocks: Sequence[_Block], file: str) -> None:
    for block in blocks:
        if block.sort in {"file", "code", ":"}:
            raise PageError(
                f"{file}:{block.line}: a program is a sentence that ends in a colon and then, for each file, its name "
                "in backticks and its text in a block fenced as `python`"
            )
