"""Every question that the parts of the link layer can be asked about a program, and what a project says in the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any, NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import Attribute, Variable
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Options


class Question(NamedTuple):
    """A question with a name that is the same in every project of the program."""

    name: tuple[Hashable, ...]
    ask: Callable[[], Any]


def questions(project: Project) -> list[Question]:
    """What can be asked about each name, expression, operation, function and class of the files that are not tests."""
    modules = (project.program.module(path) for path in project.program.files)
    return [question for module in modules if module is not None for question in _of_module(project, module)]


def _of_module(project: Project, module: LinkedModule) -> Iterator[Question]:
    yield Question(("containers", module.path), lambda: list(project._containers.of_module(module)))
    for index, facts in enumerate(module.facts.scopes):
        scope = ScopeId(module.path, index)
        yield from _of_names(project, module, scope)
        if facts.kind in {"function", "lambda"}:
            yield Question(("contexts", scope), partial(project.execution.contexts, scope))
            yield Question(("calls", scope), partial(project.flow.call_sites, scope))
            yield Question(("function uses", scope), partial(project.flow.function_uses, scope))
            yield Question(("returned", scope), partial(project.flow.resolver.returned, scope))
        for at, op in enumerate(facts.ops):
            yield Question(("kinds", scope, at), partial(project.execution.kinds, scope, at))
            for number, node in enumerate(w.nodes(op.action)):
                yield from _of_node(project, scope, at, number, node)


def _of_names(project: Project, module: LinkedModule, scope: ScopeId) -> Iterator[Question]:
    flow = project.flow
    names = module.names.of(scope.index)
    for name in names:
        yield Question(("uses", scope, name), partial(flow.uses, Variable(scope, name)))
        yield Question(("lookup", scope, name), partial(flow.resolver.values, m.Name(name), scope))
    if module.scope(scope.index).kind == "class":
        yield Question(("order", scope), partial(flow.resolver.mro, scope))
        for name in dict.fromkeys((*names, *flow.scoping.writes(scope))):
            yield Question(("attribute uses", scope, name), partial(flow.uses, Attribute(scope, name)))
            for resolver, which in ((flow.resolver, "resolved"), (flow.declared, "declared")):
                asked = partial(resolver.class_attribute, scope, name, on_class=False)
                yield Question(("attribute", which, scope, name), asked)


def _of_node(project: Project, scope: ScopeId, op: int, number: int, node: m.Expr) -> Iterator[Question]:
    if isinstance(node, m.Name | m.Const):
        return
    for resolver, which in ((project.flow.resolver, "resolved"), (project.flow.declared, "declared")):
        yield Question(("values", which, scope, op, number), partial(resolver.values, node, scope))
    if isinstance(node, m.Sub):
        yield Question(("domain", scope, op, number), partial(project._keys.domain, node.index, scope, op))


def ask(asked: list[Question], seed: int, most: int) -> dict[tuple[Hashable, ...], Any]:
    """Ask questions in a random order, or as many of them: the answers by name."""
    drawn = random.Random(seed).sample(asked, min(most, len(asked)))
    return {question.name: question.ask() for question in drawn}


def said_of(container: Container) -> tuple[Any, ...]:
    """All that rules go by, in a form that can be compared between projects."""
    return (
        container.verdict,
        container.confidence,
        container.evidence,
        [(i.access.scope, i.access.op, i.access.key, i.access.outer, i.domain, i.contexts) for i in container.inserts],
        [(r.access.scope, r.access.op, r.access.how, r.when, r.extent, r.contexts) for r in container.removals],
        [(a.kind, a.scope, a.op, a.how, a.guess, a.nested) for a in container.accesses],
    )


def verdicts(project: Project) -> dict[str, tuple[Any, ...]]:
    """Container -> all that is said of it."""
    found = {container.symbol: said_of(container) for container in project.containers}
    assert not project.failures, project.failures
    return found


def findings(project: Project) -> list[Any]:
    """What every rule reports."""
    found = [f for rule in all_rules() for f in project.ask(lambda p, rule=rule: rule.check(p, Options()))]  # type: ignore[misc]
    assert not project.failures, project.failures
    return sorted(found, key=lambda finding: finding.sort_key)
