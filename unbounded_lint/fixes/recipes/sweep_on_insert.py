"""UBM101 to UBM103, UBM201: inserts run the sweep, at most once a minute, where no timer is there or can be started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, Use
from unbounded_lint.fixes.constants import defined
from unbounded_lint.fixes.dates import dated
from unbounded_lint.fixes.recipes.sweep_on_timer import idle_sweep
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.starts import out_of_locks, outermost
from unbounded_lint.fixes.style import function
from unbounded_lint.fixes.sweeps import PAUSE, TTL, Sweep, annotation, existing, new, placed
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.module import ScopeId

_WAITS = "and may wait for the next insert: no place is known where a timer could start with the program"


def repair(bench: Bench) -> Repair:
    """Add a sweep by age, and call it behind each insert."""
    date = dated(bench)
    sweep = new(bench, date)
    changes = _due(bench, sweep, sweep.name, sweep.body, "Drop old entries, at most once a minute.")
    what = "is past its time" if date.deadline else f"is older than {TTL} s"
    return Repair(
        f"Let inserts into `{bench.container.name}` drop what {what}, at most once a minute",
        f"{'an entry past its time' if date.deadline else f'an entry of {TTL // 60} minutes'} is of no use, {_WAITS}",
        tuple(changes),
    )


def repair_written(bench: Bench) -> Repair:
    """Call a sweep that nothing runs behind each insert, when it is due."""
    scope = idle_sweep(bench)
    sweep = existing(bench, scope)
    name = function(bench.home, "sweep", f"{bench.container.holder.name}_when_due")
    text = f"Call {sweep.name}() at most once a minute."
    return Repair(
        f"Let inserts into `{bench.container.name}` run `{sweep.call}`, at most once a minute",
        f"the sweep takes only what nobody needs any more, {_WAITS}",
        tuple(_due(bench, sweep, name, [sweep.call], text, scope)),
    )


def _due(
    bench: Bench, sweep: Sweep, name: str, body: Sequence[str], text: str, scope: ScopeId | None = None
) -> Iterator[Change]:
    """A function that does something when it is due, what it needs, and its calls; `scope` is a function of the project
    that it runs."""
    file, own = bench.home, sweep.receiver
    last = f"_{bench.container.holder.name.strip('_').lower()}_swept_at"
    if last in file.words:
        raise Refused(f"the name `{last}` is taken")
    yield from sweep.imports
    lines = [f'"""{text}"""']
    if own:
        yield from (defined(bench, line) for line in sweep.constants)
        yield file.after(bench.definition, [f"{own}{last} = 0.0"])
    else:
        lines.append(f"global {last}")
        yield from (defined(bench, line) for line in (*sweep.constants, f"{last} = 0.0"))
    lines += [f"now = {sweep.clock}()", f"if now - {own}{last} < {PAUSE}:", f"{file.unit}return"]
    lines += [f"{own}{last} = now", *body]
    found = [(access, use) for access, use in bench.uses(["insert"]) if not access.nested]
    head = f"def {name}({own.removesuffix('.')}){annotation(bench.home)}:"
    for access, use in found:  # before the function, since both may begin where an insert ends
        yield _called(bench, access, use, f"{own}{name}()", scope)
    yield placed(bench, sweep, found[0][1].statement, head, lines)


def _called(bench: Bench, access: Access, use: Use, call: str, scope: ScopeId | None) -> Change:
    if use.file is not bench.home:
        raise Refused(f"`{bench.container.name}` grows in another file than its own")
    if call.startswith("self.") and not use.name.startswith("self."):
        raise Refused(f"`{bench.container.name}` grows outside of its class")
    whole = outermost(bench, access)
    if scope is not None:
        whole = out_of_locks(bench, access, whole, scope)
    match use.statement.small:
        case _ if whole is not use.statement:
            return use.file.after(whole, [call])
        case cst.Assign() | cst.AugAssign() | cst.AnnAssign() | cst.Expr():
            return use.file.after(use.statement, [call])
        case cst.Return():
            return use.file.before(use.statement, [call])
    raise Refused("an entry is added in the head of a larger statement")
