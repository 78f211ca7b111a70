"""Whether code goes on well when an entry is gone that it would have found before."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from unbounded_lint.facts import walk as w
from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.blocks import frames_of, parts_of
from unbounded_lint.link.program.module import Place

_WITHOUT_HARM = frozenset({"get", "pop", "setdefault", "discard", "items", "values", "keys", "copy"})
_VIEWS = frozenset({"items", "values", "keys", "copy"})
_MISSING = frozenset({"KeyError", "LookupError", "Exception"})
_HARMLESS = frozenset({"insert", "iterate", "size", "contains", "tested", "replace", "clear"})


def demand_whole_unneeded(bench: Bench) -> None:
    """Raises `Refused` where some code walks the container for what is in it, and not to take things out."""
    accesses = bench.container.accesses
    for access in accesses:
        shown = access.kind == "iterate" or (access.kind == "read" and access.how in _VIEWS)
        if shown and not access.nested and not accesses.within(access.scope, "remove", "clear", "replace", "trim"):
            where = bench.project.function(access.scope)
            raise Refused(f"`{where}` walks `{bench.container.name}`, and may need every entry")


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
    node = bench.use(access).node
    return not isinstance(node, cst.Call) or len(node.args) < 2


def is_asked_first(bench: Bench, access: Access) -> bool:
    """Whether there is an entry for certain, or code for where there is none: the same function has inserted under the
    key on every way there, asks whether there is one, walks what there is, or expects the error."""
    facts = bench.facts(access.scope)
    around = frames_of(facts, access.op)
    for other in bench.container.accesses.within(access.scope, "insert", "contains", "read", "iterate"):
        if other.nested or (other.key != access.key and other.kind != "iterate"):
            continue
        if other.kind == "insert" and other.op <= access.op and facts.ops[other.op].frame in {0, *around}:
            return True
        if other.kind in {"contains", "iterate"} or (other.kind == "read" and other.how in {"get", "setdefault"}):
            return True
    tries = (frame for frame in around if facts.frames[frame].kind == "try")
    handlers = (facts.frames[h] for frame in tries for h in parts_of(facts, frame, "except"))
    return any(h.head is None or not _MISSING.isdisjoint(w.names(h.head)) for h in handlers)
