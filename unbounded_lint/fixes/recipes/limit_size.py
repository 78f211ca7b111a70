"""UBM101, UBM102: a container drops what came first once there is too much in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.fixes.bench import Bench, Repair, Use
from unbounded_lint.fixes.constants import defined, of_module
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import constant
from unbounded_lint.fixes.syntax import Syntax
from unbounded_lint.fixes.text import Change
from unbounded_lint.fixes.tolerance import (
    demand_missing_keys,
    demand_no_registrations,
    demand_tolerance,
    demand_whole_unneeded,
)
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.dataflow.handles import Variable
from unbounded_lint.link.program.blocks import frames_of

MEMO, OTHER = 1024, 10_000
"""How many results a memo keeps, and how many entries or elements of others."""


def repair_memo(bench: Bench) -> Repair:
    """The same for results that can be computed again alone: who would remove an entry may count on finding it."""
    bench.concerns(bench.project.holdings.of(bench.container) == "results")
    return repair(bench)


def repair(bench: Bench) -> Repair:
    """Cut it behind each insert, to a size that is a constant of its module."""
    container = bench.container
    family, holds = container.holder.made.kind.family, bench.project.holdings.of(container)
    bench.concerns(family in {"map", "list"} and holds in {"", "results"})
    handle = container.holder.handle
    if isinstance(handle, Variable) and handle.scope.index:
        raise Refused(f"`{container.name}` is a variable of a function")
    _demand_plain(bench)
    is_list, memo = family == "list", holds == "results"
    if memo:
        demand_missing_keys(bench)
    else:
        demand_tolerance(bench)
        demand_whole_unneeded(bench)
        demand_no_registrations(bench)
        _demand_plain_values(bench)
    size = MEMO if memo else OTHER
    grows = [a for a in container.accesses if a.kind == "insert" and not a.nested and not _is_update(bench, a)]
    file = _where(bench, grows)
    limit = constant(file, container.holder.name, "MAX_SIZE")
    line = f"{limit} = {size:_}" if size >= 10_000 else f"{limit} = {size}"
    changes = [defined(bench, line) if file is bench.home else of_module(file, [line])]
    for access in grows:
        changes += _cut(bench, access, bench.use(access), limit, is_list=is_list)
    what = "results" if memo else "elements" if is_list else "entries"
    return Repair(
        f"Let `{container.name}` keep the last {size} {what}",
        "a result that was dropped is computed again when it is asked for"
        if memo
        else "nobody needs older elements, or counts on their places in it"
        if is_list
        else "an entry that was dropped is as good as one that never came",
        tuple(dict.fromkeys(changes)),
    )


def _where(bench: Bench, grows: Sequence[Access]) -> Syntax:
    """The one file in which the container grows."""
    paths = {access.scope.path for access in grows}
    if len(paths) != 1:
        raise Refused(f"`{bench.container.name}` grows in several files")
    return bench.file(paths.pop())


def _is_update(bench: Bench, access: Access) -> bool:
    """Whether there is an entry under the key already: the value is made of it, or the same function has just inserted
    one."""
    if access.key is None:
        return False
    facts = bench.facts(access.scope)
    around = {0, *frames_of(facts, access.op)}
    others = bench.container.accesses.within(access.scope, "insert", "read")
    read = {id(other.site.node) for other in others if other.kind == "read" and other.key == access.key}
    parts = w.walk(access.value) if access.value is not None and not access.implicit else ()
    if access.how == "[]" and any(id(part) in read for part in parts):
        return any(o.kind == "read" and o.key == access.key and o.is_entered for o in others)
    before = (o for o in others if o.kind == "insert" and not o.nested and o.key == access.key and o.op < access.op)
    return any(facts.ops[other.op].frame in around for other in before)


def _demand_plain_values(bench: Bench) -> None:
    """Raises `Refused` for a map with more under its keys than times and constants, such as those who listen."""
    for access in bench.container.accesses:
        if access.nested and access.kind == "insert":
            added = access.how.endswith("=") and not isinstance(access.value, m.Display | m.Comp | m.Name)
            plain = isinstance(access.value, m.Const) or added
            if not plain and not _is_time(bench, access):
                raise Refused(f"what is under a key of `{bench.container.name}` may be needed later")


def _is_time(bench: Bench, access: Access) -> bool:
    values = (access.value, access.key)
    return any(v is not None and tells_time(v, access.scope, bench.project.flow.resolver) for v in values)


def _demand_plain(bench: Bench) -> None:
    """Raises `Refused` for a registry of what is called: functions that were handed in once."""
    for access in bench.container.accesses:
        if access.kind != "insert" or not isinstance(access.value or access.key, m.Name):
            continue
        value = access.value if isinstance(access.value, m.Name) else access.key
        assert isinstance(value, m.Name)
        resolver = bench.project.flow.resolver
        named = bench.project.program.of(access.scope).sites(value.id)
        called = any(site.call is not None and isinstance(site.node, m.Name) for site in named)
        if called or tuple(resolver.functions(value, access.scope)):
            raise Refused(f"`{bench.container.name}` may keep functions that were handed in once")


def _cut(bench: Bench, access: Access, use: Use, limit: str, *, is_list: bool) -> Iterator[Change]:
    file, statement = use.file, use.statement
    if use.name.rpartition(".")[2] != bench.container.holder.name:
        raise Refused(f"`{use.name}`, which an entry is added to, need not be `{bench.container.name}`")
    if not is_list:
        lines = [f"if len({use.name}) > {limit}:", f"{file.unit}{use.name}.pop(next(iter({use.name})), None)"]
    elif access.how in {"append", "extend", "+="}:
        lines = [f"del {use.name}[:-{limit}]"]
    elif access.how == "insert" and use.key is not None and file.source(use.key) == "0":
        lines = [f"del {use.name}[{limit}:]"]
    else:
        raise Refused("elements are added in the middle")
    if access.bulk and not is_list:
        raise Refused("many entries are added at once")
    match statement.small:
        case cst.Assign() | cst.AugAssign() | cst.AnnAssign() | cst.Expr():
            yield file.after(statement, lines)
        case _:
            raise Refused("an entry is added by an expression that nothing can be put behind")
