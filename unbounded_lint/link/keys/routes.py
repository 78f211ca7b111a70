"""What a framework gives a function: what stands at a place of an address, `/guests/{name}`, comes with each request;
the number of a signal is one of a few."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.execution import Execution

_PLACE = re.compile(r"[{<](?:\w+:)?(\w+)(?::[^{}<>]*)?[}>]")
"""`{name}`, `{name:path}`, `<name>`, `<int:name>` and `(?P<name>...)`; no `<any(a, b):name>`, which is one of a few."""

_WORD = re.compile(r"\w+")


class Routes:
    """Knows the places in the addresses that functions serve, and what else they are given. Memoised."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.program = execution.program

    @kept
    def places(self, function: ScopeId) -> frozenset[str]:
        """The names of the places in the addresses that a function serves."""
        return frozenset(name for text in self._addresses(function) for name in _PLACE.findall(text))

    def is_stated(self, function: ScopeId, name: str) -> bool:
        """Whether an address that a function serves writes a name, in whatever way."""
        return any(name in _WORD.findall(text) for text in self._addresses(function))

    def is_of_few(self, function: ScopeId, position: int) -> bool:
        """Whether a function is run by hooks alone that give a parameter one of a few values, such as the number of the
        signal that it was set for."""
        graph, owner = self.execution.graph, self.program.owner_class(function)
        bound = owner is not None and not is_static(self.program.facts(function))
        hooks = [
            graph.timers.hooks_of(edge.handed, edge.scope)[:1] if edge.kind == "hook" and edge.handed else ()
            for edge in graph.edges(function)
        ]
        return bool(hooks) and all(found and position - bound in found[0].few for found in hooks)

    @kept
    def _addresses(self, function: ScopeId) -> tuple[str, ...]:
        """The texts that the calls are given which wire a function to a framework."""
        return tuple(word_of(node) for call in self._wired(function) for a in call.args for node in w.walk(a.value))

    def _wired(self, function: ScopeId) -> Iterator[m.Call]:
        """The calls that wire a function to a framework, to be run for each request."""
        for edge in self.execution.graph.edges(function):
            if edge.handed is not None and edge.context is not None and edge.context.by == "request":
                yield edge.handed
