"""UBM205: a daemon thread runs the sweep, where no event loop lasts that a task of it could live on."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import every_node
from unbounded_lint.fixes.imports import imported, unused, unused_names
from unbounded_lint.fixes.recipes.iterate_over_a_copy import copied
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, last_name, targets
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.defects.losable_sweeper import Loss
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.callgraph import Edge

_MAKERS = frozenset({"create_task", "ensure_future"})
_VIEWS = frozenset({"items", "keys", "values"})
_PLAIN = _VIEWS | {
    *("list", "tuple", "sorted", "len", "range", "max", "min", "isinstance", "str", "int", "float", "bool", "print"),
    *("pop", "get", "discard", "clear", "append", "add", "copy", "sleep"),
    *("time", "monotonic", "now", "utcnow", "timedelta", "total_seconds"),
    *("debug", "info", "warning", "error", "exception", "log"),
}
"""What may be called in whatever thread."""


def repair(bench: Bench) -> Repair:
    """Make the coroutine a function that a thread runs, and start that where the task was made."""
    loss = bench.project.defects.losable_sweepers.of(bench.container)
    if loss is None:
        raise Refused("its sweeper cannot be found again")
    bench.concerns(loss.kind != "dropped")
    edge = _start(bench, loss)
    file = bench.file(loss.sweeper.path)
    if edge.scope.path != file.path:
        raise Refused("its sweeper is started in another file than its own")
    scopes = {loss.sweeper, *(r.access.scope for r in bench.container.removals if r.when == "timer")}
    gone: list[cst.CSTNode] = []
    function, wrapper = tuple(_function(bench, file, loss.sweeper, gone)), _wrapper(bench, loss)
    for scope in sorted(scopes):
        demand_plain(bench, scope, scopes)
    changes = [
        *_threaded(bench, file, edge, wrapper, gone),
        *function,
        *(change for scope in sorted(scopes) for change in copies(bench, scope)),
    ]
    if wrapper is not None:
        changes += _unwrapped(bench.file(loss.scope.path), wrapper)
        gone.append(wrapper.node)
    for module in ("asyncio", "contextlib"):
        changes += [*unused(file, module, gone), *unused_names(file, module, gone)]
    where = bench.project.function(loss.sweeper)
    return Repair(
        f"Let a daemon thread run `{where}`, and no task",
        "the sweep may run beside whatever uses the container, and the process is not forked once it has begun",
        tuple(dict.fromkeys(changes)),
    )


def _start(bench: Bench, loss: Loss) -> Edge:
    """The one start of the sweeper."""
    edges = bench.project.execution.graph.starts(loss.sweeper)
    if len(edges) != 1:
        raise Refused("its sweeper is started in several places")
    return edges[0]


# --- the thread ---


def _threaded(
    bench: Bench, file: Syntax, edge: Edge, wrapper: Statement | None, gone: list[cst.CSTNode]
) -> Iterator[Change]:
    """A thread in the place of the task."""
    statement = bench.statement(edge.scope, edge.op)[1]
    small = statement.small
    if not isinstance(small, cst.Expr | cst.Assign) or not isinstance(small.value, cst.Call):
        raise Refused("its task is made within a larger expression")
    call = small.value
    if last_name(call.func) not in _MAKERS and not _is_loops(call.func):
        raise Refused("its task is not made by `create_task()`")
    match call.args:
        case [cst.Arg(value=cst.Call(func=target, args=args), keyword=None, star=""), *rest] if dotted(target):
            if rest and any(each.keyword is None or each.keyword.value != "name" for each in rest):
                raise Refused("its task is made with a context of its own")
        case _:
            raise Refused("its task is not made of a plain call")
    thread, needed = imported(file, "threading", "Thread")
    yield from needed
    given = "".join(f"{file.source(each)}, " for each in args)
    parts = [f"target={file.source(target)}", f"args=({given.removesuffix(' ')})" if given else ""]
    parts += [f"name={file.source(each.value)}" for each in rest]
    made = f"{thread}({', '.join(part for part in [*parts, 'daemon=True'] if part)})"
    gone.append(call)
    if isinstance(small, cst.Expr):
        yield file.replace(call, f"{made}.start()")
        return
    names = list(map(dotted, targets(statement)))
    if len(names) != 1 or not names[0]:
        raise Refused("its task is kept in several places")
    _demand_only_asked(file, names[0])
    indent = file.indent(wrapper.start if wrapper is not None and statement.parent is wrapper else statement.start)
    yield file.replace(call, f"{made}\n{indent}{names[0]}.start()")
    yield from _annotated(file, names[0], thread, gone)


def _is_loops(func: cst.BaseExpression) -> bool:
    """`asyncio.get_running_loop().create_task`, and the like."""
    return isinstance(func, cst.Attribute) and func.attr.value in _MAKERS


def _demand_only_asked(file: Syntax, name: str) -> None:
    """Raises `Refused` where more is done with the handle of a task than to ask whether there is one."""
    last = name.rpartition(".")[2]
    for node in every_node(file.tree):
        match node:
            case cst.Attribute(value=value, attr=cst.Name(value=asked)) if last_name(value) == last:
                raise Refused(f"`{name}.{asked}` is asked for, which a thread need not have")
            case cst.Await(expression=value) | cst.Arg(value=value) if dotted(value) == name:
                raise Refused(f"`{name}` is handed on as a task")
            case cst.Return(value=value) if value is not None and dotted(value) == name:
                raise Refused(f"`{name}` is handed on as a task")


def _annotated(file: Syntax, name: str, thread: str, gone: list[cst.CSTNode]) -> Iterator[Change]:
    """The annotation of the handle, which is no task any more."""
    for statement in file.statements:
        small = statement.small
        if not isinstance(small, cst.AnnAssign) or dotted(small.target) != name:
            continue
        for node in every_node(small.annotation.annotation):
            whole = node.value if isinstance(node, cst.Subscript) else node
            if isinstance(whole, cst.BaseExpression) and last_name(whole) in {"Task", "Future"}:
                gone.append(node)
                yield file.replace(node, thread)
                break


# --- the function ---


def _function(bench: Bench, file: Syntax, scope: ScopeId, gone: list[cst.CSTNode]) -> Iterator[Change]:
    """The coroutine as a function that sleeps."""
    function = bench.defined(scope)
    assert isinstance(function.node, cst.FunctionDef)
    if function.node.asynchronous is None or function.node.decorators:
        raise Refused("its sweeper is no plain coroutine")
    start = file.span(function.node)[0]
    head = "async "
    if not file.text.startswith(head, start):
        raise Refused("its sweeper is no plain coroutine")
    yield Change(file.path, start, start + len(head), "")
    for node in every_node(function.node.body):
        match node:
            case cst.Await(expression=cst.Call(func=func, args=[cst.Arg(keyword=None, star="")]) as call):
                if dotted(func) not in {"asyncio.sleep", "sleep"}:
                    raise Refused(f"its sweeper waits for `{dotted(func)}()` too")
                slept, needed = imported(file, "time", "sleep")
                yield from needed
                gone.append(func)
                yield Change(file.path, file.span(node)[0], file.span(call)[0], "")
                yield file.replace(func, slept)
            case cst.Await() | cst.Yield():
                raise Refused("its sweeper waits for more than time")
            case cst.With(asynchronous=cst.Asynchronous()) | cst.For(asynchronous=cst.Asynchronous()):
                raise Refused("its sweeper waits for more than time")


def demand_plain(bench: Bench, scope: ScopeId, swept: set[ScopeId]) -> None:
    """Raises `Refused` where a function of the sweep calls what may need the event loop, or counts on an entry that
    another thread may take."""
    function = bench.defined(scope)
    for node in every_node(function.node):
        if not isinstance(node, cst.Call):
            continue
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func)
        own = any(bench.facts(other).name == name for other in swept)
        if not own and name not in _PLAIN:
            raise Refused(f"its sweep calls `{name or 'something'}()`, which may need the event loop")
    taken = [r for r in bench.container.removals if r.access.scope not in swept]
    bare = [r for r in bench.container.removals if r.access.scope == scope and r.access.how == "del"]
    if taken and bare:
        raise Refused("its sweep counts on keys to be there, which another thread may take")


def copies(bench: Bench, scope: ScopeId) -> Iterator[Change]:
    """A copy of all that a function of the sweep walks: others may put something into it meanwhile."""
    for container in bench.project.containers:
        for access in container.accesses.within(scope, "iterate", "read"):
            if access.nested or (access.kind == "read" and access.how not in _VIEWS):
                continue
            file, statement = bench.statement(scope, access.op)
            for node in every_node(statement.node):
                if isinstance(node, cst.For | cst.CompFor) and _walked(node.iter) == container.holder.name:
                    yield copied(file, node)


def _walked(walked: cst.BaseExpression) -> str:
    """The last name of what is walked itself, "" for a copy."""
    match walked:
        case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name)), args=[]) if name in _VIEWS:
            return last_name(base)
    return last_name(walked)


# --- the error that was swallowed ---


def _wrapper(bench: Bench, loss: Loss) -> Statement | None:
    """The statement that swallows the error of the start and holds nothing else, None where it is none of those that
    can go."""
    if loss.kind != "swallowed":
        return None
    file, statement = bench.statement(loss.scope, loss.op)
    above = statement.parent
    if above is None or len(file.block_of(above)) != 1 or not above.alone or "#" in file.text[above.start : above.end]:
        return None
    match above.node:
        case cst.Try(handlers=[cst.ExceptHandler(type=cst.Name(value="RuntimeError"))], orelse=None, finalbody=None):
            tail = file.block_of(above, 1)
            return above if len(tail) == 1 and isinstance(tail[0].small, cst.Pass) else None
        case cst.With(items=[cst.WithItem(item=cst.Call(func=func, args=[cst.Arg(value=error)]))]):
            only = last_name(func) == "suppress" and dotted(error) == "RuntimeError"
            return above if only else None
    return None


def _unwrapped(file: Syntax, wrapper: Statement) -> Iterator[Change]:
    """What is in a statement without that around it."""
    body = file.block_of(wrapper)[0]
    if "\n" in file.text[body.start : body.end]:
        raise Refused("the start is spread over several lines")
    yield Change(file.path, wrapper.start, body.start, "")
    yield Change(file.path, body.end, wrapper.end, "")
