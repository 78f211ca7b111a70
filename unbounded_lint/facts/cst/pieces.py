"""A large file in pieces: its syntax tree is made, read and dropped part by part.

The tree of libcst takes about 3 kB for each token, so the tree of a whole generated file would take gigabytes. A file
above `PIECE` is parsed a run of statements at a time. A statement that is itself too large is parsed with its long
blocks and displays left out, a *hole* with a filler for each; whoever reads the statement meets the hole by the index
of its first token, and is given what stands there, in pieces again. No token is skipped, so that positions stay as they
are, and a filler lies on the line where its hole ends, so that the lines of errors do too.
"""

from __future__ import annotations

import keyword
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import libcst as cst

from unbounded_lint.facts.cst import constants
from unbounded_lint.facts.cst.parse import guarded
from unbounded_lint.facts.scan import SourceError, Tokens

PIECE = 20_000
"""Tokens and lines that are parsed together; a line counts as two, for the nodes of its layout."""

MAX_UNIT = 100_000
"""Tokens and lines of what cannot be taken apart: about 300 MB of tree."""

MAX_INDENTS = 100
LINE_WEIGHT = 2
_HOLE_PART = 32
_CONTINUES = frozenset({"elif", "else", "except", "finally"})
_OWN_BRACKETS = frozenset({"async", "class", "def", "from", "import", "match", "type", "with"})
_KEYWORDS = frozenset(keyword.kwlist) - {"None", "True", "False"}

Hole = Callable[[], Iterator[Any]]


class _Kind(NamedTuple):
    """How the elements of a bracket are parsed alone: what stands around them, what they become a field of, and what
    stands for them in a hole."""

    opening: str
    closing: str
    field: str
    filler: str


_ITEMS = _Kind("[", "]", "elements", "_")
_TUPLE = _Kind("[", "]", "elements", "_, _")
_DICT = _Kind("{", "}", "elements", "_: _")
_CALL = _Kind("_(", ")", "args", "_")


class _Bracket(NamedTuple):
    """A bracket whose elements can be parsed alone, by the indices of its tokens."""

    opening: int
    closing: int
    commas: array[int]
    kind: _Kind


class _Cut(NamedTuple):
    """A stretch of the text that a filler stands for, and what it weighs."""

    start: int
    end: int
    filler: str
    weight: int


class _Lines:
    """The logical lines of a text: first token, offset where it begins and behind its newline, width of its
    indentation."""

    def __init__(self) -> None:
        self.first = array("I")
        self.start = array("I")
        self.end = array("I")
        self.width = array("I")


class Pieces:
    """The nodes of a file, made as they are asked for. `holes` grows by what was left out of the nodes given."""

    def __init__(self, tokens: Tokens, size: int) -> None:
        self.tokens = tokens
        self.size = size
        self.small = size // _HOLE_PART
        self.holes: dict[int, Hole] = {}
        self.lines = _Lines()

    def module(self) -> Iterator[Any]:
        """The statements of the file, in order. Raises `SourceError` for what is no Python or too large to parse."""
        tokens = self.tokens
        weight = len(tokens) + LINE_WEIGHT * tokens.line(len(tokens.text))
        if weight > self.size:
            lines = _logical_lines(tokens)
            if lines is not None:
                self.lines = lines
                yield from self._block(0, len(lines.first))
                return
            if weight > MAX_UNIT:
                raise SourceError("too large to parse at once, and indented too unevenly to be parsed in parts", 1)
        yield from guarded(cst.parse_module, tokens.text).body

    # --- statements ---

    def _block(self, first: int, last: int) -> Iterator[Any]:
        """The statements of the logical lines from `first` to before `last`."""
        begun = start = first
        for line in chain(self._statements(first, last), (last,)):
            if start < begun and self._line_weight(start, line) > self.size:
                yield from self._parsed_statements(start, begun)
                start = begun
            begun = line
        if start < last:
            yield from self._parsed_statements(start, last)

    def _statements(self, first: int, last: int) -> Iterator[int]:
        """Where the statements of a block begin."""
        lines = self.lines
        width = lines.width[first] if first < last else 0
        decorated = False
        for line in range(first, last):
            if lines.width[line] == width:
                word = self._word(lines.first[line])
                if not decorated and word not in _CONTINUES:
                    yield line
                decorated = word == "@"

    def _parsed_statements(self, first: int, last: int) -> Sequence[Any]:
        lines = self.lines
        weight = self._line_weight(first, last)
        cuts = self._line_cuts(first, last) if weight > self.size else []
        line = self.tokens.line(lines.start[first])
        self._afford(weight, cuts, line)
        text = self._text(lines.start[first], self.tokens.ends[self._token(last) - 1], cuts)
        try:
            return self._body(first, text + self._line_end(last - 1), line)
        except SourceError:
            # The offending token may be the first behind the piece, so let the parser see one there.
            self._body(first, text + self._line_end(last - 1, lines.width[first]), line)
            raise

    def _body(self, first: int, text: str, line: int) -> Sequence[Any]:
        """The statements of a text that begins with the logical line `first`, indented as they are in the file."""
        if not self.lines.width[first]:
            body: Sequence[Any] = _parsed(cst.parse_module, text, line).body
        else:
            body = _parsed(cst.parse_module, "if _:\n" + text, line - 1).body[0].body.body
        return body

    def _line_end(self, line: int, width: int | None = None) -> str:
        """What follows the last token of a line, its newline included: a second one, as it may be continued.

        With the `width` of a block, a statement stands where the next one of the file begins, in that block or behind.
        """
        tokens, lines = self.tokens, self.lines
        last = tokens.ends[self._token(line + 1) - 1]
        rest = tokens.text[last : lines.end[line]]
        kept = rest.rstrip("\r\n")
        if width is not None and line + 1 < len(lines.first):
            start, token = lines.start[line + 1], tokens.starts[lines.first[line + 1]]
            indent = tokens.text[start:token] if lines.width[line + 1] == width else ""
            return kept + "\n" * (tokens.line(token) - tokens.line(last + len(kept))) + indent + "pass\n"
        if kept == rest or (lines.end[line] == len(tokens.text) and "\\" in kept):
            return rest
        return kept + "\n\n"

    def _line_cuts(self, first: int, last: int) -> list[_Cut]:
        """The holes of one compound statement: the long blocks below its own lines, the long displays in them."""
        cuts = []
        lines = self.lines
        width = lines.width[first]
        line = first
        while line < last:
            body = end = line + 1
            while end < last and lines.width[end] > width:
                end += 1
            cuts += self._bracket_cuts(lines.first[line], self._token(body), None)
            if end > body and self._line_weight(body, end) > self.small:
                if self._word(lines.first[line]) == "match":
                    cuts += self._line_cuts(body, end)
                else:
                    cuts.append(self._block_cut(body, end))
            line = end
        return cuts

    def _block_cut(self, first: int, last: int) -> _Cut:
        lines = self.lines
        token = lines.first[first]
        self.holes[token] = lambda: self._block(first, last)
        start = lines.start[first]
        indent = self.tokens.text[start : self.tokens.starts[token]]
        return self._cut(start, self._token(last) - 1, indent + "pass", self._line_weight(first, last))

    # --- brackets ---

    def _bracket_cuts(self, first: int, last: int, brackets: Sequence[_Bracket] | None) -> list[_Cut]:
        """The holes for the long displays and calls among some tokens; `brackets` are those of the whole line."""
        if self._weight(first, last) <= self.small:
            return []
        if brackets is None:
            brackets = self._brackets(first, last)
        cuts = []
        index = bisect_left(brackets, first, key=_opening)
        while index < len(brackets) and brackets[index].closing < last:
            bracket = brackets[index]
            cuts.append(self._bracket_cut(bracket, brackets))
            index = bisect_left(brackets, bracket.closing, key=_opening)
        return cuts

    def _bracket_cut(self, bracket: _Bracket, brackets: Sequence[_Bracket]) -> _Cut:
        first, last = bracket.opening + 1, bracket.closing
        self.holes[first] = lambda: self._elements(bracket, brackets)
        return self._cut(self.tokens.starts[first], last - 1, bracket.kind.filler, self._weight(first, last))

    def _elements(self, bracket: _Bracket, brackets: Sequence[_Bracket]) -> Iterator[Any]:
        """The nodes of the elements of a bracket."""
        begun = start = bracket.opening + 1
        for comma in chain(bracket.commas, (bracket.closing - 1,)):
            if start < begun and self._weight(start, comma + 1) > self.size:
                yield from self._parsed_elements(start, begun, bracket.kind, brackets)
                start = begun
            begun = comma + 1
        if start < bracket.closing:
            yield from self._parsed_elements(start, bracket.closing, bracket.kind, brackets)

    def _parsed_elements(self, first: int, last: int, kind: _Kind, brackets: Sequence[_Bracket]) -> Sequence[Any]:
        tokens = self.tokens
        if kind is not _CALL and not tokens.deep:
            known = constants.elements(tokens, first, last, kind is _DICT)
            if known is not None:
                return known
        weight = self._weight(first, last)
        cuts = self._bracket_cuts(first, last, brackets) if weight > self.size else []
        line = tokens.line(tokens.starts[first])
        self._afford(weight, cuts, line)
        text = kind.opening + self._text(tokens.starts[first], tokens.ends[last - 1], cuts) + kind.closing
        nodes: Sequence[Any] = getattr(_parsed(cst.parse_expression, text, line), kind.field)
        return nodes

    def _brackets(self, first: int, last: int) -> list[_Bracket]:
        """The long brackets of one logical line that can be left out, by where they open."""
        word = self._word(first)
        if word == "case":
            return []
        found = _Brackets(self.tokens, self.small)
        for token in range(first, last):
            found.read(token)
        return sorted(
            bracket for bracket in found.closed if not (word in _OWN_BRACKETS and bracket.opening in found.outer)
        )

    # --- text ---

    def _token(self, line: int) -> int:
        """The first token of a logical line, or behind the last."""
        first = self.lines.first
        return first[line] if line < len(first) else len(self.tokens)

    def _word(self, token: int) -> str:
        return self.tokens.text[self.tokens.starts[token] : self.tokens.ends[token]]

    def _line_weight(self, first: int, last: int) -> int:
        return self._weight(self.lines.first[first], self._token(last))

    def _weight(self, first: int, last: int) -> int:
        """What the tokens from `first` to before `last` weigh."""
        tokens = self.tokens
        lines = tokens.line(tokens.starts[last - 1]) - tokens.line(tokens.starts[first]) + 1
        return last - first + LINE_WEIGHT * lines

    def _afford(self, weight: int, cuts: Sequence[_Cut], line: int) -> None:
        if weight - sum(cut.weight for cut in cuts) > MAX_UNIT:
            raise SourceError(f"more than {MAX_UNIT:,} tokens and lines that cannot be parsed in parts", line)

    def _cut(self, start: int, last: int, filler: str, weight: int) -> _Cut:
        end = self.tokens.ends[last]
        below = self.tokens.line(end - 1) - self.tokens.line(start)
        return _Cut(start, end, "\n" * below + filler, weight)

    def _text(self, start: int, end: int, cuts: Sequence[_Cut]) -> str:
        text = self.tokens.text
        parts: list[str] = []
        for cut in cuts:
            parts += (text[start : cut.start], cut.filler)
            start = cut.end
        return "".join((*parts, text[start:end]))


def _opening(bracket: _Bracket) -> int:
    return bracket.opening


def _parsed(parser: Callable[[str], Any], text: str, line: int) -> Any:
    """The tree of a text whose first line is `line` of the file."""
    try:
        return guarded(parser, text)
    except SourceError as error:
        raise SourceError(error.message, max(1, line + error.line - 1)) from None


def _logical_lines(tokens: Tokens) -> _Lines | None:
    """The logical lines of a text; None where its indentation must be judged by the parser itself."""
    lines = _Lines()
    text, starts = tokens.text, tokens.starts
    indents = [""]
    offset = token = 0
    for end in chain(tokens.breaks, (len(text),)):
        after = bisect_left(starts, end, token)
        if after == token:
            slash = text.find("\\", offset, end)
            if slash >= 0 and "#" not in text[offset:slash]:
                return None
        else:
            indent = text[offset : starts[token]].rpartition("\f")[2]
            if not _is_even(indent, indents) or (indent and not lines.first):
                return None
            lines.first.append(token)
            lines.start.append(offset)
            lines.end.append(end)
            lines.width.append(len(indent))
        offset, token = end, after
    return lines


def _is_even(indent: str, indents: list[str]) -> bool:
    """Whether a line is indented as one above it, or as that and more; `indents` are kept up to date."""
    if indent.strip(" \t"):
        return False
    if len(indent) > len(indents[-1]):
        indents.append(indent)
        return indent.startswith(indents[-2]) and len(indents) <= MAX_INDENTS
    while len(indents[-1]) > len(indent):
        indents.pop()
    return indents[-1] == indent


class _Open:
    """A bracket, or an f-string, that is not closed yet."""

    __slots__ = ("commas", "kind", "lambdas", "token")

    def __init__(self, token: int, kind: _Kind | None) -> None:
        self.token = token
        self.kind = kind
        self.commas = array("I")
        self.lambdas = 0


class _Brackets:
    """Reads the tokens of a logical line; `closed` are the brackets longer than `small` whose elements can be parsed
    alone, `outer` where those open that stand in no other."""

    def __init__(self, tokens: Tokens, small: int) -> None:
        self.tokens = tokens
        self.small = small
        self.closed: list[_Bracket] = []
        self.outer: set[int] = set()
        self.open: list[_Open] = []
        self.f_strings = 0
        self.before = ""

    def read(self, token: int) -> None:
        word = self.tokens.text[self.tokens.starts[token] : self.tokens.ends[token]]
        top = self.open[-1] if self.open else None
        if word in ("(", "[", "{"):
            if top is None:
                self.outer.add(token)
            self.open.append(_Open(token, self._kind(word)))
        elif word in (")", "]", "}"):
            if self.open:
                self._close(self.open.pop(), token)
        elif word[-1] in "'\"":
            self._quote(word, token)
        elif top is not None:
            self._inner(top, word, token)
        self.before = word

    def _kind(self, word: str) -> _Kind | None:
        """What a bracket holds, as far as the token before it tells; None for what cannot be left out."""
        before = self.before
        if self.f_strings or before == ".":
            return None
        is_word = before[-1:].isidentifier() or before[-1:].isalnum()
        after_value = before not in _KEYWORDS if is_word else before[-1:] in (")", "]", "}", "'", '"')
        if word == "(":
            return _CALL if after_value else _TUPLE
        return None if word == "[" and after_value else _ITEMS

    def _quote(self, word: str, token: int) -> None:
        """A string, or the beginning or end of an f-string."""
        prefix = word[: len(word) - len(word.lstrip("rRbBuUfFtT"))].lower()
        if "f" in prefix or "t" in prefix:
            self.f_strings += 1
            self.open.append(_Open(-1, None))
        elif self.open and self.open[-1].token < 0:
            self.f_strings -= 1
            self.open.pop()

    def _inner(self, top: _Open, word: str, token: int) -> None:
        if word == ",":
            if not top.lambdas:
                top.commas.append(token)
        elif word == ":":
            if top.lambdas:
                top.lambdas -= 1
            elif top.kind is _ITEMS:
                top.kind = _DICT
        elif word == "lambda":
            top.lambdas += 1
        elif word in ("for", "yield"):
            top.kind = None
        elif word == "**" and token == top.token + 1 and top.kind is _ITEMS:
            top.kind = _DICT

    def _close(self, bracket: _Open, token: int) -> None:
        if bracket.kind is not None and bracket.commas and token - bracket.token > self.small:
            self.closed.append(_Bracket(bracket.token, token, bracket.commas, bracket.kind))
