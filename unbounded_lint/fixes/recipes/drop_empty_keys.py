"""UBM104: a key goes with the last of what is under it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, is_steady
from unbounded_lint.fixes.recipes.iterate_over_a_copy import copied
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, targets, written
from unbounded_lint.fixes.text import Change
from unbounded_lint.fixes.tolerance import demand_missing_keys, is_asked_first
from unbounded_lint.link.entries.prunings import Pruning


def repair(bench: Bench) -> Repair:
    """Put `if not X[k]: del X[k]` behind each statement that takes something out of a value."""
    prunings = bench.project.defects.keys_outliving_values.of(bench.container)
    demand_missing_keys(bench, [(p.scope, p.op) for p in prunings])
    name = bench.container.holder.name
    if bench.project.program.is_in_tests(name):
        raise Refused(f"tests look into `{name}`, and may count on a key that has nothing under it")
    changes = [change for pruning in prunings for change in _dropping(bench, pruning)]
    if not changes:
        raise Refused("what takes things out of its values cannot be found again")
    return Repair(
        f"Drop a key of `{bench.container.name}` with the last of what is under it",
        "nobody needs a key that has nothing under it",
        tuple(dict.fromkeys(changes)),
    )


def _raises(bench: Bench, pruning: Pruning) -> bool:
    """Whether a statement raises where there is nothing to be taken out, key or no key."""
    match bench.statement(pruning.scope, pruning.op)[1].small:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value=name)))):
            return name in {"remove", "pop", "popleft", "popitem"}
        case cst.Del() | cst.AugAssign():
            return True
    return False


def _is_entered(bench: Bench, pruning: Pruning) -> bool:
    """Whether a statement counts on the key to be there."""
    place = (pruning.scope, pruning.op)
    found = (a for a in bench.container.accesses if a.place == place and not a.nested)
    return any(access.is_entered and not is_asked_first(bench, access) for access in found)


def _dropping(bench: Bench, pruning: Pruning) -> Iterator[Change]:
    file, statement = bench.statement(pruning.scope, pruning.op)
    names = {written(a.site.node) for a in bench.container.accesses if a.scope == pruning.scope and not a.nested}
    names.discard("")
    item = next((node for node in file.expressions(statement) if _is_item(node, names)), None)
    held = ""
    if item is None:
        held, item = _by_name(file, statement, names)
    elif isinstance(statement.node, cst.BaseCompoundStatement):
        raise Refused("something is taken out in the head of a larger statement")
    name, key = _taken_apart(file, item)
    if _is_used_behind(file, statement, name, key, held):
        raise Refused(f"what is under a key of `{bench.container.name}` is used again behind that")
    whole = held or f"{name}[{key}]"
    empty = f"{whole} <= 0" if pruning.how == "lowered" else f"not {whole}"
    lines = [f"if {empty}:", f"{file.unit}{_removal(item, name, key)}"]
    if not held and not _raises(bench, pruning) and _is_entered(bench, pruning):
        # a key that is gone by then was there before, with nothing under it
        own = file.text[statement.start : statement.end]
        asked = [f"if {key} in {name}:", *(f"{file.unit}{line}" for line in (own, *lines))]
        if "\n" in own:
            raise Refused("what takes things out is spread over several lines")
        yield Change(file.path, statement.start, statement.end, f"\n{file.indent(statement.start)}".join(asked))
        return
    place = _whole_loop(file, statement, held)
    yield file.after(place, lines, indent=file.indent(place.start))
    for above in statement.around:
        if isinstance(above.node, cst.FunctionDef):
            break
        if isinstance(above.node, cst.For) and _walks(above.node.iter, name):
            yield copied(file, above.node)


def _is_item(node: cst.CSTNode, names: set[str]) -> bool:
    match node:
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return dotted(value) in names and is_steady(index)
    return False


def _taken_apart(file: Syntax, item: cst.BaseExpression) -> tuple[str, str]:
    match item:
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return dotted(value), file.source(index)
        case cst.Call(func=cst.Attribute(value=value), args=[cst.Arg(value=key), *_]):
            return dotted(value), file.source(key)
    raise Refused("the key of a value is not written where something is taken out of it")


def _removal(item: cst.BaseExpression, name: str, key: str) -> str:
    return f"{name}.pop({key}, None)" if isinstance(item, cst.Call) else f"del {name}[{key}]"


def _by_name(file: Syntax, statement: Statement, names: set[str]) -> tuple[str, cst.BaseExpression]:
    """The local name of a value that something is taken out of, and the expression that it got its value from."""
    target = _pruned(statement)
    function = statement.function
    if not target or function is None:
        raise Refused("the key of a value is not written where something is taken out of it")
    found = []
    for other in file.statements:
        if other.function is function and isinstance(other.small, cst.Assign):
            if [dotted(each) for each in targets(other)] == [target]:
                found.append(other.small.value)
    match found:
        case [value] if _is_item(value, names):
            return target, value
        case [cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="get")), args=[cst.Arg(value=key), *_])]:
            if dotted(base) in names and is_steady(key):
                return target, found[0]
    raise Refused("the key of a value is not written where something is taken out of it")


def _pruned(statement: Statement) -> str:
    """The local name that a statement takes something out of."""
    match statement.small:
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=cst.Name(value=name)))):
            return str(name)
        case cst.Del(target=cst.Subscript(value=cst.Name(value=name))):
            return str(name)
    return ""


def _whole_loop(file: Syntax, statement: Statement, held: str) -> Statement:
    """The outermost loop that takes one thing after the other out of a value that a name stands for, or the statement
    itself."""
    place = statement
    for above in statement.around:
        if not held or not isinstance(above.node, cst.While | cst.For | cst.If):
            break
        head = above.node.iter if isinstance(above.node, cst.For) else above.node.test
        if held not in file.source(head):
            break
        place = above
    return place


def _is_used_behind(file: Syntax, statement: Statement, name: str, key: str, held: str) -> bool:
    """Whether what follows in the same function still counts on the value."""
    function = statement.function
    end = function.end if function is not None else len(file.text)
    for other in file.statements:
        if statement.end <= other.start < end and other.function is function:
            for node in file.expressions(other):
                if held and isinstance(node, cst.Name) and node.value == held and other not in statement.around:
                    return True
                if _is_item(node, {name}) and _taken_apart(file, node) == (name, key):
                    return True
    return False


def _walks(walked: cst.BaseExpression, name: str) -> bool:
    """Whether a loop walks the container itself, and no copy."""
    match walked:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="items" | "keys" | "values")), args=[]):
            return dotted(value) == name
    return dotted(walked) == name
