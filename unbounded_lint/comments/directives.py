"""Our own comments: `# ubm: ignore[UBM101] reason`, `# ubm: bounded(reason)` and `# ubm: swept-by(pkg.mod:func)`.

Each covers the whole statement it stands in, or, on a line of its own, the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from unbounded_lint.alike import nearest
from unbounded_lint.comments.layout import Comment, Layout, Lines, statement_of

_HEAD = re.compile(r"#\s*ubm:\s*(?P<word>[\w\-]*)")
_NEAR = re.compile(
    r"#\s*ubm\s*(?:[:=]\s*(?P<word>ignore|bounded|swept-by)(?![\w-])|(?P<bare>ignore|bounded|swept-by)\s*[\[(])",
    re.IGNORECASE,
)
_OURS = re.compile(r"#\s*(?:ubm|UBM)\b")
_OURS_ENCODED = re.compile(_OURS.pattern.encode())
_CODE_OUTSIDE = re.compile(r"[:=]?\s*(?P<code>UBM\d+)", re.IGNORECASE)
_ARGUMENT = re.compile(r"\s*(?=[\[(])")
_REST = re.compile(r"(?:[^#]|#(?=\d))*")  # another comment may follow, but `#12` is a number
_SEPARATOR = re.compile(r"[,\s]+")
_SYMBOL = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.(?:[^\W\d]\w*|<locals>))*)?")
_BRACKETS = {"ignore": "[]", "bounded": "()", "swept-by": "()"}
_FORMS = {"ignore": "ignore[UBM101]", "bounded": "bounded(reason)", "swept-by": "swept-by(pkg.mod:function)"}


class Directive(msgspec.Struct, frozen=True):
    """One comment that suppresses.

    kind     "noqa", "ubm", or "file" for `# flake8: noqa`
    line     1-based line of the comment
    codes    codes, prefixes of codes or names of rules, as written; empty for a blanket one
    first, last   the lines it covers, both included
    reason   what stands behind a `ubm: ignore`, as written
    column   1-based column where it begins; 0 for what may be no comment but the text of a string
    """

    kind: Literal["noqa", "ubm", "file"]
    line: int
    codes: tuple[str, ...]
    first: int
    last: int
    reason: str = ""
    column: int = 0

    def covers(self, code: str, line: int) -> bool:
        """Whether it silences `code` reported at the 1-based `line`."""
        return self.first <= line <= self.last and (not self.codes or code.startswith(self.codes))


class Declaration(msgspec.Struct, frozen=True):
    """One comment that says why the containers defined in the lines `first` to `last` do not grow without limit.

    kind     "bounded", or "swept-by" where `function` names what sweeps them on a timer
    function a symbol as written, "" for bounded
    reason   as written
    """

    kind: Literal["bounded", "swept-by"]
    line: int
    column: int
    first: int
    last: int
    function: str = ""
    reason: str = ""

    @property
    def bound(self) -> str:
        """What bounds a container by it, in a few words."""
        return f"a declared sweep, {self.function}" if self.function else f"a declaration: {self.reason}"

    @property
    def words(self) -> str:
        """What it says, in a few words."""
        if self.kind == "bounded":
            return f"bounded: {self.reason}"
        return f"swept by {self.function}{f': {self.reason}' if self.reason else ''}"


class Malformed(msgspec.Struct, frozen=True):
    """A comment of ours that cannot be read, where it stands, and what is wrong with it."""

    line: int
    column: int
    why: str


Own: TypeAlias = "Directive | Declaration | Malformed"


class _Written(NamedTuple):
    """What stands in a comment: its word, the opening bracket ("" for none), what is inside, whether that is closed,
    and what stands behind it."""

    word: str
    bracket: str
    inside: str
    closed: bool
    behind: str

    @property
    def reason(self) -> str:
        """What stands inside the brackets and behind them."""
        return " ".join(f"{self.inside} {self.behind}".split())


def may_have_ours(text: str) -> bool:
    """Whether a text may hold comments of our own, or what was meant as one: a quick look."""
    return ("ubm" in text or "UBM" in text) and _OURS.search(text) is not None


def may_encode_ours(data: bytes) -> bool:
    """The same of the bytes of a file."""
    return (b"ubm" in data or b"UBM" in data) and _OURS_ENCODED.search(data) is not None


def own(lines: Lines, layout: Layout) -> Iterator[Own]:
    """Read our own comments; where a file cannot be tokenised, whatever stands behind a hash."""
    comments = layout.comments
    if comments is None:
        found = ((number, line, line.find("#")) for number, line in enumerate(lines, 1))
        comments = tuple(Comment(number, at + 1, line[at:].rstrip()) for number, line, at in found if at >= 0)
    for comment in comments:
        if not may_have_ours(comment.text):
            continue
        first, last = statement_of(comment, lines, layout.statements)
        for at, written in _parts(comment.text):
            yield _read(written, comment.line, comment.column + at, first, last)
        for at, why in _near(comment.text):
            yield Malformed(comment.line, comment.column + at, why)


def _near(text: str) -> Iterator[tuple[int, str]]:
    """What of a comment was meant as a directive and is none, each with its offset, and what is wrong with it."""
    for found in _NEAR.finditer(text):
        if not _HEAD.match(text, found.start()):
            word = found["word"] or found["bare"]
            shown = text[found.start() : found.end(found.lastgroup or 0)]
            yield found.start(), f"`{shown}` is no directive; write `# ubm: {_FORMS[word.lower()]}`"


def _parts(text: str) -> Iterator[tuple[int, _Written]]:
    """The directives of one comment, each with its offset."""
    end = 0
    while found := _HEAD.search(text, end):
        inside, bracket, closed, end = "", "", True, found.end()
        opened = _ARGUMENT.match(text, end)
        # A bracket that stands apart begins the reason of an `ignore`, and the argument of what needs one.
        if opened and (opened.end() == end or text[opened.end()] == _BRACKETS.get(found["word"], "  ")[0]):
            bracket = text[opened.end()]
            end, closed = _closing(text, opened.end())
            inside = text[opened.end() + 1 : end - closed]
        rest = _REST.match(text, end)
        behind, end = (rest[0], rest.end()) if rest else ("", end)
        yield found.start(), _Written(found["word"], bracket, inside.strip(), closed, behind.strip())


def _closing(text: str, start: int) -> tuple[int, bool]:
    """Where the bracket that opens at `start` ends, and whether it is closed; pairs of them may stand inside."""
    opening, closing = text[start], "]" if text[start] == "[" else ")"
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if not depth:
            return at + 1, True
    return len(text), False


def _read(written: _Written, line: int, column: int, first: int, last: int) -> Own:
    why = _fault(written)
    if why:
        return Malformed(line, column, why)
    if written.word == "ignore":
        return Directive("ubm", line, codes_of(written.inside), first, last, written.behind, column)
    if written.word == "bounded":
        return Declaration("bounded", line, column, first, last, reason=written.reason)
    return Declaration("swept-by", line, column, first, last, written.inside, written.behind)


def _form(word: str, inside: str) -> str:
    """How a directive is written, with the code that was meant."""
    meant = _CODE_OUTSIDE.match(inside) if word == "ignore" else None
    return f"ignore[{meant['code'].upper()}]" if meant else _FORMS[word]


def _fault(written: _Written) -> str:
    """What is wrong with a directive, "" for nothing."""
    word, bracket = written.word, written.bracket
    pair = _BRACKETS.get(word)
    if pair is None:
        near = nearest(word, _BRACKETS)
        hint = f"did you mean `{near}`?" if near else "known are `ignore`, `bounded` and `swept-by`"
        return f"`# ubm: {word}` is no directive; {hint}"
    form = f"write `# ubm: {_form(word, written.inside)}`"
    if bracket and bracket != pair[0]:
        return f"`# ubm: {word}{bracket}` has the wrong sort of bracket; {form}"
    if not written.closed:
        return f"`# ubm: {word}{bracket}` has a bracket that is not closed; {form}"
    if word == "ignore" and not bracket and (outside := _CODE_OUTSIDE.match(written.behind)):
        shown = f"# ubm: ignore{'' if outside[0][0] in ':=' else ' '}{outside[0]}"
        return f"`{shown}` has its codes without brackets; write `# ubm: ignore[{outside['code'].upper()}]`"
    if word == "ignore":
        return f"`# ubm: ignore[]` names no code; {form}" if bracket and not codes_of(written.inside) else ""
    if not bracket or not written.inside:
        return f"`# ubm: {word}` {'gives no reason' if word == 'bounded' else 'names no function'}; {form}"
    if word == "swept-by" and not _SYMBOL.fullmatch(written.inside):
        return f"`# ubm: swept-by({written.inside})` names no function; {form}"
    return ""


def codes_of(written: str | None) -> tuple[str, ...]:
    """The codes in a list of them, which commas or spaces separate."""
    return tuple(code for code in _SEPARATOR.split(written) if code) if written else ()
