"""Whether code goes on well when an entry is gone that it would have found before."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.blocks import frames_of, parts_of
from unbounded_lint.link.program.module import Place
from unbounded_lint.link.verdicts.container import Container

_WITHOUT_HARM = frozenset({"get", "pop", "setdefault", "discard", "items", "values", "keys", "copy"})
_VIEWS = frozenset({"items", "values", "keys", "copy"})
_MISSING = frozenset({"KeyError", "LookupError", "Exception"})
_PARTS = frozenset({"__setitem__", "__setattr__", "__missing__"})
_PLAIN = frozenset({"str", "int", "bytes", "float", "UUID", "date", "datetime"})
_STORING = frozenset({"__setitem__", "append", "add", "update", "setdefault"})
_HARMLESS = frozenset({"insert", "iterate", "size", "contains", "tested", "replace", "clear"})


def demand_whole_unneeded(bench: Bench) -> None:
    """Raises `Refused` where some code walks the container for what is in it, and not to take things out."""
    accesses = bench.container.accesses
    for access in accesses:
        shown = access.kind == "iterate" or (access.kind == "read" and access.how in _VIEWS)
        if shown and not access.nested and not accesses.within(access.scope, "remove", "clear", "replace", "trim"):
            where = bench.project.function(access.scope)
            raise Refused(f"`{where}` walks `{bench.container.name}`, and may need every entry")


def demand_no_registrations(bench: Bench) -> None:
    """Raises `Refused` where entries are put in once and for all: by a decorator, by a part of a map, as the program
    starts, or under a key of something else that is to have it too."""
    name, cls = bench.container.name, bench.container.holder.made.cls
    if cls is not None and any(bench.project.flow.resolver.methods(cls, method) for method in _STORING):
        raise Refused(f"`{bench.facts(cls).name}` may do more than to store what it is given")
    if _is_filled_at_once(bench):
        raise Refused(f"`{name}` has entries from the start, which would go first")
    for access in bench.container.accesses:
        if access.kind != "insert" or access.nested:
            continue
        facts, where = bench.facts(access.scope), f"`{bench.project.function(access.scope)}`"
        kinds = bench.project.execution.kinds(access.scope, access.op)
        if kinds & {"import", "startup"}:
            raise Refused(f"`{name}` is filled as the program starts, and what is put in then would go first")
        called = bench.project.execution.graph.callers(access.scope)
        if not called and kinds <= {"api", "tested"} and _given(bench, access):
            raise Refused(f"only users call {where}, who may need all that they put into `{name}`")
        if _gives_back(bench, access):
            raise Refused(f"{where} gives back what it puts into `{name}`, as decorators do that register something")
        if facts.name in _PARTS and bench.project.program.owner_class(access.scope) is not None:
            raise Refused(f"`{name}` is a part of a map, which may need every entry")
        other = _filled_beside(bench, access)
        if other:
            raise Refused(f"{where} puts the same key into `{other}`, of which each entry may be needed")


def _is_filled_at_once(bench: Bench) -> bool:
    """Whether the statement that makes the container puts something in."""
    holder = bench.container.holder
    action = bench.facts(holder.scope).ops[holder.op].action if holder.op >= 0 else None
    value = action.value if isinstance(action, m.Assign) else None
    return isinstance(value, m.Display | m.DictDisplay) and bool(value.items)


def _given(bench: Bench, access: Access) -> bool:
    """Whether an argument of the function that inserts is part of what it inserts."""
    given = {parameter.name for parameter in bench.facts(access.scope).parameters} - {"self", "cls"}
    parts = (node for part in (access.key, access.value) if part is not None for node in w.walk(part))
    return any(isinstance(node, m.Name) and node.id in given for node in parts)


def _gives_back(bench: Bench, access: Access) -> bool:
    """Whether the function that inserts returns an argument that it has put in."""
    facts = bench.facts(access.scope)
    given = {p.name for p in facts.parameters if p.annotation is None or w.last_name(p.annotation) not in _PLAIN}
    put = access.value or access.key
    stored = {node.id for node in w.walk(put) if isinstance(node, m.Name)} & given if put is not None else set()
    returned = (op.action.value for op in facts.ops if isinstance(op.action, m.Return))
    return any(isinstance(value, m.Name) and value.id in stored for value in returned)


def _filled_beside(bench: Bench, access: Access) -> str:
    """Another container that the same function stores something in under the same key, that keeps it, and of which some
    code counts on an entry to be there; "" if there is none."""
    for other in bench.project.containers:
        if other.symbol == bench.container.symbol or access.key is None or other.removals:
            continue
        stored = (a for a in other.accesses.within(access.scope, "insert") if not a.nested and a.key == access.key)
        counted = (a for a in other.accesses if a.is_entered and not a.nested and not is_asked_first(bench, a, other))
        if any(True for _ in stored) and any(True for _ in counted):
            return other.name
    return ""


def demand_tolerance(bench: Bench) -> None:
    """Raises `Refused` where some use of the container counts on an entry to be there, or on the place of an
    element."""
    name = bench.container.name
    is_list = bench.container.holder.made.kind.family == "list"
    for access in bench.container.accesses:
        if access.nested or access.kind in _HARMLESS:
            continue
        where = f"`{bench.project.function(access.scope)}`"
        if access.kind == "escape":
            raise Refused(f"`{name}` is handed to code that may count on what is in it")
        if is_list and access.kind != "read":
            raise Refused(f"elements of `{name}` are taken out one by one")
        if access.is_entered or _is_bare_pop(bench, access):
            _demand_asked(bench, access)
        elif access.how not in _WITHOUT_HARM and access.kind in {"read", "remove"}:
            raise Refused(f"{where} reads `{name}` in a way that may need every entry")


def demand_missing_keys(bench: Bench, besides: Iterable[Place] = ()) -> None:
    """Raises `Refused` where some use of the container, besides those at some places, counts on a key to be there."""
    spared = frozenset(besides)
    for access in bench.container.accesses:
        if not access.nested and access.is_entered and access.place not in spared:
            _demand_asked(bench, access)


def _demand_asked(bench: Bench, access: Access) -> None:
    if not is_asked_first(bench, access):
        where = bench.project.function(access.scope)
        raise Refused(f"`{where}` counts on an entry of `{bench.container.name}` to be there")


def _is_bare_pop(bench: Bench, access: Access) -> bool:
    """`X.pop(k)`, which raises where there is no such entry."""
    if access.how not in {"pop", "remove"} or access.kind != "remove":
        return False
    if access.handed is not None:
        given = [argument.value for argument in access.handed.args]
        behind = given[1 + next((i for i, part in enumerate(given) if access.site.node in w.walk(part)), -1) :]
        return len([item for part in behind for item in (part.items if isinstance(part, m.Display) else (part,))]) < 2
    node = bench.use(access).node
    return not isinstance(node, cst.Call) or len(node.args) < 2


def is_asked_first(bench: Bench, access: Access, container: Container | None = None) -> bool:
    """Whether there is an entry for certain, or code for where there is none: the same function has inserted under the
    key on every way there, asks whether there is one, walks what there is, or expects the error. What it has
    inserted need not be there any more by the time that it removes it."""
    facts = bench.facts(access.scope)
    around = frames_of(facts, access.op)
    for other in (container or bench.container).accesses.within(access.scope, "insert", "contains", "read", "iterate"):
        if other.nested or (other.key != access.key and other.kind != "iterate"):
            continue
        if other.kind == "insert" and other.op <= access.op and facts.ops[other.op].frame in {0, *around}:
            if access.kind != "remove":
                return True
        if other.kind in {"contains", "iterate"} or (other.kind == "read" and other.how in {"get", "setdefault"}):
            return True
    tries = (frame for frame in around if facts.frames[frame].kind == "try")
    handlers = (facts.frames[h] for frame in tries for h in parts_of(facts, frame, "except"))
    return any(h.head is None or not _MISSING.isdisjoint(w.names(h.head)) for h in handlers)
