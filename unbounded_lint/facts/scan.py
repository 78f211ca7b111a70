"""The token scan before libcst: refuses what would crash or stall the parser, and says where every token lies.

libcst parses by recursion in native code, so deep nesting overflows the stack and kills the process, and long chains
cost quadratic time. One regular expression reads the text once, knows strings and comments, and counts what nests.
The places it keeps on the way let the collector count positions: a node knows how many tokens it has written.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from unbounded_lint.facts.model import Span

MAX_CHARACTERS = 20_000_000
MAX_TOKENS = 800_000
MAX_BRACKETS = 200
MAX_BRACKETS_IN_CASE = 7
MAX_BRACKETS_IN_DEL = 16
MAX_LINKS = 2_000
MAX_STRINGS = 3_000
MAX_ELIFS = 1_000
MAX_COST = 30_000_000
MAX_COST_PER_CHARACTER = 20
KEYWORD_LINKS = 2
DEEP_LINKS = 50

_WORD_BREAK = r"(?![\w\x80-\U0010ffff])"
LINE_END = re.compile(r"\r\n?|\n")
_TOKEN = re.compile(
    rf"""
    (?:[ \t\f]+ | \\(?:\r\n?|\n) | \#[^\r\n]*)*
    (?:
      ( (?: and|or|not|if|elif|for|in|is|lambda|await|yield|del|case ) {_WORD_BREAK}
      | [()\[\]{{}},.;](?!(?<=\.)[0-9]) | := | : | [=!<>]=
      | (?: \*\* | // | << | >> )(?!=) | [-+*/%@&|^~<>](?!=|(?<=-)>|(?<=\*)\*|(?<=/)/|(?<=<)<|(?<=>)>)
      )
    | ( [rRbBuU]{{0,2}} (?: '[^'\\\r\n]*'(?!') | "[^"\\\r\n]*"(?!") ) )
    | ( [rRbBuUfFtT]{{0,2}} (?: \'\'\' | \"\"\" | ' | " ) )
    | ( [A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*
      | 0[xX][0-9a-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+
      | (?: [0-9][0-9_]*\.?[0-9_]* | \.[0-9][0-9_]* ) (?:[eE][-+]?[0-9][0-9_]*)? [jJ]?
      | -> | [-+*/%@&|^]= | (?: \*\* | // | << | >> )= | [=!] | [^\r\n]
      )
    | ( [\r\n]+ )
    | \Z
    )
    """,
    re.VERBOSE,
)
_STRING_EVENT = {
    "'": re.compile(r"\\(?:\r\n|[\s\S])|'|[\r\n]"),
    '"': re.compile(r'\\(?:\r\n|[\s\S])|"|[\r\n]'),
    "'''": re.compile(r"\\[\s\S]|'''"),
    '"""': re.compile(r'\\[\s\S]|"""'),
}
_QUOTE = r"""\'\'\'|\"\"\"|'|"|[\r\n]"""
_TEXT_EVENT = re.compile(r"\\(?:N\{[^{}'\"\r\n]*\}|\r\n|[^{}])?|\{\{?|\}\}?|" + _QUOTE)
_RAW_EVENT = re.compile(r"\\[\\'\"]?|\{\{?|\}\}?|" + _QUOTE)
_SPEC_EVENT = re.compile(r"\\(?:\r\n|[^{}])?|\{|\}|" + _QUOTE)
_RAW_SPEC_EVENT = re.compile(r"\\[\\'\"]?|\{|\}|" + _QUOTE)


class SourceError(Exception):
    """A file that cannot be read as Python: `message` is one clause, `line` the 1-based line it is about."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return f"{self.message} (line {self.line})"


class Tokens:
    """Where the significant tokens of a text lie, in order: token `i` reaches from `starts[i]` to `ends[i]`.

    Newlines, indents, comments and the text parts of f-strings are no tokens here; an ellipsis is three dots; an
    f-string is its opening, its fields token by token, and its closing. `breaks` are the offsets behind the newlines
    that stand outside brackets and strings. `deep` says that expressions may nest deeply.
    """

    __slots__ = ("_lines", "breaks", "deep", "ends", "starts", "text")

    def __init__(self, text: str, starts: array[int], ends: array[int], breaks: array[int], deep: bool) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends
        self.breaks = breaks
        self.deep = deep
        self._lines = array("I", [0])
        self._lines.extend(match.end() for match in LINE_END.finditer(text))

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, first: int, last: int) -> Span:
        """The place from token `first` to token `last`, both included."""
        lines = self._lines
        start = self.starts[first]
        end = self.ends[last]
        line = bisect_right(lines, start)
        end_line = line if line == len(lines) or end < lines[line] else bisect_right(lines, end)
        return Span(line, start - lines[line - 1] + 1, end_line, end - lines[end_line - 1] + 1)

    def line(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return bisect_right(self._lines, offset)

    def line_before(self, line: int, column: int) -> int:
        """The line of the last token that begins before a 1-based line and 0-based column."""
        offset = self._lines[line - 1] + column if line <= len(self._lines) else len(self.text)
        index = bisect_left(self.starts, offset) - 1
        return self.line(self.starts[index]) if index >= 0 else 1

    def whole(self) -> Span:
        """The place of the whole text."""
        return Span(1, 1, len(self._lines), len(self.text) - self._lines[-1] + 1)


class _FString(NamedTuple):
    """An f-string being read: its quote, whether it is raw, how many strings it continues, and whether the text read
    is a format specification."""

    quote: str
    raw: bool
    strings: int
    in_spec: bool

    def events(self) -> re.Pattern[str]:
        if self.in_spec:
            return _RAW_SPEC_EVENT if self.raw else _SPEC_EVENT
        return _RAW_EVENT if self.raw else _TEXT_EVENT


class _Level(NamedTuple):
    """What an open bracket interrupts: the links counted so far, their number where the element began, the lambdas
    whose colon has not come, and the f-string when the bracket opens a field of one."""

    links: int
    base: int
    lambdas: int
    field: _FString | None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = array("I")
        self.ends = array("I")
        self.breaks = array("I")
        self.levels: list[_Level] = []
        self.field: _FString | None = None
        self.links = self.base = self.lambdas = self.strings = self.most_links = 0
        self.max_brackets = MAX_BRACKETS
        self.cost = 0
        self.limit = MAX_COST + MAX_COST_PER_CHARACTER * len(text)
        self.line_start = 0
        self.elifs: dict[int, int] = {}

    def run(self) -> Tokens:
        if len(self.text) > MAX_CHARACTERS:
            raise SourceError(f"more than {MAX_CHARACTERS:,} characters", 1)
        nul = self.text.find("\0")
        if nul >= 0:
            raise self.error("a NUL byte", nul)
        position = 0
        while position >= 0:
            position = self.stretch(position)
        self.element()
        self.afford(len(self.text))
        return Tokens(self.text, self.starts, self.ends, self.breaks, self.most_links > DEEP_LINKS)

    def error(self, message: str, offset: int) -> SourceError:
        return SourceError(message, 1 + sum(1 for _ in LINE_END.finditer(self.text, 0, offset)))

    def stretch(self, position: int) -> int:
        """Reads tokens up to the next string that the pattern cannot take whole, or the end (then -1)."""
        begin = self.starts.append
        end = self.ends.append
        for match in _TOKEN.finditer(self.text, position):
            kind = match.lastindex
            if kind == 4:
                begin(match.start(4))
                end(match.end())
                self.strings = 0
            elif kind == 1:
                start = match.start(1)
                begin(start)
                end(match.end())
                self.strings = 0
                jump = self.link(match[1], start)
                if jump:
                    return jump
            elif kind == 2:
                start = match.start(2)
                begin(start)
                end(match.end())
                self.string(start)
            elif kind == 5:
                self.line_end(match.end())
            elif kind == 3:
                return self.open_string(match[3], match.start(3))
            else:
                break
        return -1

    def line_end(self, offset: int) -> None:
        if not self.levels:
            self.element()
            self.afford(offset)
            self.lambdas = self.strings = 0
            self.max_brackets = MAX_BRACKETS
            self.line_start = offset
            self.breaks.append(offset)

    def token(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)

    def afford(self, offset: int) -> None:
        if self.cost > self.limit:
            raise self.error("expressions too dense to parse in reasonable time", offset)

    def link(self, token: str, offset: int) -> int:
        """Counts one operator, bracket or keyword; the position to go on from when it ends a field of an f-string."""
        if token in "([{":
            self.enter(offset, None)
        elif token in ")]}":
            if self.levels:
                return self.close(offset)
        elif token == ",":
            if not self.lambdas:
                self.element()
        elif token == ";":
            self.element()
            self.max_brackets = MAX_BRACKETS
        elif token[0] == ":":
            return self.colon(token, offset)
        elif token in ("if", "elif", "lambda", "del", "case"):
            self.keyword(token, offset)
        else:
            self.links += 1
        if self.links > self.most_links:
            self.most_links = self.links
            if self.links > MAX_LINKS:
                raise self.error(f"more than {MAX_LINKS:,} operators in one expression", offset)
        return 0

    def enter(self, offset: int, field: _FString | None) -> None:
        self.levels.append(_Level(self.links, self.base, self.lambdas, self.field))
        depth = len(self.levels)
        if depth > self.max_brackets:
            raise self.error(f"more than {self.max_brackets} nested brackets", offset)
        self.cost += depth * depth
        self.field = field
        self.lambdas = 0
        self.base = self.links = self.links + 1

    def leave(self) -> None:
        self.element()
        level = self.levels.pop()
        self.links, self.base, self.lambdas, self.field = level.links, level.base, level.lambdas, level.field

    def element(self) -> None:
        """An element ends: its links no longer nest into what follows, but what they cost stays."""
        links = self.links - self.base
        self.cost += links * links
        self.links = self.base
        if len(self.starts) > MAX_TOKENS:
            raise self.error(f"more than {MAX_TOKENS:,} tokens", self.starts[-1])

    def close(self, offset: int) -> int:
        field = self.field
        self.leave()
        if field:
            return self.string_text(offset + 1, field)
        self.links += 1
        return 0

    def colon(self, token: str, offset: int) -> int:
        if self.field:
            self.ends[-1] = offset + 1
            return self.string_text(offset + 1, self.field._replace(in_spec=True))
        if self.lambdas:
            self.lambdas -= 1
        elif token == ":=":
            self.links += 1
        elif not self.levels:
            self.max_brackets = MAX_BRACKETS
        return 0

    def keyword(self, token: str, offset: int) -> None:
        if token in ("if", "lambda"):
            self.links += KEYWORD_LINKS
        if token == "lambda":
            self.lambdas += 1
        elif token == "del":
            self.max_brackets = MAX_BRACKETS_IN_DEL
        elif not self.levels:
            self.statement(token, offset)

    def statement(self, token: str, offset: int) -> None:
        """A keyword outside brackets; whether it begins its line says if it is one of a statement."""
        column = offset - self.line_start
        if token == "elif":
            count = self.elifs[column] = self.elifs.get(column, 0) + 1
            if count > MAX_ELIFS:
                raise self.error(f"more than {MAX_ELIFS:,} elif branches", offset)
        elif not self.text[self.line_start : offset].strip():
            if token == "if":
                self.elifs.pop(column, None)
            else:
                self.max_brackets = MAX_BRACKETS_IN_CASE

    def string(self, offset: int) -> None:
        self.strings += 1
        if self.strings > MAX_STRINGS:
            raise self.error(f"more than {MAX_STRINGS:,} strings in one concatenation", offset)

    def open_string(self, opening: str, start: int) -> int:
        prefix = opening.rstrip("'\"").lower()
        quote = opening[len(prefix) :]
        position = start + len(opening)
        if "f" in prefix or "t" in prefix:
            self.token(start, position)
            return self.string_text(position, _FString(quote, "r" in prefix, self.strings, False))
        for match in _STRING_EVENT[quote].finditer(self.text, position):
            found = match[0]
            if found == quote:
                self.token(start, match.end())
                self.string(start)
                return match.end()
            if found in "\r\n":
                break
        raise self.error("an unterminated string", start)

    def string_text(self, position: int, state: _FString) -> int:
        """Reads the text of an f-string up to its next field or behind its end; the position to go on from."""
        while True:
            match = state.events().search(self.text, position)
            if match is None:
                raise self.error("an unterminated string", position - 1)
            found = match[0]
            position = match.end()
            if found == "{":
                self.token(*match.span())
                self.enter(position, state)
                return position
            if found == "}" and state.in_spec and self.field:
                self.token(*match.span())
                state = self.field
                self.leave()
            elif found.startswith(state.quote) and not state.in_spec:
                position = match.start() + len(state.quote)
                self.token(match.start(), position)
                self.strings = state.strings
                self.string(position)
                return position
            elif found[0] in "'\"":
                position = match.start() + 1
            elif found[0] in "\r\n" and len(state.quote) == 1:
                raise self.error("an unterminated string", match.start())


def scan(text: str) -> Tokens:
    """The tokens of `text`. Raises `SourceError` for what libcst could not survive and for unterminated strings."""
    return _Scanner(text).run()
