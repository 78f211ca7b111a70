"""UBM101 to UBM103, UBM201: a timer that the module has already runs the sweep too."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import is_wait, waits
from unbounded_lint.fixes.constants import defined
from unbounded_lint.fixes.dates import dated
from unbounded_lint.fixes.logs import handler, logger
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.sweeps import TTL, Sweep, annotation, existing, new, placed
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.program.module import ScopeId


def repair(bench: Bench) -> Repair:
    """Add a sweep by age, and call it in the timer."""
    date = dated(bench)
    sweep = new(bench, date)
    scope = _timer(bench, sweep)
    beside = next(iter(bench.uses(["insert"])))[1].statement
    head, *body = function_lines(bench, sweep, deadline=date.deadline)
    changes = [
        *sweep.imports,
        *(defined(bench, line) for line in sweep.constants),
        *_joined(bench, scope, sweep),
        placed(bench, sweep, beside, head, body),
    ]
    often = "drops what is past its time" if date.deadline else f"drops what is older than {TTL} s"
    return Repair(
        f"Let `{bench.project.function(scope)}` run a sweep of `{bench.container.name}` that {often}",
        "an entry past its time is of no use" if date.deadline else f"an entry of {TTL // 60} minutes is of no use",
        tuple(changes),
    )


def function_lines(bench: Bench, sweep: Sweep, *, deadline: bool) -> list[str]:
    """A new sweep as a function: its head, and its body without indentation."""
    name = bench.container.holder.name
    what = f"entries of {name} that are past their time" if deadline else f"old entries of {name}"
    head = f"def {sweep.name}({'self' if sweep.receiver else ''}){annotation(bench.home)}:"
    return [head, f'"""Drop {what}."""', f"now = {sweep.clock}()", *sweep.body]


def repair_written(bench: Bench) -> Repair:
    """Call a sweep that nothing runs in the timer."""
    sweep = existing(bench, idle_sweep(bench))
    scope = _timer(bench, sweep)
    return Repair(
        f"Let `{bench.project.function(scope)}` run `{sweep.call}`",
        "the sweep takes only what nobody needs any more",
        tuple(_joined(bench, scope, sweep)),
    )


def idle_sweep(bench: Bench) -> ScopeId:
    """The function with the sweep that nothing calls."""
    found = {r.access.scope for r in bench.container.removals if r.is_sweep and r.when in {"dead", "test", "event"}}
    if len(found) != 1:
        raise NotConcerned("its sweep is not a function that is merely never called")
    return found.pop()


def _timer(bench: Bench, sweep: Sweep) -> ScopeId:
    """The function that a timer runs already, where the sweep can be called by its name."""
    rhythm = bench.project.rhythms.near(bench.container)
    if rhythm is None:
        raise Refused("there is no timer yet that a sweep could join")
    bench.at_home(rhythm.scope)
    owner = bench.project.program.owner_class(rhythm.scope)
    handle = bench.container.holder.handle
    if sweep.receiver and owner != getattr(handle, "cls", None):
        raise Refused("the timer that a sweep could join is none of the same class")
    return rhythm.scope


def _joined(bench: Bench, scope: ScopeId, sweep: Sweep) -> Sequence[Change]:
    """The call of the sweep in the function that the timer runs, with its errors written to the log."""
    file, function = bench.home, bench.defined(scope)
    if not isinstance(function.node, cst.FunctionDef):
        raise Refused("the timer that a sweep could join runs no function")
    name, needed = logger(file)
    lines = ["try:", f"{file.unit}{sweep.call}", *handler(file, name, f"{sweep.call} failed")]
    first = _first(file, function)
    place = file.after(first, lines) if waits(first) else file.before(first, lines)
    return [*needed, place]


def _first(file: Syntax, function: Statement) -> Statement:
    """The statement of a tick that the sweep comes before, or the wait that it comes behind."""
    for statement in file.statements:
        if statement.function is function and isinstance(statement.node, cst.While):
            body = file.block_of(statement)
            held = any(isinstance(n, cst.Call) and is_wait(n) for n in file.expressions(statement))
            within = (s for s in file.statements if s.function is function and statement in s.around)
            if body and (held or any(map(waits, within))):
                return body[0]
    body = file.block_of(function)
    small = body[0].small if body else None
    is_text = isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
    rest = [s for s in (body[1:] if is_text else body) if not isinstance(s.small, cst.Global | cst.Nonlocal)]
    if not rest:
        raise Refused("the timer that a sweep could join runs nothing yet")
    return rest[0]
