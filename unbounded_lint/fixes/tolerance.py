"""Whether code goes on well when an entry is gone that it would have found before."""

from __future__ import annotations

import libcst as cst

from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.link.containers.accesses import Access

_WITHOUT_HARM = frozenset({"get", "pop", "setdefault", "discard", "items", "values", "keys", "copy"})
_HARMLESS = frozenset({"insert", "iterate", "size", "contains", "tested", "replace", "clear"})


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
            if not _is_asked_first(bench, access):
                raise Refused(f"{where} counts on an entry of `{name}` to be there")
        elif access.how not in _WITHOUT_HARM and access.kind in {"read", "remove"}:
            raise Refused(f"{where} reads `{name}` in a way that may need every entry")


def _is_bare_pop(bench: Bench, access: Access) -> bool:
    """`X.pop(k)`, which raises where there is no such entry."""
    if access.how not in {"pop", "remove"} or access.kind != "remove":
        return False
    node = bench.use(access).node
    return not isinstance(node, cst.Call) or len(node.args) < 2


def _is_asked_first(bench: Bench, access: Access) -> bool:
    """Whether the same function inserts under the key, or looks whether there is one."""
    beside = bench.container.accesses.within(access.scope, "insert", "contains", "read", "iterate")
    return any(
        a.kind == "iterate" or (a.key == access.key and (a.kind != "read" or a.how in {"get", "setdefault"}))
        for a in beside
        if not a.nested
    )
