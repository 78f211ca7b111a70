"""A project as it would be with some of its files changed, in memory alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from unbounded_lint.disk.cache import Cache
from unbounded_lint.files.contents import Contents
from unbounded_lint.findings.finding import Finding
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Syntax
from unbounded_lint.fixes.writing import leads_out
from unbounded_lint.link.project import Project
from unbounded_lint.rules import all_rules
from unbounded_lint.run.analysis import analyse
from unbounded_lint.run.request import Analysis, Request

About: TypeAlias = tuple[str, str]
"""A code with a symbol, or with a path where a finding is about a file."""


class Shop:
    """One state of a project: what it says at any confidence, and its files."""

    def __init__(self, request: Request, cache: Cache | None, changed: Mapping[str, bytes]) -> None:
        self.request = request
        self.changed = changed
        self._contents = Contents(request.project.root, cache, {**request.unsaved, **changed})
        self._cache = cache
        self._files: dict[str, Syntax] = {}

    @cached_property
    def _studied(self) -> tuple[Analysis, Project]:
        linked: list[Project] = []

        def look(project: Project, _declared: object, _shown: Sequence[Finding]) -> None:
            linked.append(project)

        analysis = analyse(self.request, self._contents, self._cache, look=look)
        return analysis, linked[0]

    @property
    def project(self) -> Project:
        """The linked project."""
        return self._studied[1]

    @property
    def found(self) -> tuple[Finding, ...]:
        """The findings of the whole project, as sure as the run asks for."""
        return self._studied[0].findings

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that the run asks for."""
        wanted = self.request.project.report_on
        return tuple(f for f in self.found if wanted is None or f.place.path in wanted)

    @cached_property
    def about(self) -> frozenset[About]:
        """What is found, however sure."""
        return frozenset((*map(about, self.found), *self._studied[0].unsure))

    def with_changed(self, changed: Mapping[str, bytes]) -> Shop:
        """The project with these files changed and all others as the request has them."""
        return Shop(self.request, self._cache, changed)

    def data(self, path: str) -> bytes:
        """The bytes of a file. Raises `OSError` where it cannot be read."""
        return self._contents.data(path)

    def file(self, path: str) -> Syntax:
        """A file, taken apart. Raises `Refused` for one that no repair may change."""
        project = self.request.project
        if project.report_on is not None and path not in project.report_on:
            raise Refused(f"`{path}` would have to change too, which was not asked about")
        if leads_out(project.root, path):
            raise Refused(f"`{path}` is a link that leads out of the project")
        if path not in self._files:
            self._files[path] = Syntax(path, self.data(path))
        return self._files[path]


def about(finding: Finding) -> About:
    """What tells one finding from another, wherever they are."""
    return finding.code, finding.symbol or finding.place.path


def fresh(before: Shop, after: Shop, repaired: Sequence[Finding]) -> tuple[Finding, ...]:
    """What a run over the changed project reports that is new, in whatever file: about a container of which nothing was
    said before, or one of those that were repaired, unless that is the rest of what was said."""
    known = {f.symbol or f.place.path for f in before.found} - {f.symbol for f in repaired}
    return tuple(
        f
        for f in after.found
        if about(f) not in before.about
        and (f.symbol or f.place.path) not in known
        and not any(is_rest(f, one) for one in repaired)
    )


def is_rest(finding: Finding, repaired: Finding) -> bool:
    """Whether a finding is what the repaired one had hidden: it says less about the same container, and was left out as
    long as the other stood."""
    rules = {rule.code: rule for rule in all_rules()}
    return finding.symbol == repaired.symbol and finding.code in rules[repaired.code].overrides
