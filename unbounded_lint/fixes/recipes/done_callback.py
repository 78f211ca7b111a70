"""UBM101, UBM102: a task leaves the set or list that keeps it when it is done."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, Use
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.text import Change


def repair(bench: Bench) -> Repair:
    """Put `task.add_done_callback(X.discard)` behind each insert."""
    container = bench.container
    family = container.holder.made.kind.family
    bench.concerns(bench.project.holdings.of(container) == "tasks")
    if family not in {"set", "list"}:
        raise Refused("another task may have the same key by the time that one is done")
    leave = "discard" if family == "set" else "remove"
    changes: list[Change] = []
    for access, use in bench.uses(["insert"]):
        if access.how not in {"add", "append"}:
            raise Refused("several tasks are added at once")
        changes += _with_callback(use, leave)
    return Repair(
        f"Let each task leave `{container.name}` when it is done",
        "nobody asks for a task of it that is done" if family == "set" else "nobody else takes a task out of it",
        tuple(changes),
    )


def _with_callback(use: Use, leave: str) -> Iterator[Change]:
    small, indent = use.statement.small, use.file.indent(use.statement.start)
    if not isinstance(small, cst.Expr) or small.value is not use.node or use.key is None:
        raise Refused("a task is added within a larger expression")
    if isinstance(use.key, cst.Name):
        lines = [f"{use.key.value}.add_done_callback({use.name}.{leave})"]
        yield use.file.after(use.statement, lines)
        return
    name = "task"
    if not use.file.is_free(name, use.statement):
        raise Refused("the task that is added has no name, and `task` is taken")
    call = use.file.lifted(use.key, use.statement)
    adds = f"{use.name}.{'add' if leave == 'discard' else 'append'}({name})"
    lines = [f"{name} = {call}", adds, f"{name}.add_done_callback({use.name}.{leave})"]
    start, end = use.file.span(small)
    yield Change(use.file.path, start, end, f"\n{indent}".join(lines))
