"""UBM105: what removes a key from one container removes it from the one beside it too."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, Use, is_steady
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import written
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.defects.forgotten_companion import Forgotten


def repair(bench: Bench) -> Repair:
    """Remove the key beside each removal that forgets the container."""
    if bench.project.holdings.of(bench.container) == "locks":
        raise Refused("a lock that somebody waits for must not go with the entry beside it")
    forgotten = bench.project.defects.forgotten_companions.of(bench.container)
    if forgotten is None:
        raise Refused("what removes from the other cannot be found again")
    changes = [c for removal in forgotten.removals for c in _beside(bench, removal.access, forgotten)]
    where = bench.project.function(forgotten.removals[0].access.scope)
    return Repair(
        f"Remove from `{bench.container.name}` in `{where}` what is removed from `{forgotten.other.name}`",
        "the entry is of no use once the other one is gone",
        tuple(dict.fromkeys(changes)),
    )


def _beside(bench: Bench, access: Access, forgotten: Forgotten) -> Iterator[Change]:
    use = _use(bench, access)
    name = bench.name_beside(use.name, forgotten.other)
    line = _removal(bench, access, use, name)
    match use.statement.small:
        case cst.Expr() | cst.Assign() | cst.Del() | cst.AnnAssign():
            yield use.file.after(use.statement, [line])
        case cst.Return():
            yield use.file.before(use.statement, [line])
        case _:
            raise Refused(f"an entry leaves `{forgotten.other.name}` within a larger statement")


def _use(bench: Bench, access: Access) -> Use:
    if access.how == "del":
        file, statement = bench.statement(access.scope, access.op)
        match statement.small:
            case cst.Del(
                target=cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]) as target
            ) if written(access.site.node):
                return Use(file, statement, written(access.site.node), target, index)
        raise Refused("several entries are deleted at once")
    return bench.use(access)


def _removal(bench: Bench, access: Access, use: Use, name: str) -> str:
    family = bench.container.holder.made.kind.family
    if access.kind == "clear":
        return f"{name}.clear()"
    if access.kind != "remove" or use.key is None or family not in {"map", "set"}:
        raise Refused("what is removed from the other has no key that is written there")
    if not is_steady(use.key):
        raise Refused("the key of what is removed is not written as a plain name or value")
    return f"{name}.pop({use.key_text}, None)" if family == "map" else f"{name}.discard({use.key_text})"
