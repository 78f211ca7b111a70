"""Places in files as clients of the language server count them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from unbounded_lint.comments.layout import split
from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.files.source import DecodeError, decode
from unbounded_lint.findings.finding import Place
from unbounded_lint.lsp.messages import Encoding, Span

MARK = "\ufeff"

_UNITS: Mapping[Encoding, Callable[[str], int]] = MappingProxyType(
    {
        "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
        "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
        "utf-32": len,
    }
)


def units(text: str, encoding: Encoding) -> int:
    """How long a text is to a client."""
    return len(text) if text.isascii() else _UNITS[encoding](text)


class Places:
    """Turns the places of a project into spans.

    `texts` are those of open files, by path below the root; other files are read when something asks for them.
    """

    def __init__(self, root: Path, texts: Mapping[str, str], encoding: Encoding) -> None:
        self._root = root
        self._texts = texts
        self._encoding = encoding
        self._lines: dict[str, Sequence[str]] = {}

    def span(self, place: Place) -> Span:
        """The span of a place."""
        start = self._character(place.path, place.line, place.column)
        end = self._character(place.path, place.end_line, place.end_column)
        return Span(max(place.line, 1) - 1, start, max(place.end_line, 1) - 1, end)

    def _character(self, path: str, line: int, column: int) -> int:
        if path not in self._lines:
            self._lines[path] = split(self._text(path))
        lines = self._lines[path]
        text = lines[line - 1] if 1 <= line <= len(lines) else ""
        # A mark that a client hands over is a character to it, and none to us.
        skipped = line == 1 and text.startswith(MARK)
        return units(text[: column - 1 + skipped], self._encoding)

    def _text(self, path: str) -> str:
        if path in self._texts:
            return self._texts[path]
        try:
            return decode(read_regular(self._root / path, SOURCE_LIMIT))
        except (OSError, DecodeError, ValueError):
            return ""
