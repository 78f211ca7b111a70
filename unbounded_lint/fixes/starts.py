"""How a sweeper is started: by a function of the project, or by statements that can become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.blocks import assigned, every_node
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import function
from unbounded_lint.fixes.sweeps import annotation
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, last_name, names_in
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.module import Place, ScopeId

_CALLED = 20
"""How many functions are looked at for the locks that they take."""


class Start(NamedTuple):
    """A call that starts a sweeper, as it is written, and the changes that make it possible."""

    call: str
    changes: tuple[Change, ...]


def start_call(bench: Bench, file: Syntax, statement: Statement, scope: ScopeId) -> cst.Call | None:
    """The call of a function of the project, without arguments, that starts the sweeper in a statement."""
    calls = (node for node in file.expressions(statement) if isinstance(node, cst.Call) and dotted(node.func))
    for call in calls:
        target = called(bench, call, scope) if not call.args else None
        if target is not None and not bench.facts(target).is_async:
            return call
    return None


def called(bench: Bench, call: cst.Call, scope: ScopeId) -> ScopeId | None:
    """The one function of the project that a call means."""
    name = last_name(call.func)
    for op in range(len(bench.facts(scope).ops)):
        for node in bench.project.program.calls_at(scope, op):
            functions = tuple(bench.project.flow.resolver.functions(node.func, scope))
            if len(functions) == 1 and bench.facts(functions[0]).name == name:
                return functions[0]
    return None


def demand_once(bench: Bench, call: cst.Call, scope: ScopeId) -> None:
    """Raises `Refused` for a start that would start a second sweeper: it asks for nothing first."""
    target = called(bench, call, scope)
    assert target is not None
    file = bench.file(target.path)
    function = bench.defined(target)
    if not any(isinstance(s.node, cst.If) and s.function is function for s in file.statements):
        raise Refused(f"`{file.source(call)}` may start a second sweeper when it is called again")


def outermost(bench: Bench, access: Access) -> Statement:
    """The statement with an insert, or the loop that inserts many; a loop that goes over what comes in, for as long as
    anything does, is none of these."""
    statement = bench.statement(access.scope, access.op)[1]
    loops, facts = bench.project.execution.loops, bench.facts(access.scope)
    if any(loops.is_endless(access.scope, frame) for frame in loops_around(facts, access.op)):
        return statement
    for above in statement.around:
        if isinstance(above.node, cst.FunctionDef):
            break
        if isinstance(above.node, cst.For) and above.node.asynchronous is None:
            if above.function is statement.function:
                statement = above
    return statement


def out_of_locks(bench: Bench, access: Access, place: Statement, called: ScopeId) -> Statement:
    """The statement behind which a function can be called that an insert needs: the `with` around it, where that holds
    a lock which the function takes in its turn. Raises `Refused` where nothing comes behind that."""
    file, taken = bench.file(access.scope.path), _taken(bench, called)
    for above in place.around:
        if above.function is not place.function:
            break
        if isinstance(above.node, cst.With) and any(last_name(item.item) in taken for item in above.node.items):
            body = file.block_of(above)
            if any(isinstance(each.small, cst.Return | cst.Raise) for each in body[-1:]) or not above.alone:
                where = bench.project.function(called)
                raise Refused(f"`{where}` takes a lock that is held where an entry is added")
            place = above
    return place


def _taken(bench: Bench, called: ScopeId) -> frozenset[str]:
    """The last names of what a function, and what it calls, takes in a `with` or by `acquire()`."""
    found, queue = set(), [called]
    for scope in queue:
        if len(queue) > _CALLED:
            break
        for node in every_node(bench.defined(scope).node):
            match node:
                case cst.WithItem(item=item):
                    found.add(last_name(item))
                case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="acquire"))):
                    found.add(last_name(value))
        calls = (c for op in range(len(bench.facts(scope).ops)) for c in bench.project.program.calls_at(scope, op))
        functions = (f for c in calls for f in bench.project.flow.resolver.functions(c.func, scope))
        queue += [f for f in dict.fromkeys(functions) if f not in queue and f.path == called.path]
    return frozenset(found - {""})


def is_in_reach(bench: Bench, file: Syntax, text: str, start: ScopeId, scope: ScopeId) -> bool:
    """Whether a call in one scope means the same in another: by a name of the module, or of the same class."""
    if start == scope:
        return True
    program = bench.project.program
    own, other = program.owner_class(scope), program.owner_class(start)
    if text.startswith("self."):
        return own is not None and own == other and bench.facts(scope).parameters[:1] != ()
    name = text.partition("(")[0].partition(".")[0]
    bound = bench.project.program.bound(ScopeId(file.path, 0), name)
    return len(bound) == 1 and bound[0].kind in {"import", "define"}


def after_insert(file: Syntax, insert: Statement, call: str) -> Change:
    """The start behind an insert, or in front of one that returns."""
    return file.before(insert, [call]) if isinstance(insert.small, cst.Return) else file.after(insert, [call])


def start_at(bench: Bench, place: Place) -> Start:
    """How to start the sweeper that an operation starts. Raises `Refused` where nothing would keep a second call from
    starting a second one."""
    file, statement = bench.statement(*place)
    call = start_call(bench, file, statement, place[0])
    if call is not None:
        demand_once(bench, call, place[0])
        return Start(file.source(call), ())
    return _moved(bench, file, statement)


def _moved(bench: Bench, file: Syntax, statement: Statement) -> Start:
    """`if handle is None:` with the start in it, which becomes a function of its own."""
    above, around = statement.parent, statement.function
    whole = above is not None and isinstance(above.node, cst.If) and above.node.orelse is None
    if above is None or around is None or not whole or above.parent is not around or not _asks_handle(above):
        raise Refused("the sweeper is started by no function of its own")
    method = isinstance(around.parent.node, cst.ClassDef) if around.parent is not None else False
    if around.parent is not None and not method:
        raise Refused("the sweeper is started in a function of a function")
    _demand_own_names(bench, file, around, above, method=method)
    if any(isinstance(node, cst.Await | cst.Yield | cst.Return) for node in every_node(above.node)):
        raise Refused("what starts the sweeper waits for something")
    name, own = function(file, "start", "sweeper"), "self." if method else ""
    declared, changes = _declarations(file, around, above)
    body = file.text[file.line_start(above.start) : above.end].splitlines()
    outer = file.indent(around.start)
    lines = [f"def {name}({own.removesuffix('.')}){annotation(file)}:", *(f"{file.unit}{line}" for line in declared)]
    lines += [line.removeprefix(outer) for line in body]
    gap = [""] if method else ["", ""]
    made = file.after(around, [*gap, *lines])
    return Start(f"{own}{name}()", (*changes, Change(file.path, above.start, above.end, f"{own}{name}()"), made))


def _asks_handle(statement: Statement) -> bool:
    """`if X is None:` or `if not X:`."""
    assert isinstance(statement.node, cst.If)
    match statement.node.test:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Is(), cst.Name(value="None"))]):
            return bool(dotted(left))
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return bool(dotted(inner))
    return False


def _demand_own_names(bench: Bench, file: Syntax, around: Statement, block: Statement, *, method: bool) -> None:
    """Raises `Refused` where a block needs a name of the function that holds it."""
    assert isinstance(around.node, cst.FunctionDef)
    params = {node.name.value for node in every_node(around.node.params) if isinstance(node, cst.Param)}
    first = around.node.params.params[0].name.value if around.node.params.params else ""
    if method and first != "self":
        raise Refused("the object that starts the sweeper has no name there")
    shared = {name for s in file.statements if s.function is around for name in _names(s)}
    outside = [s for s in file.block_of(around) if s is not block]
    local = (params | assigned(outside)) - shared - ({"self"} if method else set())
    inside = assigned(file.block_of(block)) - shared
    used = {name.value for name in names_in(block.node)}
    behind = {name.value for s in file.behind(block) for name in names_in(s.node)}
    if used & local or inside & behind:
        raise Refused("what starts the sweeper needs names of the function that it stands in")


def _names(statement: Statement) -> Sequence[str]:
    """The names that a statement declares as those of the module."""
    small = statement.small
    return [item.name.value for item in small.names] if isinstance(small, cst.Global) else []


def _declarations(file: Syntax, around: Statement, block: Statement) -> tuple[Sequence[str], tuple[Change, ...]]:
    """The `global` statements that a block needs, and the changes that take away those that only it has needed."""
    needed: list[str] = []
    changes = []
    rest = assigned([s for s in file.block_of(around) if s is not block])
    for statement in file.statements:
        names = [name for name in _names(statement) if name in assigned(file.block_of(block))]
        if statement.function is not around or not names:
            continue
        needed += names
        if len(names) == len(_names(statement)) and not rest & set(names) and statement.alone:
            start, end = file.line_start(statement.start), file.next_line(max(statement.end - 1, statement.start))
            changes.append(Change(file.path, start, end, ""))
    return [f"global {', '.join(needed)}"] if needed else [], tuple(changes)
