"""UBM205: the task of a sweeper is kept for as long as it runs, where the project keeps such things."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.constants import of_module
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import function
from unbounded_lint.fixes.sweeps import kept_task
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, targets
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.defects.losable_sweeper import Loss

_LEAVES = re.compile(r"\.add_done_callback\(((?:self\.)?\w+)\.discard\)")
_STATE = re.compile(r"^\s*(\w+)\.state\.\w+ = ", re.MULTILINE)


def repair(bench: Bench) -> Repair:
    """Keep the task in the set of tasks or the state of the application that there is, in an attribute of the object
    that starts it, in a variable of the module, or, where it may be started again, in a new set."""
    loss = bench.project.defects.losable_sweepers.of(bench.container)
    if loss is None:
        raise Refused("its sweeper cannot be found again")
    bench.concerns(loss.kind == "dropped")
    file, statement = bench.statement(loss.scope, loss.op)
    small = statement.small
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
        raise Refused("its task is made within a larger expression")
    held, assumes, changes = _kept(bench, loss, file, statement, small.value)
    return Repair(f"Keep the task of `{bench.project.function(loss.sweeper)}` in `{held}`", assumes, tuple(changes))


def _kept(
    bench: Bench, loss: Loss, file: Syntax, statement: Statement, call: cst.Call
) -> tuple[str, str, Iterator[Change]]:
    """Where a task is kept, what that assumes, and the changes that do it."""
    running = _running(file, statement)
    if running:
        return running, "a task leaves that set when it is done", _added(file, statement, call, running)
    name = f"{function(file, 'kept', bench.facts(loss.sweeper).name).replace('_kept_', '_')}_task"
    if name in file.words:
        raise Refused(f"the name `{name}` is taken")
    state = next((each for each in _STATE.findall(file.text) if _is_known(file, each, statement)), "")
    method = bench.project.program.owner_class(loss.scope) is not None
    if state or method:
        held = f"{state}.state.{name.strip('_')}" if state else f"{_receiver(statement)}.{name}"
        return held, "it is started once", _assigned(file, call, held)
    if bench.project.execution.runs_once(loss.scope, loss.op):
        return name, "it is started once", _global(file, statement, call, name)
    return "_tasks", "a task leaves that set when it is done", _in_new_set(file, statement, call)


def _running(file: Syntax, statement: Statement) -> str:
    """The set that tasks of the file leave when they are done, as it is written where a statement stands, or ""."""
    for held in _LEAVES.findall(file.text):
        if _is_known(file, held, statement):
            return str(held)
    return ""


def _is_known(file: Syntax, held: str, statement: Statement) -> bool:
    """Whether a name means the same in a statement as elsewhere in its file: a variable of the module, or an attribute
    that the constructor of the same class makes."""
    own = held.startswith("self.")
    cls = next((s for s in statement.around if isinstance(s.node, cst.ClassDef)), None)
    for other in file.statements:
        if isinstance(other.small, cst.Assign | cst.AnnAssign) and held in map(dotted, targets(other)):
            if own and cls is not None and cls in other.around and _is_method(statement):
                return True
            if not own and other.parent is None and _is_free_of(statement, held):
                return True
    return False


def _is_method(statement: Statement) -> bool:
    function_ = statement.function
    node = function_.node if function_ is not None else None
    return isinstance(node, cst.FunctionDef) and [p.name.value for p in node.params.params[:1]] == ["self"]


def _is_free_of(statement: Statement, name: str) -> bool:
    """Whether no function around a statement takes an argument of a name."""
    functions = (s.node for s in statement.around if isinstance(s.node, cst.FunctionDef))
    return all(name != p.name.value for node in functions for p in node.params.params)


def _added(file: Syntax, statement: Statement, call: cst.Call, held: str) -> Iterator[Change]:
    """A task in a set, which it leaves when it is done."""
    if not file.is_free("task", statement):
        raise Refused("the task has no name, and `task` is taken")
    indent = file.indent(statement.start)
    lines = [f"task = {file.source(call)}", f"{held}.add(task)", f"task.add_done_callback({held}.discard)"]
    start, end = file.whole(call)
    yield Change(file.path, start, end, f"\n{indent}".join(lines))


def _in_new_set(file: Syntax, statement: Statement, call: cst.Call) -> Iterator[Change]:
    if "_tasks" in file.words:
        raise Refused("the name `_tasks` is taken")
    yield of_module(file, [f"_tasks{kept_task(file, '', 'set[{}]')} = set()"])
    yield from _added(file, statement, call, "_tasks")


def _assigned(file: Syntax, call: cst.Call, held: str) -> Iterator[Change]:
    """A task in a variable or attribute."""
    yield file.replace(call, f"{held} = {file.source(call)}")


def _global(file: Syntax, statement: Statement, call: cst.Call, name: str) -> Iterator[Change]:
    """A task in a new variable of the module."""
    yield from _assigned(file, call, name)
    yield file.before(_first(file, statement), [f"global {name}"])
    yield of_module(file, [f"{name}{kept_task(file, '', '{} | None')} = None"])


def _receiver(statement: Statement) -> str:
    if not _is_method(statement):
        raise Refused("the object that starts its task has no name there")
    return "self"


def _first(file: Syntax, statement: Statement) -> Statement:
    """The first statement of the function around one, behind the text about it."""
    around = statement.function
    if around is None:
        raise Refused("its task is made outside of functions")
    body = file.block_of(around)
    is_text = isinstance(small := body[0].small, cst.Expr) and isinstance(small.value, cst.SimpleString)
    return body[1] if is_text and len(body) > 1 else body[0]
