"""Path patterns: those of ignore files as git reads them, those of `exclude` as ruff does, both in linear time.

A star of a regular expression is tried at every length, and several in a row at every combination of lengths. What
stands between two stars of a path pattern has a fixed length, though, so that the first place where it fits is as good
as any later one: whatever the rest matches from there, it also matches from here. So every star but the last keeps the
first length that fits. `**/` comes round the same way one level up, where what stands between two of them is a fixed
number of path segments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from unbounded_lint.errors import UserError

LONGEST_PATH = 32_767
"""Characters that no operating system lets a path go beyond: a pattern that asks for more matches nothing."""

MOST_SPELLED_OUT = 100_000
"""Characters that all patterns of a setting may come to when their braces are spelled out."""

MOST_WILDCARDS = 20_000
"""Wildcards that all patterns of an ignore file or a setting may have; nobody writes a hundredth of that."""

_TOGETHER = 50  # Patterns in one regular expression: trying them costs more with each group that is in it.
_SHOWN = 60

_WITHIN, _ACROSS, _DOWN, _REST = "[^/]*", ".*", "(?:.*/)?", ".+"
_SHORTEST = {_WITHIN: "[^/]*?", _ACROSS: ".*?", _DOWN: "(?:.*?/)??"}
_SPECIAL = re.compile(r"[*?\[\\]")
_ANYWHERE = re.compile(r"/?(?:\*\*/)+")
_TOKEN = re.compile(
    r"(?P<down>(?:(?<=/)|\A)(?:\*\*+/)+) | (?P<rest>(?:(?<=/)|\A)\*\*+\Z) | (?P<star>\*+) | (?P<one>\?)"
    r"| \\(?P<escaped>.) | (?P<literal>/|[^*?\[\\/]+)",
    re.DOTALL | re.VERBOSE,
)
_IN_BRACES = re.compile(r"\\.|[^\\\[{},]+|.", re.DOTALL)
_IN_BRACKETS = re.compile(
    r"\[:(?P<kind>[^\]:]{0,20}):\] | (?P<low>\\.|[^\\]) (?:-(?P<high>\\.|[^\\\]]))?", re.DOTALL | re.VERBOSE
)
_KINDS = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\ \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": r"\ -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\ \t\n\r\v\f",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class _SenselessError(ValueError):
    """A pattern that cannot be read; says why, as the end of a sentence."""


class _Dialect(msgspec.Struct, frozen=True):
    """What a star and a question mark stand for."""

    star: str
    one: str


_GIT_NAME = _Dialect(star=_ACROSS, one="[^/]")
_GIT_PATH = _Dialect(star=_WITHIN, one="[^/]")
_RUFF = _Dialect(star=_ACROSS, one=".")


class _Token(NamedTuple):
    """A piece of a pattern as a regular expression, with the length of the shortest text that it matches."""

    regex: str
    length: int
    is_wildcard: bool = True


class _Pattern(msgspec.Struct, frozen=True):
    """A pattern in the one of three forms that is the cheapest to look up; in none when no path can match it.

    number tells patterns apart, the later the higher; tails are what a match may have behind it: "/", nothing, or both.
    by_name says that it speaks of the last part of a path only.
    """

    number: int
    tails: tuple[str, ...]
    whole: str | None = None
    ending: str | None = None
    regex: str | None = None
    wildcards: int = 0
    by_name: bool = False
    ignores: bool = True


class IgnoreRules:
    """The lines of an ignore file: the last one that speaks of a file or directory decides about it."""

    def __init__(self, patterns: Iterable[_Pattern]) -> None:
        patterns = tuple(patterns)
        self._keeps = frozenset(pattern.number for pattern in patterns if not pattern.ignores)
        self._by_name = _Lookup([pattern for pattern in patterns if pattern.by_name])
        self._by_path = _Lookup([pattern for pattern in patterns if not pattern.by_name])
        self._above: dict[str, int] = {}

    @classmethod
    def of_file(cls, path: str, lines: Iterable[str]) -> IgnoreRules:
        """The rules of the ignore file at `path`, where lines that make no sense are passed over, as git does.

        Raises `UserError` when there are more wildcards than anybody writes.
        """
        read = (_readable(line, number) for number, line in enumerate(lines, 1))
        patterns = [pattern for pattern in read if pattern is not None]
        _demand_few(path, patterns)
        return cls(patterns)

    @classmethod
    def of_setting(cls, key: str, patterns: Iterable[str]) -> IgnoreRules:
        """The same for the patterns of a setting; raises `UserError`, naming its key, also for one without sense."""
        read = [_sensible(key, pattern, number) for number, pattern in enumerate(patterns, 1)]
        _demand_few(f"`{key}`", read)
        return cls(read)

    def judge(self, path: str, name: str) -> bool | None:
        """True to ignore the entry, False to keep it, None when no rule speaks of it.

        Taken are its posix path below the directory of the ignore file and its last part, both with a slash at the end
        for a directory. Of a directory above it nothing is said.
        """
        number = self._number(path, name)
        return number not in self._keeps if number else None

    def covers(self, path: str) -> bool:
        """Whether the file at a posix path is ignored: by what speaks of it, else of any directory that it lies in."""
        directory, slash, name = path.rpartition("/")
        number = self._number(path, name)
        if not number and slash:
            number = self._above.get(directory, -1)
            if number < 0:
                number = self._above[directory] = self._down_to(directory)
        return number > 0 and number not in self._keeps

    def _down_to(self, directory: str) -> int:
        """The last line that speaks of a directory or of one that it lies in."""
        number = end = 0
        for name in directory.split("/"):
            end += len(name) + 1
            number = max(number, self._number(f"{directory[: end - 1]}/", f"{name}/"))
        return number

    def _number(self, path: str, name: str) -> int:
        by_name, by_path = self._by_name.last(name), self._by_path.last(path)
        return by_name if by_name > by_path else by_path


class CodesByPath:
    """The setting `per-file-ignores`: which codes are not reported in which files."""

    def __init__(self, ignores: Mapping[str, Iterable[str]]) -> None:
        """Raises `UserError` for a pattern that makes no sense, and for more wildcards than anybody writes."""
        key = "per-file-ignores"
        by_prefix: dict[str, list[_Pattern]] = {}
        for number, (text, prefixes) in enumerate(ignores.items(), 1):
            pattern = _sensible(key, text, number)
            if not pattern.ignores:
                raise _refusal(key, text, "its `!` has no other pattern to make an exception from")
            for prefix in prefixes:
                by_prefix.setdefault(prefix, []).append(pattern)
        _demand_few(f"`{key}`", [pattern for patterns in by_prefix.values() for pattern in patterns])
        self._rules = {prefix: IgnoreRules(patterns) for prefix, patterns in by_prefix.items()}

    def ignores(self, path: str, code: str) -> bool:
        """Whether findings with the code are not reported in the file at a posix path below the root."""
        return any(code.startswith(prefix) and rules.covers(path) for prefix, rules in self._rules.items())


class Excludes:
    """The settings `exclude` and `extend-exclude`, as ruff reads them.

    A bare name matches any one part of a path; a pattern with a slash (`./name`, `docs/*`) matches the path relative to
    the root, and there `*` crosses slashes. `**/`, `?` and `[abc]` are known, and `x{a,b}` stands for `xa` and `xb`.
    """

    def __init__(self, patterns: Mapping[str, Iterable[str]], root: Path) -> None:
        """Take the patterns by the key of their setting.

        Raises `UserError` for one that makes no sense, and for more wildcards or braces than anybody writes.
        """
        found: list[_Pattern] = []
        self._anchored = False
        spare = MOST_SPELLED_OUT
        for key, text in dict.fromkeys((key, text) for key, group in patterns.items() for text in group):
            pattern = _relative_pattern(text, root)
            self._anchored |= pattern.startswith("/")
            try:
                _demand_some(pattern)
                for each in (spelled_out := _spelled_out(pattern, spare)):
                    found.append(_parsed(each, _RUFF, len(found) + 1, ("",)))
            except _SenselessError as error:
                raise _refusal(key, text, str(error)) from None
            spare -= sum(map(len, spelled_out)) if len(spelled_out) > 1 else 0
        _demand_few(" and ".join(f"`{key}`" for key in patterns), found)
        self._patterns = _Lookup(found)

    def match_entry(self, path: str, name: str) -> bool:
        """Whether a pattern matches this very file or directory: its posix path below the root and its last part."""
        last = self._patterns.last
        return bool(last(name) or last(path) or (self._anchored and last(f"/{path}")))


class _Lookup:
    """Finds the last of many patterns that matches the whole of a text."""

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        self._wholes: dict[str, int] = {}
        self._endings: dict[str, int] = {}
        for pattern in patterns:
            for tail in pattern.tails:
                if pattern.whole is not None:
                    self._wholes[pattern.whole + tail] = pattern.number
                elif pattern.ending is not None:
                    self._endings[pattern.ending + tail] = pattern.number
        # By the last character, since most texts end in one that no pattern does.
        self._sizes: dict[str, set[int]] = {}
        for ending in self._endings:
            self._sizes.setdefault(ending[-1:], set()).add(len(ending))
        rest = [pattern for pattern in reversed(patterns) if pattern.regex is not None]
        self._regexes = tuple(_together(rest[start : start + _TOGETHER]) for start in range(0, len(rest), _TOGETHER))

    def last(self, text: str) -> int:
        """The number of the last pattern that matches, 0 for none."""
        number = self._wholes.get(text, 0)
        for size in self._sizes.get(text[-1:], ()):
            number = max(number, self._endings.get(text[-size:], 0))
        for regex in self._regexes:
            found = regex.fullmatch(text)
            if found is not None and found.lastgroup is not None:
                return max(number, int(found.lastgroup[1:]))
        return number


def _together(patterns: Iterable[_Pattern]) -> re.Pattern[str]:
    """One regular expression for several patterns; the last group in a match is named after the first that matches."""
    return re.compile(
        "|".join(f"{each.regex}(?:{'|'.join(each.tails)})(?P<n{each.number}>)" for each in patterns), re.DOTALL
    )


def _readable(line: str, number: int) -> _Pattern | None:
    try:
        return _git_pattern(line, number)
    except _SenselessError:
        return None


def _sensible(key: str, text: str, number: int) -> _Pattern:
    try:
        return _git_pattern(text, number)
    except _SenselessError as error:
        raise _refusal(key, text, str(error)) from None


def _demand_some(text: str) -> None:
    if not text:
        raise _SenselessError("it matches nothing")


def _refusal(key: str, text: str, reason: str) -> UserError:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return UserError(f"`{key}` holds the path pattern `{shown}`, which makes no sense: {reason}.")


def _demand_few(where: str, patterns: Iterable[_Pattern]) -> None:
    """Raises `UserError` for too many wildcards: to compile one takes longer than to match it a hundred times."""
    if sum(pattern.wildcards for pattern in patterns) > MOST_WILDCARDS:
        raise UserError(f"The path patterns of {where} hold more than {MOST_WILDCARDS} wildcards: write simpler ones.")


def _git_pattern(line: str, number: int) -> _Pattern:
    """What git makes of a line; raises `_SenselessError` also for an empty one and for a comment."""
    text = "" if line.startswith("#") else _without_spaces(line)
    body = text.removeprefix("!")
    tails = ("/",) if body.endswith("/") else ("", "/")
    body = body.removesuffix("/")
    # `**/name` is but another way to write `name`.
    anywhere = _ANYWHERE.match(body)
    name = body[anywhere.end() :] if anywhere else body
    by_name = bool(name) and "/" not in name
    if not by_name:
        name = body.removeprefix("/")
    _demand_some(name)
    pattern = _parsed(name, _GIT_NAME if by_name else _GIT_PATH, number, tails)
    return msgspec.structs.replace(pattern, by_name=by_name, ignores=not text.startswith("!"))


def _without_spaces(line: str) -> str:
    """The line less the spaces at its end, up to one behind a backslash."""
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return f"{text} " if backslashes % 2 and len(text) < len(line) else text


def _parsed(text: str, dialect: _Dialect, number: int, tails: tuple[str, ...]) -> _Pattern:
    if not _SPECIAL.search(text):
        return _Pattern(number, tails, whole=text)
    if text[0] == "*" and len(text) > 1 and dialect.star == _ACROSS and not _SPECIAL.search(text, 1):
        return _Pattern(number, tails, ending=text[1:])
    tokens = _tokens(text, dialect)
    if sum(token.length for token in tokens) > LONGEST_PATH:
        return _Pattern(number, tails)
    numbers = count()

    def keep_first(regex: str) -> str:
        """An atomic group, which Python before 3.11 knows only as something seen ahead that is then taken as it was."""
        group = f"k{number}_{next(numbers)}"
        return f"(?=(?P<{group}>{regex}))(?P={group})"

    regex = _regex((token.regex for token in tokens), keep_first)
    return _Pattern(number, tails, regex=regex, wildcards=sum(token.is_wildcard for token in tokens))


def _regex(tokens: Iterable[str], keep_first: Callable[[str], str]) -> str:
    """The pieces put together so that no star is tried again; `keep_first` makes a group that keeps its first match."""

    def segment(inner: Sequence[str]) -> str:
        # No part of a path is empty, so that neither is what a star that stands alone matches.
        return "[^/]+" if inner == [_WITHIN] else _joined(_split(inner, {_WITHIN}), "".join, keep_first)

    def segments(inner: Sequence[str]) -> str:
        return "".join(slash + segment(between) for slash, between in _split(inner, {"/"}))

    return _joined(_split(tokens, {_ACROSS, _DOWN}), segments, keep_first)


def _split(tokens: Iterable[str], at: Collection[str]) -> list[tuple[str, list[str]]]:
    """What stands between the given tokens, each with the token in front of it."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for token in tokens:
        if token in at:
            parts.append((token, []))
        else:
            parts[-1][1].append(token)
    return parts


def _joined(
    parts: Sequence[tuple[str, list[str]]], write: Callable[[list[str]], str], keep_first: Callable[[str], str]
) -> str:
    """Parts and the stars in front of them; where the last part has to be is for the end to say."""
    start, *middle = parts
    written = [write(start[1]), *(keep_first(_SHORTEST[star] + write(part)) for star, part in middle[:-1])]
    return "".join([*written, *(star + write(part) for star, part in middle[-1:])])


def _tokens(text: str, dialect: _Dialect) -> list[_Token]:
    """The pieces of a pattern; raises `_SenselessError`."""
    tokens: list[_Token] = []
    wildcards = {"down": (_DOWN, 0), "rest": (_REST, 1), "star": (dialect.star, 0), "one": (dialect.one, 1)}
    index = 0
    while index < len(text):
        if text[index] == "[":
            regex, index = _brackets(text, index)
            tokens.append(_Token(regex if dialect.one == "." else f"(?!/){regex}", 1))
            continue
        found = _TOKEN.match(text, index)
        if found is None:
            raise _SenselessError("nothing stands behind its last backslash")
        index = found.end()
        literal = found["literal"] or found["escaped"]
        if literal:
            tokens.append(_Token(re.escape(literal), len(literal), is_wildcard=False))
        else:
            tokens.append(_Token(*wildcards[found.lastgroup or ""]))
    return tokens


def _brackets(text: str, start: int) -> tuple[str, int]:
    """The set of characters that begins at `start`, as a regular expression, and where it ends."""
    index = start + 1
    negated = text[index : index + 1] in ("!", "^")
    index += negated
    items: dict[str, None] = {}
    # A bracket that stands first is one of the characters.
    while not items or text[index : index + 1] != "]":
        found = _IN_BRACKETS.match(text, index)
        if found is None:
            raise _SenselessError("its `[` is never closed")
        index = found.end()
        items[_item(found)] = None
    return f"[{'^' if negated else ''}{''.join(items)}]", index + 1


def _item(found: re.Match[str]) -> str:
    kind, low, high = found["kind"], found["low"], found["high"]
    if kind is not None:
        if kind not in _KINDS:
            raise _SenselessError(f"`[:{kind}:]` is no kind of characters")
        return _KINDS[kind]
    low = low[-1]
    high = high[-1] if high else low
    if high < low:
        raise _SenselessError(f"the range `{low}-{high}` runs backwards")
    return f"{re.escape(low)}-{re.escape(high)}"


def _relative_pattern(pattern: str, root: Path) -> str:
    """The pattern as seen from the root; a slash in front keeps one that was a path from being read as a bare name."""
    start = f"{root.as_posix()}/"
    if pattern.startswith(start):
        pattern = f"/{pattern[len(start) :]}"
    return pattern.removeprefix(".").rstrip("/") if pattern.startswith("./") else pattern.rstrip("/")


def _spelled_out(pattern: str, spare: int) -> list[str]:
    """The patterns without braces that one with braces stands for; not longer than `spare` on the way there."""
    if "{" not in pattern or pattern.count("{") != pattern.count("}"):
        return [pattern]
    outer: list[tuple[list[str], list[str]]] = []
    before: list[str] = []
    here = [""]
    for token in _brace_tokens(pattern):
        more = [token]
        if token == "{":
            outer.append((before, here))
            before, here = [], [""]
            continue
        if outer and token == ",":
            before += here
            here = [""]
            continue
        if outer and token == "}":
            more = before + here
            before, here = outer.pop()
        # One more for each, since the empty ones take memory too.
        spare -= len(more) * len(here) + len(more) * sum(map(len, here)) + len(here) * sum(map(len, more))
        if spare < 0:
            raise _SenselessError("its braces stand for too many patterns")
        here = [head + tail for head in here for tail in more]
    if outer:
        raise _SenselessError("its `{` is never closed")
    return here


def _brace_tokens(pattern: str) -> Iterator[str]:
    index = 0
    while index < len(pattern):
        if pattern[index] == "[":
            end = _brackets(pattern, index)[1]
        else:
            found = _IN_BRACES.match(pattern, index)
            end = found.end() if found else len(pattern)
        yield pattern[index:end]
        index = end
