"""UBM101, UBM102: a map of locks keeps each for as long as its key lives, or as somebody holds it or waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.fixes.bench import Bench, Repair, Use
from unbounded_lint.fixes.imports import imported, unneeded
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, last_name, targets
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.module import ScopeId

_LOCK = "lock"
"""What a lock is called that had no name."""


def repair(bench: Bench) -> Repair:
    """Make it a `weakref.WeakKeyDictionary` where keys are objects with a life of their own; else a
    `weakref.WeakValueDictionary`, and hold each new lock by a name before it is kept."""
    container = bench.container
    family = container.holder.made.kind.family
    bench.concerns(bench.project.holdings.of(container) == "locks" and family not in {"list", "deque", "set"})
    file, statement = bench.home, bench.definition
    made, factory = _made(statement)
    if not factory and _keys_live(bench, statement):
        return Repair(
            f"Keep the locks of `{container.name}` in a `weakref.WeakKeyDictionary`",
            "the lock of a key matters as long as the key is there, which can be referred to weakly",
            tuple(_made_weak(file, statement, made, "WeakKeyDictionary")),
        )
    changes = list(_made_weak(file, statement, made, "WeakValueDictionary"))
    uses = list(bench.uses())
    for access, use in uses:
        bench.at_home(access.scope)
        changes += _rewritten(bench, access, use, factory)
    for access, use in uses:
        if _may_be_gone(access, use) and not _is_replaced(use, changes):
            where = bench.project.function(access.scope)
            raise Refused(f"`{where}` counts on a lock to be there, which may have gone by then")
    return Repair(
        f"Keep the locks of `{container.name}` in a `weakref.WeakValueDictionary`",
        "whoever takes a lock from it keeps it by a name or in a `with` for as long as the lock matters",
        tuple(dict.fromkeys(changes)),
    )


def _made(statement: Statement) -> tuple[cst.BaseExpression, str]:
    """The expression that makes the map, and what a `defaultdict` would call for a missing key."""
    match statement.small:
        case cst.Assign(targets=[_], value=value) | cst.AnnAssign(value=value) if value is not None:
            match value:
                case cst.Dict(elements=[]):
                    return value, ""
                case cst.Call(func=func, args=[]) if last_name(func) in {"dict", "OrderedDict"}:
                    return value, ""
                case cst.Call(func=func, args=[cst.Arg(value=factory, keyword=None, star="")]):
                    if last_name(func) == "defaultdict" and dotted(factory):
                        return value, dotted(factory)
    raise Refused("it is not made as an empty dict in a statement of its own")


def _keys_live(bench: Bench, statement: Statement) -> bool:
    """Whether every key is an object that is equal to itself alone and can be referred to weakly: a file, by the
    annotation of the map, or an instance of a plain class of the project."""
    accesses = [a for a in bench.container.accesses if not a.nested]
    if any(a.kind == "escape" or (a.kind == "insert" and a.bulk) for a in accesses):
        return False
    small = statement.small
    if isinstance(small, cst.AnnAssign) and isinstance(small.annotation.annotation, cst.Subscript):
        key = small.annotation.annotation.slice[0].slice
        told = key.value if isinstance(key, cst.Index) else key
        if last_name(told.value if isinstance(told, cst.Subscript) else told) in _FILES:
            return True
    resolver = bench.project.flow.resolver
    keys = [(a.key, a.scope) for a in accesses if a.kind == "insert"]
    found = [resolver.classes(key, scope) if key is not None else () for key, scope in keys]
    return bool(found) and all(classes and all(_is_plain(bench, cls) for cls in classes) for classes in found)


def _is_plain(bench: Bench, cls: ScopeId) -> bool:
    """Whether instances of a class are equal to themselves alone, and have room for weak references."""
    resolver = bench.project.flow.resolver
    kin = resolver.mro(cls)
    if resolver.all_outside_bases(cls) - {"object"} or any(bench.facts(each).decorators for each in kin):
        return False
    special = any(resolver.methods(each, name) for each in kin for name in ("__eq__", "__hash__"))
    slots = any(bench.project.program.of(each).names.of(each.index).get("__slots__") for each in kin)
    return not special and not slots


def _made_weak(file: Syntax, statement: Statement, made: cst.BaseExpression, kind: str) -> Iterator[Change]:
    """The statement that makes the map, with its annotation, and the imports that it needs, or needs no more."""
    weak, needed = imported(file, "weakref", kind, bare=True)
    called = dotted(made.func) if isinstance(made, cst.Call) else ""
    annotated = [statement.small.annotation] if isinstance(statement.small, cst.AnnAssign) else []
    yield from needed
    yield from unneeded(file, called, [made, *annotated])
    for annotation in annotated:
        yield file.replace(annotation.annotation, _annotation(annotation.annotation, weak))
    yield file.replace(made, f"{weak}()")


def _annotation(node: cst.BaseExpression, weak: str) -> str:
    """The annotation of the weak map, quoted where that of the dict is."""
    match node:
        case cst.Subscript(value=value, slice=elements) if last_name(value) in _TYPES:
            inner = (cst.Module([]).code_for_node(element.slice) for element in elements)
            return f"{weak}[{', '.join(inner)}]"
        case cst.Name(value="dict") | cst.Name(value="Dict"):
            return weak
        case cst.SimpleString(prefix="", quote=quote, raw_value=text):
            try:
                return f"{quote}{_annotation(cst.parse_expression(text), weak)}{quote}"
            except cst.ParserSyntaxError:
                pass
    raise Refused("its annotation is none of a dict")


_FILES = frozenset({"IO", "TextIO", "BinaryIO", "TextIOBase", "TextIOWrapper", "IOBase", "RawIOBase", "BufferedIOBase"})
_TYPES = frozenset({"dict", "Dict", "DefaultDict", "defaultdict", "OrderedDict", "MutableMapping", "Mapping"})


def _rewritten(bench: Bench, access: Access, use: Use, factory: str) -> Iterator[Change]:
    """The changes at one use: a lock that only the map has would be gone at once."""
    match access.kind, access.how:
        case "insert", "setdefault":
            _demand_held(use)
            if _is_shared(bench, access, use):
                yield from _guarded(bench, use, use.file.source(use.node))
        case "insert", "[]" if not access.implicit and isinstance(use.statement.small, cst.Assign):
            yield from _stored(bench, use)
        case (("insert" | "read"), "[]") if factory:
            text = f"{use.name}.setdefault({use.key_text}, {factory}())"
            _demand_held(use)
            if _is_shared(bench, access, use):
                yield from _guarded(bench, use, text)
            else:
                yield use.file.replace(use.node, text)
        case (("read" | "contains" | "size" | "tested" | "remove" | "clear" | "iterate"), _):
            return
        case "replace", _ if access.place in bench.container.holder.definitions:
            return
        case _:
            raise Refused(f"`{bench.container.name}` is used in a way that a weak map may not have")


def _may_be_gone(access: Access, use: Use) -> bool:
    """Whether an access raises where there is no such lock."""
    if access.how in {"pop", "popitem"} and access.kind == "remove":
        return not isinstance(use.node, cst.Call) or len(use.node.args) < 2
    return access.is_entered


def _is_replaced(use: Use, changes: Sequence[Change]) -> bool:
    """Whether what a use is written as goes."""
    start, end = use.file.span(use.node)
    return any(c.path == use.file.path and c.start <= start and end <= c.end for c in changes)


def _demand_held(use: Use) -> None:
    """Raises `Refused` where a lock that is made is kept by nobody but the map."""
    match use.statement.small, use.statement.node:
        case ((cst.Assign(value=value) | cst.Return(value=value)), _) if value is use.node:
            return
        case _, cst.With(items=items) if any(item.item is use.node for item in items):
            return
    raise Refused("a new lock is kept neither by a name nor in a `with`")


def _is_shared(bench: Bench, access: Access, use: Use) -> bool:
    """Whether two threads may come to a `setdefault()` at the same time, which a dict does at once and a weak map in
    several steps: nothing locks them out, and locks are none of an event loop."""
    around = (above.node for above in use.statement.around if above.function is use.statement.function)
    if any(isinstance(node, cst.With) and dotted(node.items[0].item) for node in around):
        return False
    facts, holder = bench.facts(bench.container.holder.scope), bench.container.holder
    action = facts.ops[holder.op].action
    made = [access.value, *(a.value for n in w.nodes(action) if isinstance(n, m.Call) for a in n.args)]
    makers = [(each.func if isinstance(each, m.Call) else each) for each in made if each is not None]
    resolver = bench.project.flow.resolver
    names = {
        name for maker in makers for scope in (access.scope, holder.scope) for name in resolver.names(maker, scope)
    }
    return not names or not all(name.startswith("asyncio.") for name in names)


def _guarded(bench: Bench, use: Use, text: str) -> Iterator[Change]:
    """A lock that is taken from the map while another, which is made beside that, keeps other threads out."""
    file, statement = use.file, use.statement
    guard = f"_{bench.container.holder.name.strip('_').lower()}_guard"
    if guard in file.words:
        raise Refused(f"the name `{guard}` is taken")
    lock, needed = imported(file, "threading", "Lock")
    small = bench.definition.small
    target = small.target if isinstance(small, cst.AnnAssign) else next(targets(bench.definition))
    yield from needed
    yield file.after(bench.definition, [f"{_beside(dotted(target), guard)} = {lock}()"])
    head = f"with {_beside(use.name, guard)}:"
    match statement.node:
        case cst.With(items=[cst.WithItem(item=item), *_]):
            if item is not use.node or not file.is_free(_LOCK, statement):
                raise Refused(f"the name `{_LOCK}` is taken where a lock is made")
            yield file.before(statement, [head, f"{file.unit}{_LOCK} = {text}"])
            yield file.replace(item, _LOCK)
        case _:
            start, end = file.whole(use.node)
            line = f"{file.text[statement.start : start]}{text}{file.text[end : statement.end]}"
            if "\n" in line:
                raise Refused("a new lock is kept by a statement over several lines")
            inner = f"\n{file.indent(statement.start)}{file.unit}"
            yield Change(file.path, statement.start, statement.end, f"{head}{inner}{line}")


def _beside(name: str, other: str) -> str:
    """Another name of the same owner."""
    owner, dot, _ = name.rpartition(".")
    return f"{owner}{dot}{other}"


def _stored(bench: Bench, use: Use) -> Iterator[Change]:
    """`if k not in X: X[k] = Lock()` with what follows, `lock = X[k]`, `return X[k]` or `with X[k]:`, told so
    that the lock is held meanwhile."""
    small = use.statement.small
    assert isinstance(small, cst.Assign)
    held = [t.target for t in small.targets if isinstance(t.target, cst.Name)]
    if held or isinstance(small.value, cst.Name):
        return
    above, file = use.statement.parent, use.file
    follower = next(iter(file.behind(above)), None) if above is not None else None
    if above is None or follower is None or not _is_asked(above, use) or len(file.block_of(above)) > 1:
        raise Refused("a new lock is stored without a name that holds it")
    assert isinstance(above.node, cst.If)
    name, taken = _taken(follower, use)
    if name == _LOCK and not file.is_free(name, use.statement) and not isinstance(follower.small, cst.Assign):
        raise Refused(f"the name `{_LOCK}` is taken where a lock is made")
    yield file.before(above, [f"{name} = {use.name}.get({use.key_text})"])
    yield file.replace(above.node.test, f"{name} is None")
    yield Change(file.path, use.statement.start, use.statement.start, f"{name} = ")
    if not isinstance(follower.small, cst.Assign):
        yield file.replace(taken, name)
        return
    start, end = file.line_start(follower.start), file.next_line(max(follower.end - 1, follower.start))
    between = file.next_line(max(above.end - 1, above.start))
    yield Change(file.path, start if file.text[between:start].strip() else between, end, "")


def _is_asked(above: Statement, use: Use) -> bool:
    """`if k not in X:`, with no other branch."""
    match above.node:
        case cst.If(test=test, orelse=None):
            match test:
                case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.NotIn(), comparator)]):
                    same = use.file.source(left) == use.key_text
                    return same and dotted(comparator) == use.name
    return False


def _taken(follower: Statement, use: Use) -> tuple[str, cst.BaseExpression]:
    """The name that the lock gets behind the `if`, one of ours where it has none, and where it is taken."""
    match follower.small or follower.node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value) if _is_item(value, use):
            return str(name), value
        case cst.Return(value=value) if value is not None and _is_item(value, use):
            return _LOCK, value
        case cst.With(items=[cst.WithItem(item=value), *_]) if _is_item(value, use):
            return _LOCK, value
    raise Refused("a new lock is stored without a name that holds it")


def _is_item(value: cst.BaseExpression, use: Use) -> bool:
    match value:
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return dotted(base) == use.name and use.file.source(index) == use.key_text
    return False
