"""UBM208: a loop that takes out of what it walks walks a copy."""

from __future__ import annotations

import re

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change


def repair(bench: Bench) -> Repair:
    """Put `list(...)` around what each such loop walks."""
    clashes = bench.project.defects.removals_while_iterating.of(bench.container)
    changes = [_copied(*bench.statement(clash.scope, clash.loop)) for clash in clashes]
    if not changes:
        raise Refused("the loop cannot be found again")
    return Repair(
        f"Let the loop walk a copy of `{bench.container.name}`",
        "the loop need not see entries that are added while it runs",
        tuple(dict.fromkeys(changes)),
    )


def _copied(file: Syntax, statement: Statement) -> Change:
    if not isinstance(statement.node, cst.For):
        raise Refused("the container is not walked by a `for` statement")
    return copied(file, statement.node)


def copied(file: Syntax, loop: cst.For | cst.CompFor) -> Change:
    """What a loop walks, taken as a list first."""
    if re.search(r"\blist\s*=(?!=)|\bdef list\b|\bimport list\b|\bas list\b", file.text):
        raise Refused(f"`list` has another meaning in `{file.path}`")
    walked = file.source(loop.iter)
    match loop.iter:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="keys")), args=[]):
            walked = file.source(value)
    return file.replace(loop.iter, f"list({walked})")
