"""What `explain` answers of a place: the container that is defined or used there, or that a finding there is about, or
that has a name in a file, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unbounded_lint.comments.layout import split
from unbounded_lint.explain.symbols import SHOWN, Explanations, Unknown, Words, chosen
from unbounded_lint.facts import model as m
from unbounded_lint.facts.walk import last_name
from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.findings.sheet import Named, Spot
from unbounded_lint.findings.symbols import plain
from unbounded_lint.findings.wording import plural
from unbounded_lint.link.program.module import LinkedModule
from unbounded_lint.link.verdicts.container import Container

_TOUCHING = frozenset({"insert", "remove", "clear", "replace", "trim"})


class Spots:
    """Answers what stands at a place."""

    def __init__(self, explanations: Explanations) -> None:
        self.explanations = explanations
        self.project = explanations.project
        self.program = explanations.program

    def of(self, spot: Spot, findings: Iterable[Finding] = ()) -> Container | Unknown:
        """The one container of a place, by what findings say where the line itself has none, or why there is none."""
        defined = self._at(spot, {c: self.project.definitions(c.holder) for c in self.project.containers})
        found = defined or self._touched(spot, changed=True) or self._touched(spot, changed=False)
        found = found or self._told(spot, findings)
        return chosen(found, spot.text, (spot.place, " has")) or Unknown(
            spot.text, ("no long-lived container is defined or used at ", spot.place, ": ", *self._why(spot))
        )

    def named(self, named: Named) -> Container | Unknown:
        """The one container of a name in a file, or why there is none."""
        found = self.explanations.called(named.name, lambda container: container.holder.scope.path == named.path)
        return chosen(found, named.text, (f"{named.text!r} names",)) or Unknown(
            named.text, (f"no long-lived container is called {named.text!r}: ", *self._why_not(named))
        )

    def _at(self, spot: Spot, places: dict[Container, tuple[Place, ...]]) -> list[Container]:
        """The containers with places in the line, those at the column alone where it has some."""
        on_line = [c for c, found in places.items() if any(_is_on(place, spot) for place in found)]
        exact = [c for c in on_line if spot.column and any(_is_on(p, spot) and _covers(p, spot) for p in places[c])]
        return exact or on_line

    def _touched(self, spot: Spot, *, changed: bool) -> list[Container]:
        """The containers that something in the line changes, or that it looks at without that."""
        return self._at(spot, {c: tuple(self._touches(c, spot.path, changed)) for c in self.project.containers})

    def _told(self, spot: Spot, findings: Iterable[Finding]) -> list[Container]:
        """The containers of the findings that name the line."""
        told: dict[str, list[Place]] = {}
        for finding in findings:
            told.setdefault(finding.symbol, []).extend(finding.related)
        return self._at(spot, {c: tuple(told.get(c.symbol, ())) for c in self.project.containers})

    def _touches(self, container: Container, path: str, changed: bool) -> Iterator[Place]:
        for access in container.accesses:
            if (access.kind in _TOUCHING) is changed and access.scope.path == path:
                yield self.project.place(access.scope, access.op, access.kind, "")

    # --- why there is none ---

    def _why(self, spot: Spot) -> Words:
        module = self._module(spot.path)
        if not isinstance(module, LinkedModule):
            return module
        text = self.explanations.sources.data(spot.path).decode("utf-8", "replace")
        lines = len(split(text))
        if not 1 <= spot.line <= lines:
            return (f"the file has {plural(lines, 'line')}",)
        return (*self._bound(module, spot), *self._nearest(spot))

    def _why_not(self, named: Named) -> Words:
        module = self._module(named.path)
        return self.explanations.in_module(module, named.name) if isinstance(module, LinkedModule) else module

    def _module(self, path: str) -> LinkedModule | Words:
        """The module in a file, or why nothing is known of it."""
        file = next((file for file in self.explanations.sources.files if file.path == path), None)
        if file is not None and file.is_test:
            return (f"{path} is a test, and the containers of tests are not looked at",)
        if file is not None:
            return self.program.module(path) or self.explanations.broken(path)
        if (self.explanations.sources.root / path).is_file():
            return ("the file is left out of the analysis, by `exclude` or since git ignores it",)
        return ("the project has no such file",)

    def _bound(self, module: LinkedModule, spot: Spot) -> Words:
        """What the statement there gives to a name, where that is no container."""
        for scope in module.facts.scopes:
            for op in scope.ops:
                targets = op.action.targets if isinstance(op.action, m.Assign) else ()
                for target in targets if op.span.line <= spot.line <= op.span.end_line else ():
                    passing = next(self.project.passing(module, _qualname(module, scope, target)), None)
                    if passing is not None:
                        return (f"of `{last_name(target)}`, ", *self.explanations.because(passing))
        return ("nothing in that line makes or uses one",)

    def _nearest(self, spot: Spot) -> Words:
        """The containers of the same file that are defined nearest."""
        here = [container for container in self.project.containers if container.place.path == spot.path]
        near = sorted(here, key=lambda container: abs(container.place.line - spot.line))[:SHOWN]
        named = " or ".join(f"{container.symbol} (line {container.place.line})" for container in near)
        return (f"; did you mean {named}?",) if near else ()


def _is_on(place: Place, spot: Spot) -> bool:
    return place.path == spot.path and place.line <= spot.line <= place.end_line


def _covers(place: Place, spot: Spot) -> bool:
    """Whether a place that has the line of a spot has its column."""
    begins = place.column if place.line == spot.line else 1
    return begins <= spot.column and (place.end_line != spot.line or spot.column < place.end_column)


def _qualname(module: LinkedModule, scope: m.Scope, target: m.Expr) -> str:
    """What an assignment binds, as a name in its module: of `self.x = ...` the attribute of the class around it."""
    owner = scope
    if isinstance(target, m.Attr):
        while owner.kind != "class" and owner.parent >= 0:
            owner = module.facts.scopes[owner.parent]
    around = plain(owner.qualname)
    return f"{around}{'.' if around else ''}{last_name(target)}"
