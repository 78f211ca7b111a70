"""The function of a project that runs as the program starts, where a thread or task can be started with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.link.program.module import ScopeId

_BEGINNING = frozenset({"startup", "main"})


class Launch(NamedTuple):
    """Such a function, how it writes the module of the container ("store.", "" in that module), and whether an event
    loop runs it."""

    scope: ScopeId
    prefix: str
    is_async: bool


def launch_of(bench: Bench) -> Launch:
    """The one that a framework calls at start-up, or else that which a script does all its work in. Raises `Refused`
    where there is none, or more than one that may be meant."""
    found = list(_launches(bench))
    hooked = [launch for launch in found if "startup" in bench.project.execution.begins(launch.scope)]
    best = hooked or found
    if len(best) != 1:
        raise Refused("no place is known where a thread could be started with the program")
    return best[0]


def first_of(file: Syntax, function: Statement) -> Statement:
    """The first statement of a function that does something."""
    body = file.block_of(function)
    small = body[0].small if body else None
    is_text = isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
    rest = [s for s in (body[1:] if is_text else body) if not isinstance(s.small, cst.Global | cst.Nonlocal)]
    if not rest or not rest[0].alone:
        raise Refused("the function that runs as the program starts does nothing yet")
    return rest[0]


def _launches(bench: Bench) -> Iterator[Launch]:
    program, home = bench.project.program, bench.container.holder.scope.path
    module = program.module(home)
    assert module is not None
    near = sorted({home, *program.paths_mentioning(module.name.rpartition(".")[2])})
    for path in near:
        prefix = "" if path == home else _prefix(bench, path, module.name)
        other = program.module(path)
        if prefix is None or other is None:
            continue
        for index, facts in enumerate(other.facts.scopes):
            scope = ScopeId(path, index)
            plain = facts.kind == "function" and "." not in facts.qualname
            if plain and _begins(bench, scope):
                yield Launch(scope, prefix, facts.is_async)


def _prefix(bench: Bench, path: str, name: str) -> str | None:
    """How a file writes a module, None where it does not by one name that it imports."""
    module = bench.project.program.module(path)
    for bound, bindings in module.names.of(0).items() if module is not None else ():
        imported = bindings[0].imported if len(bindings) == 1 else None
        if module is None or imported is None:
            continue
        whole = module.absolute(imported)
        if imported.attribute is not None:
            whole = f"{whole}.{imported.attribute}"
        elif "." in whole and bound == whole.partition(".")[0]:
            continue
        if whole == name:
            return f"{bound}."
    return None


def _begins(bench: Bench, scope: ScopeId) -> bool:
    """Whether a function runs once, as the program starts: called by a framework, or by the body of a script."""
    execution = bench.project.execution
    contexts = execution.contexts(scope)
    if not contexts or any(c.kind not in _BEGINNING or c.looped or c.guess or c.failing for c in contexts):
        return False
    by_script = any(not caller.index for caller, _ in execution.graph.callers(scope))
    return by_script or "startup" in execution.begins(scope)
