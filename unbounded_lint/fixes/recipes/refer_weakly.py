"""UBM106: a value refers to its own key weakly, so that the key can go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import binds, every_node
from unbounded_lint.fixes.imports import imported
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, names_in
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.defects.self_keeping_weak_entry import Kept
from unbounded_lint.link.program.module import Place, ScopeId


def repair(bench: Bench) -> Repair:
    """Put a weak reference where the key is kept: in an attribute, which becomes a property, or in what a lambda or an
    inner function uses."""
    found = list(bench.project.defects.self_keeping_weak_entries.every(bench.container))
    if not found:
        raise Refused("what holds the key cannot be found again")
    changes = [change for kept in found for change in _of_entry(bench, kept)]
    return Repair(
        f"Let the values of `{bench.container.name}` refer to their keys weakly",
        "nobody uses a value once its key is gone",
        tuple(dict.fromkeys(changes)),
    )


def _of_entry(bench: Bench, kept: Kept) -> Iterator[Change]:
    """The changes for one insert."""
    last = kept.steps[-1] if kept.steps else (kept.access.scope, kept.access.op)
    file, statement = bench.statement(*last)
    name = _stored(statement)
    if name and bench.facts(last[0]).name == "__init__":
        yield from _in_attribute(bench, file, statement, last, name)
    else:
        yield from _in_closure(bench, kept)


# --- in an attribute ---


def _stored(statement: Statement) -> str:
    """The attribute of `self` that a statement stores a name in, "" for another statement."""
    match statement.small:
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Name()):
            name = dotted(target)
        case cst.AnnAssign(target=target, value=cst.Name()):
            name = dotted(target)
        case _:
            return ""
    own, _, attribute = name.partition(".")
    return attribute if own == "self" and "." not in attribute else ""


def _in_attribute(bench: Bench, file: Syntax, statement: Statement, place: Place, name: str) -> Iterator[Change]:
    scope, small = place[0], statement.small
    assert isinstance(small, cst.Assign | cst.AnnAssign) and isinstance(small.value, cst.Name)
    cls, init = bench.project.program.owner_class(scope), statement.function
    if cls is None or init is None or statement.parent is not init:
        raise Refused(f"`{name}` is only kept on a condition")
    _demand_only_write(bench, cls, name, place)
    _demand_key(bench, scope, small.value.value)
    held = f"{name}_ref" if name.startswith("_") else f"_{name}"
    if held in file.words:
        raise Refused(f"the name `{held}` is taken")
    ref, needed = imported(file, "weakref", "ref")
    line = f"self.{held} = {ref}({small.value.value})"
    start, end = file.span(small)
    shown = _shown(file, init, small.value.value)
    yield from needed
    yield Change(file.path, start, end, line)
    about = '"""What this is about, or None once that is gone."""'
    yield file.after(
        init, ["", "@property", f"def {name}(self){shown}:", f"{file.unit}{about}", f"{file.unit}return self.{held}()"]
    )


def _demand_only_write(bench: Bench, cls: ScopeId, name: str, place: Place) -> None:
    """Raises `Refused` where an attribute is more than what its constructor is given."""
    flow = bench.project.flow
    facts = bench.facts(cls)
    kin = (cls, *flow.hierarchy.subclasses(cls))
    if facts.decorators or "__slots__" in bench.file(cls.path).words or flow.resolver.metaclasses(cls):
        raise Refused(f"`{facts.name}` is no plain class that could have a property")
    written = [(w.scope, w.op) for one in kin for w in flow.resolver.writes(one).get(name, ())]
    rebound = [(u.site.scope, u.site.op) for u in flow.uses(Attribute(cls, name)) if u.kind == "rebound"]
    if {*written, *rebound} != {place}:
        raise Refused(f"`{facts.name}.{name}` is written in several places")
    if any(name in bench.project.program.of(one).names.of(one.index) for one in kin):
        raise Refused(f"`{facts.name}` has another `{name}`")


def _demand_key(bench: Bench, scope: ScopeId, name: str) -> None:
    """Raises `Refused` where a constructor may be given something else than keys."""
    facts = bench.facts(scope)
    parameter = next((p for p in facts.parameters if p.name == name), None)
    if parameter is None or parameter.default is not None:
        raise Refused(f"`{facts.qualname}` may be given nothing that can be referred to weakly")
    sites = {(site.scope, site.op) for site in bench.project.flow.call_sites(scope)}
    if len({site for site, _ in sites}) > 1:
        raise Refused(f"`{facts.qualname}` is called in several places, not all of which need hold a key")


def _shown(file: Syntax, init: Statement, name: str) -> str:
    """What a property says that it returns, where the parameter that it was given says it."""
    assert isinstance(init.node, cst.FunctionDef)
    for parameter in init.node.params.params:
        if parameter.name.value == name and parameter.annotation is not None:
            told = file.source(parameter.annotation.annotation)
            if told == "Any":
                return " -> Any"
            return f" -> {told} | None" if "annotations" in file.words else ""
    return ""


# --- in a closure ---


def _in_closure(bench: Bench, kept: Kept) -> Iterator[Change]:
    access = kept.access
    file, statement = bench.statement(access.scope, access.op)
    use = bench.use(access) if not access.nested else None
    key = use.key if use is not None else None
    name = key.value if isinstance(key, cst.Name) else _outer_key(file, statement)
    function = statement.function
    if not name or function is None:
        raise Refused("its key has no name where a value is made")
    nodes = list(_closures(file, statement, name))
    if not nodes:
        raise Refused("its values are made of the key itself")
    bound = [s for s in file.statements if s.function is function and binds(s, name)]
    if len(bound) > 1:
        raise Refused(f"`{name}` may mean something else by then")
    held = f"{name}_ref"
    ref, needed = imported(file, "weakref", "ref")
    line = f"{held} = {ref}({name})"
    first = min((holder for _, holder in nodes), key=lambda holder: holder.start)
    before = [s for s in file.statements if s.parent is first.parent and s.start < first.start]
    if not any(file.text[s.start : s.end] == line for s in before):
        if not file.is_free(held, statement):
            raise Refused(f"the name `{held}` is taken")
        near = [s for s in bound if s.small is not None and s in before]
        yield from needed
        lines = [line, ""] if isinstance(first.node, cst.FunctionDef) else [line]
        yield file.after(near[0], [line]) if near else file.before(first, lines)
    for node, _ in nodes:
        yield from (file.replace(each, f"{held}()") for each in names_in(node) if each.value == name)


def _outer_key(file: Syntax, statement: Statement) -> str:
    """The key in `X.setdefault(key, ...).append(...)` and `X[key].append(...)`."""
    for node in file.expressions(statement):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="setdefault")), args=[cst.Arg(value=key), *_]):
                return key.value if isinstance(key, cst.Name) else ""
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=name)))]):
                return str(name)
    return ""


def _closures(file: Syntax, statement: Statement, name: str) -> Iterator[tuple[cst.CSTNode, Statement]]:
    """The lambdas in a statement and the functions that it names, as far as they use a name of the function around
    them, each with the statement that it is made by."""
    used = {each.value for each in names_in(statement.node)}
    for node in every_node(statement.node):
        if isinstance(node, cst.Lambda) and _captures(node.params, node.body, name):
            yield node.body, statement
    for other in file.statements:
        if other.function is statement.function and isinstance(other.node, cst.FunctionDef):
            if other.node.name.value in used and _captures(other.node.params, other.node.body, name):
                if any(binds(s, name) for s in file.statements if other in s.around):
                    raise Refused(f"`{name}` may mean something else by then")
                yield other.node.body, other


def _captures(params: cst.Parameters, body: cst.CSTNode, name: str) -> bool:
    given: Sequence[cst.Param] = [node for node in every_node(params) if isinstance(node, cst.Param)]
    if any(p.default is not None and name in {n.value for n in names_in(p.default)} for p in given):
        raise Refused("its values have the key as a default")
    return name not in {p.name.value for p in given} and name in {n.value for n in names_in(body)}
