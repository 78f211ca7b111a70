"""UBM201: a thread or scheduler that would run the sweep is started where it is made."""

from __future__ import annotations

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, last_name
from unbounded_lint.fixes.text import Change

_THREADS = frozenset({"Thread"})
_JOBS = frozenset({"add_job", "add_task", "scheduled_job"})


def repair(bench: Bench) -> Repair:
    """Call `start()` behind the statement that makes it."""
    execution = bench.project.execution
    graph = execution.graph
    places = {
        place
        for r in bench.container.removals
        if r.when == "unstarted"
        for c in r.nearest(execution, "unstarted")
        for place in ([edge.place for edge in graph.edges(c.root[0])] if c.timer == "loop" else [c.root])
    }
    bench.concerns(bool(places))
    if len(places) != 1:
        raise Refused("several timers that nobody starts would run its sweep")
    scope, op = places.pop()
    file, statement = bench.statement(scope, op)
    change, name = _started(file, statement)
    return Repair(
        f"Start `{name}` where it is made",
        "whatever imports the module may have it running",
        (change,),
    )


def _started(file: Syntax, statement: Statement) -> tuple[Change, str]:
    """The change that starts what a statement makes, and its name."""
    match statement.small:
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Call() as call) if dotted(target):
            _demand_daemon(call)
            return file.after(statement, [f"{dotted(target)}.start()"]), dotted(target)
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name)))) if name in _JOBS:
            if dotted(base):
                return file.after(statement, [f"{dotted(base)}.start()"]), dotted(base)
        case cst.Expr(value=cst.Call() as call):
            _demand_daemon(call)
            return file.replace(call, f"{file.source(call)}.start()"), dotted(call.func)
    raise NotConcerned


def _demand_daemon(call: cst.Call) -> None:
    """Raises `Refused` for what would keep the program from ending, `NotConcerned` for what is no thread."""
    if last_name(call.func) not in _THREADS:
        raise NotConcerned
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == "daemon" and dotted(argument.value) == "True":
            return
    raise Refused("its thread is no daemon, so that the program would not end any more")
