"""What the comments of the files of a run say, and which of them silence nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from unbounded_lint.comments.directives import Declaration, Directive, may_encode_ours
from unbounded_lint.comments.suppress import Suppressions, suppressions
from unbounded_lint.files.source import DecodeError, decode
from unbounded_lint.files.sources import Sources
from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.link.program.kept import kept
from unbounded_lint.rules import all_rules, unused_suppression
from unbounded_lint.rules.titles import code_of


class Comments:
    """What the comments of files say; each file is read when something asks for it."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    @kept
    def of(self, path: str) -> Suppressions:
        """What those of one file say, rules by their codes; nothing for a file that is no text."""
        try:
            found = suppressions(decode(self.sources.data(path)))
        except DecodeError:
            return Suppressions()
        return msgspec.structs.replace(found, directives=tuple(_by_codes(one) for one in found.directives))

    def ours(self, path: str) -> Suppressions:
        """The same, of a file that has comments of our own, and nothing for others: a quick look."""
        return self.of(path) if may_encode_ours(self.sources.data(path)) else Suppressions()

    def coded(self, path: str) -> Suppressions:
        """The same, of a file with comments that may suppress by our codes."""
        data = self.sources.data(path)
        return (
            self.of(path) if may_encode_ours(data) or (b"UBM" in data and b"noqa" in data.lower()) else Suppressions()
        )

    @cached_property
    def declarations(self) -> Mapping[str, Sequence[Declaration]]:
        """Path -> its declarations, of the files that are no tests and have any."""
        return {file.path: found for file in self.sources.linked if (found := self.ours(file.path).declarations)}

    @property
    def sweepers(self) -> frozenset[str]:
        """The functions that declarations say to sweep."""
        found = (one.function for declared in self.declarations.values() for one in declared)
        return frozenset(function for function in found if function)


def _by_codes(directive: Directive) -> Directive:
    """A directive with codes in place of names, which only our own comments may give."""
    if directive.kind != "ubm":
        return directive
    return msgspec.structs.replace(directive, codes=tuple(code_of(word) for word in directive.codes))


class Unused:
    """Finds what suppresses nothing.

    made are the findings of a run at whatever confidence; is_on(path, code) says whether a rule is on in a file; with
    noqa, not only our own comments are judged.
    """

    def __init__(
        self, comments: Comments, made: Iterable[Finding], is_on: Callable[[str, str], bool], *, noqa: bool
    ) -> None:
        self.comments = comments
        self.is_on = is_on
        self.noqa = noqa
        self._codes = tuple(rule.code for rule in all_rules())
        self._lines: dict[tuple[str, str], list[int]] = {}
        for finding in sorted(made, key=lambda f: f.place.line):
            self._lines.setdefault((finding.place.path, finding.code), []).append(finding.place.line)

    def within(self, paths: Iterable[str]) -> Iterator[Finding]:
        """One finding for each comment of these files that names codes of which some silence nothing."""
        for path in sorted(paths):
            for directive in self.comments.coded(path).directives:
                codes = [code for code in dict.fromkeys(directive.codes) if self._is_unused(path, directive, code)]
                if codes and directive.column and (self.noqa or directive.kind == "ubm"):
                    place = Place(path, directive.line, directive.column, directive.line, directive.column)
                    comment = {"ubm": "ubm: ignore", "noqa": "noqa", "file": "flake8: noqa"}[directive.kind]
                    whole = set(codes) == set(directive.codes)
                    yield unused_suppression.report(place, comment, codes, whole=whole)

    def _is_unused(self, path: str, directive: Directive, code: str) -> bool:
        """Whether a code silences nothing; a prefix is judged where all that it may stand for is on."""
        known = self._known(code)
        if unused_suppression.CODE in known or not all(self.is_on(path, each) for each in known):
            return False
        # One of ours that names no rule is another fault, and what names rules of others is not for us to judge.
        if not known and (directive.kind == "ubm" or not code.startswith("UBM")):
            return False
        return not any(_has_between(self._lines.get((path, each), ()), directive) for each in known)

    @kept
    def _known(self, prefix: str) -> tuple[str, ...]:
        return tuple(code for code in self._codes if code.startswith(prefix))


def _has_between(lines: Sequence[int], directive: Directive) -> bool:
    return bisect_left(lines, directive.first) < bisect_right(lines, directive.last)
