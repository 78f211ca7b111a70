"""What tests and documentation show of a project's functions: the facts of those that mention a name."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.files.documents import Documents, code_in
from unbounded_lint.files.source import SourceFile
from unbounded_lint.files.sources import Sources

TESTS = 8
"""In how many tests a name is looked for, the shortest first, ..."""
TEST_LIMIT = 200_000
"""... of which none is longer than this."""
PIECES = 20
"""In how many pieces of documentation a name is looked for."""
PIECE_LIMIT = 8_000
"""Characters of such a piece."""


class Showing:
    """Finds the Python that mentions a name in a project's tests and documentation.

    What is looked at for one name never depends on what was asked before, so that the order of questions does not show.
    """

    def __init__(self, sources: Sources, documents: Documents) -> None:
        self._sources = sources
        self._documents = documents
        self._known: dict[str, ModuleFacts | None] = {}
        self._pieces: dict[str, ModuleFacts | None] = {}

    def of(self, identifier: str, docstrings: tuple[str, ...] = ()) -> tuple[tuple[SourceFile, ModuleFacts], ...]:
        """What mentions an identifier, docstrings that may show its use included; each with the file it stands in."""
        shown = (*self._in_tests(identifier), *self._in_documents(identifier, docstrings))
        return tuple((file, facts) for file, facts in shown if facts is not None)

    def _in_tests(self, identifier: str) -> Iterator[tuple[SourceFile, ModuleFacts | None]]:
        if not self._sources.in_tests(identifier):
            return
        sought = identifier.encode()
        tests = ((file, self._sources.data(file.path)) for file in self._sources.files if file.is_test)
        found = [(len(data), file) for file, data in tests if len(data) <= TEST_LIMIT and sought in data]
        for _, file in sorted(found, key=lambda each: (each[0], each[1].path))[:TESTS]:
            if file.path not in self._known:
                self._known[file.path] = self._sources.load(file.path)
            yield file, self._known[file.path]

    def _in_documents(
        self, identifier: str, docstrings: tuple[str, ...]
    ) -> Iterator[tuple[SourceFile, ModuleFacts | None]]:
        inside = (("", piece) for text in docstrings if identifier in text for piece in code_in(text))
        pieces = [*inside, *self._documents.code(identifier)]
        for path, piece in [(path, piece) for path, piece in pieces if identifier in piece][:PIECES]:
            if len(piece) <= PIECE_LIMIT:
                yield SourceFile(path, "", is_package=False, is_test=False), self._facts(piece)

    def _facts(self, piece: str) -> ModuleFacts | None:
        """The facts of a piece of code, None where it is no Python."""
        from unbounded_lint.facts.collect import SourceError, collect

        if piece not in self._pieces:
            try:
                self._pieces[piece] = collect(piece)
            except SourceError:
                self._pieces[piece] = None
        return self._pieces[piece]
