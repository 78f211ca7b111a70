"""UBM206: a sweeper stops only when everything that it sweeps is empty, and every insert starts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

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
    if stop is None:
        raise Refused("where its sweeper stops cannot be found again")
    others = [c for c in bench.project.containers if c.symbol in stop.asked]
    if len(others) != len(stop.asked):
        raise Refused("where its sweeper stops asks for something of the same name")
    file, statement = bench.statement(stop.scope, stop.op)
    for holder in (statement, *statement.around):
        if isinstance(holder.node, cst.FunctionDef):
            break
        for test in _tests(holder):
            text = _widened(bench, file, test, others)
            if text:
                starts = tuple(dict.fromkeys(_started(bench, others)))
                return Repair(
                    f"Let the sweeper stop in `{bench.project.function(stop.scope)}` only when "
                    f"`{bench.container.name}` is empty too, and start it when something is inserted",
                    f"it can be started wherever `{bench.container.name}` grows",
                    (file.replace(test, text), *starts),
                )
    raise Refused("where its sweeper stops is not written as a plain test of other containers")


def _started(bench: Bench, others: Sequence[Container]) -> Iterator[Change]:
    """A start of the sweeper behind each insert that has none, as it comes with inserts into other containers."""
    execution = bench.project.execution
    timers = sweeping_timers(bench.container.removals, execution)
    armed = [edge for timer in timers for edge in execution.graph.armed(timer)]
    begun = [*(timer.root for timer in timers), *(edge.place for edge in armed)]
    on_loop = any(edge.timer is not None and edge.timer.context == "loop" for edge in armed)
    beside = min(_beside(bench, others, begun), default=None)
    if beside is None:
        raise Refused("where its sweeper is started cannot be told")
    scope = beside.start[0]
    start = start_at(bench, beside.start)
    yield from start.changes
    for access in bench.container.accesses:
        if access.kind != "insert" or access.nested or any(_is_begun(bench, access, place) for place in begun):
            continue
        where = bench.project.function(access.scope)
        if on_loop and not _is_on_loop(bench, access):
            raise Refused(f"`{where}` inserts where no event loop may run, which the sweeper needs")
        file, insert = bench.file(access.scope.path), outermost(bench, access)
        new = bool(start.changes) and not start.call.startswith("self.")
        known = new or is_in_reach(bench, file, start.call, scope, access.scope)
        if access.scope.path != scope.path or not known:
            raise Refused(f"`{start.call}` cannot be called where `{where}` inserts")
        yield after_insert(file, insert, start.call)


class _Beside(NamedTuple):
    """Where a run that inserts comes to a start of the sweeper, and whether that is not in the very function that
    inserts."""

    elsewhere: bool
    start: Place


def _beside(bench: Bench, others: Sequence[Container], begun: Sequence[Place]) -> Iterator[_Beside]:
    """Where runs that insert into some containers come to a start of the sweeper."""
    for insert in (insert.access for other in others for insert in other.inserts):
        for start in begun:
            runs = bench.project.execution.graph.common_runs((insert.scope, insert.op), start)
            # one operation that does both calls what does
            yield from (
                _Beside(scope != insert.scope, (scope, begins)) for scope, puts, begins in runs if puts != begins
            )


def _is_begun(bench: Bench, access: Access, start: Place) -> bool:
    """Whether the function that inserts comes to a start of the sweeper too."""
    runs = bench.project.execution.graph.common_runs((access.scope, access.op), start)
    return any(scope == access.scope for scope, _, _ in runs)


def _is_on_loop(bench: Bench, access: Access) -> bool:
    """Whether coroutines alone lead to an insert, as far as can be seen."""
    ways = bench.project.execution.sources(access.scope, access.op, LIVE)
    return bench.facts(access.scope).is_async or all(bench.facts(way.root[0]).is_async for way in ways)


def _tests(statement: Statement) -> Iterator[cst.BaseExpression]:
    if isinstance(statement.node, cst.If | cst.While):
        yield statement.node.test


def _widened(bench: Bench, file: Syntax, test: cst.BaseExpression, others: Sequence[Container]) -> str:
    """The test with the container in it too, "" for one of something else."""
    parts = list(_parts(test))
    names = [dotted(part.expression if isinstance(part, cst.UnaryOperation) else part) for part in parts]
    negated = {isinstance(part, cst.UnaryOperation) and isinstance(part.operator, cst.Not) for part in parts}
    known = {other.holder.name: other for other in others}
    if len(negated) != 1 or not all(_last(name) in known for name in names):
        return ""
    joined = cst.And if negated == {True} else cst.Or
    if any(not isinstance(node.operator, joined) for node in _joints(test)):
        return ""
    beside = bench.name_beside(names[0], known[_last(names[0])])
    return f"{file.source(test)} {'and not' if joined is cst.And else 'or'} {beside}"


def _parts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What `and` and `or` put together."""
    if isinstance(test, cst.BooleanOperation):
        yield from _parts(test.left)
        yield from _parts(test.right)
    else:
        yield test


def _joints(test: cst.BaseExpression) -> Iterator[cst.BooleanOperation]:
    if isinstance(test, cst.BooleanOperation):
        yield test
        yield from _joints(test.left)
        yield from _joints(test.right)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
