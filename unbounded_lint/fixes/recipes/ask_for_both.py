"""UBM206: a sweeper stops only when everything that it sweeps is empty, and every insert starts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.starts import after_insert, is_in_reach, outermost, start_at
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.module import Place
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import sweeping_timers


def repair(bench: Bench) -> Repair:
    """Ask for the container too where the sweeper stops, and start it at the container's inserts as at the other's."""
    stop = bench.project.defects.early_sweeper_stops.of(bench.container)
    if stop is None or len(stop.asked) != 1:
        raise Refused("where its sweeper stops asks for several containers")
    others = [c for c in bench.project.containers if c.symbol == stop.asked[0]]
    if len(others) != 1:
        raise Refused("where its sweeper stops asks for something of the same name")
    file, statement = bench.statement(stop.scope, stop.op)
    for holder in (statement, *statement.around):
        if isinstance(holder.node, cst.FunctionDef):
            break
        for test in _tests(holder):
            text = _widened(bench, file, test, others[0])
            if text:
                bench.demand_fit([_line(file, holder, test, text)])
                starts = tuple(dict.fromkeys(_started(bench, others[0])))
                return Repair(
                    f"Let the sweeper stop in `{bench.project.function(stop.scope)}` only when "
                    f"`{bench.container.name}` is empty too, and start it when something is inserted",
                    f"it can be started wherever `{bench.container.name}` grows",
                    (file.replace(test, text), *starts),
                )
    raise Refused("where its sweeper stops is not written as a plain test of the other container")


def _started(bench: Bench, other: Container) -> Iterator[Change]:
    """A start of the sweeper behind each insert that has none, as it comes with inserts into the other container."""
    execution = bench.project.execution
    timers = sweeping_timers(bench.container.removals, execution)
    armed = [edge for timer in timers for edge in execution.graph.armed(timer)]
    begun = [*(timer.root for timer in timers), *(edge.place for edge in armed)]
    on_loop = any(edge.timer is not None and edge.timer.context == "loop" for edge in armed)
    beside = next(_beside(bench, other, begun), None)
    if beside is None:
        raise Refused("where its sweeper is started cannot be told")
    start = start_at(bench, beside)
    yield from start.changes
    for access in bench.container.accesses:
        if access.kind != "insert" or access.nested or any(_is_begun(bench, access, place) for place in begun):
            continue
        where = bench.project.function(access.scope)
        if on_loop and not _is_on_loop(bench, access):
            raise Refused(f"`{where}` inserts where no event loop may run, which the sweeper needs")
        file, insert = bench.file(access.scope.path), outermost(bench, access)
        if access.scope.path != beside[0].path or not is_in_reach(bench, file, start.call, beside[0], access.scope):
            raise Refused(f"`{start.call}` cannot be called where `{where}` inserts")
        yield after_insert(file, insert, start.call)


def _beside(bench: Bench, other: Container, begun: Sequence[Place]) -> Iterator[Place]:
    """Where a run that inserts into a container comes to a start of the sweeper."""
    for insert in other.inserts:
        place = (insert.access.scope, insert.access.op)
        for start in begun:
            for scope, inserts, starts in bench.project.execution.graph.common_runs(place, start):
                if inserts != starts:  # else it calls what does both
                    yield scope, starts


def _is_begun(bench: Bench, access: Access, start: Place) -> bool:
    """Whether a run that inserts comes to a start of the sweeper too."""
    return any(True for _ in bench.project.execution.graph.common_runs((access.scope, access.op), start))


def _is_on_loop(bench: Bench, access: Access) -> bool:
    """Whether coroutines alone lead to an insert, as far as can be seen."""
    ways = bench.project.execution.sources(access.scope, access.op, LIVE)
    return bench.facts(access.scope).is_async or all(bench.facts(way.root[0]).is_async for way in ways)


def _tests(statement: Statement) -> Iterator[cst.BaseExpression]:
    if isinstance(statement.node, cst.If | cst.While):
        yield statement.node.test


def _line(file: Syntax, statement: Statement, test: cst.BaseExpression, text: str) -> str:
    line = file.text[file.line_start(statement.start) : file.line_end(file.span(test)[1])]
    return line.replace(file.source(test), text, 1)


def _widened(bench: Bench, file: Syntax, test: cst.BaseExpression, other: Container) -> str:
    """The test with the container in it too, "" for another one."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner) if _last(dotted(inner)) == other.holder.name:
            return f"{file.source(test)} and not {bench.name_beside(dotted(inner), other)}"
        case cst.Name() | cst.Attribute() if _last(dotted(test)) == other.holder.name:
            return f"{file.source(test)} or {bench.name_beside(dotted(test), other)}"
    return ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]
