"""The pages of a project's documentation, and the Python that they show: fenced, indented or with prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import documents
from unbounded_lint.files.source import DecodeError, decode
from unbounded_lint.settings.config import Settings

_FENCE = re.compile(r"(\s*)(`{3,}|~{3,})\s*\{?\.?(\w*)")
_DIRECTIVE = re.compile(r"\s*\.\. ")
_OF_CODE = re.compile(r"\s*\.\. (?:code|code-block|sourcecode|testcode|ipython)::\s*(\w*)")
_OPTION = re.compile(r"\s*:[\w-]+:")
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.|In \[\d+\]:)(?: |$)")
_FIRST_PROMPT = re.compile(r"\s*(?:>>>|In \[\d+\]:) ")
_PYTHON = frozenset({"", "py", "python", "python3", "pycon", "ipython", "ipython3", "default", "code"})


class Documents:
    """The pages of one project, each read when something asks for it, and never more than `discovery` lets through."""

    def __init__(self, root: Path, settings: Settings, contents: Contents) -> None:
        self._root = root
        self._settings = settings
        self._contents = contents
        self._code: dict[str, tuple[str, ...]] = {}
        self.asked = False

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The pages there are; from then on a run rests on them."""
        self.asked = True
        return documents(self._root, self._settings)

    @property
    def rested_on(self) -> tuple[str, ...] | None:
        """The pages that a run rests on, None where nothing asked for any."""
        return self.paths if self.asked else None

    def code(self, identifier: str) -> Iterator[tuple[str, str]]:
        """The pieces of Python that mention an identifier, each with the path of its page, in the order of both."""
        for path in self.paths:
            if identifier.encode() in self._data(path):
                yield from ((path, piece) for piece in self._pieces(path) if identifier in piece)

    def _data(self, path: str) -> bytes:
        """The bytes of a page; none of one that cannot be read, which is no fault of the program."""
        try:
            return self._contents.data(path)
        except OSError:
            return b""

    def _pieces(self, path: str) -> Sequence[str]:
        if path not in self._code:
            try:
                self._code[path] = tuple(code_in(decode(self._data(path))))
            except DecodeError:
                self._code[path] = ()
        return self._code[path]


def code_in(text: str) -> Iterator[str]:
    """The pieces of Python in a page or docstring, without what stands before each of their lines; whether they are
    any is for a parser to say."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line, at = lines[at], at + 1
        if fence := _FENCE.match(line):
            start = at
            while at < len(lines) and not lines[at].strip().startswith(fence[2]):
                at += 1
            if fence[3].lower() in _PYTHON:
                yield _plain(lines[start:at])
            at += 1
        elif _FIRST_PROMPT.match(line):
            start = at - 1
            while at < len(lines) and lines[at].strip():
                at += 1
            yield _plain(lines[start:at])
        elif _announces_code(line):
            start, at = at, _end_of_block(lines, at, _depth(line))
            yield _plain([each for each in lines[start:at] if not _OPTION.match(each)])


def _announces_code(line: str) -> bool:
    """Whether what is indented below a line is Python."""
    if code := _OF_CODE.match(line):
        return code[1].lower() in _PYTHON
    return line.rstrip().endswith("::") and not _DIRECTIVE.match(line)


def _end_of_block(lines: Sequence[str], start: int, depth: int) -> int:
    """Where what is indented more than a line ends."""
    at = start
    while at < len(lines) and (not lines[at].strip() or _depth(lines[at]) > depth):
        at += 1
    return at


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _plain(lines: Sequence[str]) -> str:
    """Lines of code without their common indentation, and without prompts and what is printed between them."""
    if any(_FIRST_PROMPT.match(line) for line in lines):
        lines = [_PROMPT.sub("", line, count=1) for line in lines if _PROMPT.match(line)]
    depth = min((_depth(line) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines) + "\n"
