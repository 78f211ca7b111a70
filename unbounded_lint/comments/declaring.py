"""What comments and settings declare of containers and functions, and what they name that is not there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple, TypeAlias

from unbounded_lint.comments.directives import Declaration, Directive
from unbounded_lint.comments.said import Comments
from unbounded_lint.findings.finding import Finding
from unbounded_lint.findings.sheet import Remedy
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.symbols import Symbols
from unbounded_lint.link.project import Project
from unbounded_lint.rules import unknown_declaration
from unbounded_lint.rules.titles import is_known, nearest
from unbounded_lint.settings.config import Settings

HINTED = 20
"""For how many unknown names of a run a similar one is looked for."""

_GROWTH = ("UBM1", "UBM2")
_FAULTS = frozenset({"UBM207", "UBM208"})
"""What is wrong with the code that works on a container, however few entries that has."""
_UNSWEPT = frozenset({"UBM101", "UBM102", "UBM201"})

_Defined: TypeAlias = "Sequence[tuple[int, str]]"
"""The lines of a file where containers are defined, in order, each with the symbol."""


def is_about_growth(code: str) -> bool:
    """Whether a rule says that a container grows, so that a declaration that it is bounded answers it."""
    return code.startswith(_GROWTH) and code not in _FAULTS


class UnknownSetting(NamedTuple):
    """A value of the settings that names what is not there, and one sentence about it."""

    key: str
    value: str
    why: str


class _Unknown(NamedTuple):
    """A place in a file, what is wrong there, and what finds a similar name, "" for none."""

    path: str
    line: int
    column: int
    why: str
    near: Callable[[], str]


class Declarations:
    """The declarations of a project, each with the containers that it is about."""

    def __init__(self, project: Project, comments: Comments) -> None:
        self.project = project
        self.comments = comments
        self.symbols = Symbols(project.program)

    # --- what applies ---

    def of(self, symbol: str) -> tuple[Declaration, ...]:
        """What is declared of a container, at most one of each kind."""
        return tuple(sorted(self._by_symbol.get(symbol, {}).values(), key=lambda one: (one.line, one.column)))

    def silencing(self, finding: Finding) -> Declaration | None:
        """The declaration that says that what is found is none: that a container grows, but not what is wrong with the
        code that works on it. None where there is no such one."""
        return next((one for one in self.of(finding.symbol) if _silences(one.kind, finding.code)), None)

    @cached_property
    def _by_symbol(self) -> Mapping[str, Mapping[str, Declaration]]:
        found: dict[str, dict[str, Declaration]] = {}
        for path, declared in self.comments.declarations.items():
            # Of several of one kind at one statement the first is enough.
            for one in {(one.last, one.kind): one for one in reversed(declared)}.values():
                lines = self._defined.get(path, ())
                for _, symbol in lines[slice(*_between(lines, one))]:
                    found.setdefault(symbol, {})[one.kind] = one
        return found

    @cached_property
    def _defined(self) -> Mapping[str, _Defined]:
        """Path -> the containers that the rules look at."""
        if not self.comments.declarations:
            return {}
        return self._lines(container.holder for container in self.project.containers)

    def _lines(self, holders: Iterable[Holder]) -> Mapping[str, _Defined]:
        found: dict[str, list[tuple[int, str]]] = {}
        for holder in holders:
            for place in self.project.definitions(holder):
                found.setdefault(place.path, []).append((place.line, holder.symbol))
        return {path: sorted(defined) for path, defined in found.items()}

    # --- what names nothing ---

    def unknown(self, paths: Iterable[str]) -> Iterator[Finding]:
        """The comments of our own in some files that cannot be read, or that are about what is not there; none for
        files that could not be analysed."""
        broken = self.broken
        found = (one for path in sorted(paths) if path not in broken for one in self._unknown(path))
        for number, one in enumerate(found):
            near = one.near() if number < HINTED else ""
            yield unknown_declaration.report(one.path, one.line, one.column, _hinted(one.why, near))

    @property
    def broken(self) -> frozenset[str]:
        """The files that could not be analysed, or not in full."""
        failed = {path for path, _, _ in self.project.failures}
        return frozenset(failed | {failure.path for failure in self.comments.sources.failures})

    def _unknown(self, path: str) -> Iterator[_Unknown]:
        said = self.comments.ours(path)
        for comment in said.malformed:
            yield _Unknown(path, comment.line, comment.column, comment.why, _nothing)
        for directive in said.directives:
            if directive.kind == "ubm":
                yield from _unknown_codes(path, directive)
        for one in said.declarations:
            if one.function and self.symbols.is_unknown_function(one.function):
                why = f"`# ubm: swept-by({one.function})` names no function of the project"
                yield _Unknown(path, one.line, one.column, why, partial(self.symbols.near, one.function))
            if not self._is_about_something(path, one):
                why = f"`# ubm: {one.kind}` stands where no long-lived container is defined"
                yield _Unknown(path, one.line, one.column, why, _nothing)

    def _is_about_something(self, path: str, declaration: Declaration) -> bool:
        """Whether a container is defined there, be it one that the rules pass over since nothing inserts into it."""
        if _are_between(self._defined.get(path, ()), declaration):
            return True
        held = self._held(path)
        return held is None or _are_between(held, declaration)

    @kept
    def _held(self, path: str) -> _Defined | None:
        """Every container that a file defines, None where that cannot be told."""
        holders = self.project.held_in(path)
        return None if holders is None else self._lines(holders).get(path, ())

    def unknown_settings(self, settings: Settings) -> Iterator[UnknownSetting]:
        """What the settings name that the project does not have."""
        for number, (key, value, why, near) in enumerate(self._unknown_settings(settings)):
            hinted = _hinted(f"`{key}` names `{value}`, {why}", near() if number < HINTED else "")
            yield UnknownSetting(key, value, hinted)

    def _unknown_settings(self, settings: Settings) -> Iterator[tuple[str, str, str, Callable[[], str]]]:
        """The key, the value, what is wrong with it, and what finds a similar name."""
        functions = (
            ("entry-points", settings.entry_points),
            ("sweepers", settings.sweepers),
            ("other-process", settings.other_process),
        )
        for key, values in functions:
            for value in dict.fromkeys(values):
                if self.symbols.is_unknown_function(value):
                    yield key, value, "which is no function of the project", partial(self.symbols.near, value)
        callables = (
            ("timers", [(value, value.rpartition(":")[0]) for value in settings.timers]),
            ("spawners", [(value, value.rpartition(":")[0]) for value in settings.spawners]),
            ("bounded-types", [(value, value) for value in settings.bounded_types]),
        )
        for key, pairs in callables:
            for value, name in dict.fromkeys(pairs):
                if self.symbols.is_unknown_api(name):
                    yield key, value, f"and the project has no `{name}`", partial(self.symbols.near_api, name)


def remedies(codes: Iterable[str]) -> tuple[Remedy, ...]:
    """The comments that silence findings of these rules about one container, the one that says most first."""
    found, reported = [], sorted(set(codes))
    if any(_silences("bounded", code) for code in reported):
        found.append(Remedy("# ubm: bounded(reason)", "where something keeps it small that cannot be seen in the code"))
    if any(_silences("swept-by", code) for code in reported):
        found.append(Remedy("# ubm: swept-by(pkg.mod:function)", "where that function runs on a timer and sweeps it"))
    if reported:
        found.append(Remedy(f"# ubm: ignore[{','.join(reported)}] reason", "where it may stay as it is"))
    return tuple(found)


def _silences(kind: str, code: str) -> bool:
    """Whether a declaration says that what a rule finds is none."""
    if kind == "bounded":
        return is_about_growth(code)
    return code in _UNSWEPT


def _between(lines: _Defined, declaration: Declaration) -> tuple[int, int]:
    """Where those begin and end that a declaration covers."""
    begin = bisect_left(lines, declaration.first, key=lambda defined: defined[0])
    return begin, bisect_right(lines, declaration.last, key=lambda defined: defined[0])


def _are_between(lines: _Defined, declaration: Declaration) -> bool:
    begin, end = _between(lines, declaration)
    return begin < end


def _unknown_codes(path: str, directive: Directive) -> Iterator[_Unknown]:
    for word in dict.fromkeys(directive.codes):
        if not is_known(word):
            why = f"`{word}` is neither the code nor the name of a rule"
            yield _Unknown(path, directive.line, directive.column, why, partial(nearest, word))


def _nothing() -> str:
    return ""


def _hinted(why: str, near: str) -> str:
    return f"{why}; did you mean `{near}`?" if near else why
