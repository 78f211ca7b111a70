"""What a recipe has at hand: the finding, what the project knows of it, and the files that a repair may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.findings.finding import Finding
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, written
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Attribute, Variable
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container


@dataclass(frozen=True)
class Repair:
    """What a recipe proposes: what is done and what that assumes, one sentence each, and the changes that do it."""

    message: str
    assumes: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Use:
    """One thing that a statement does to a container: how the container is written there, the expression that does it
    (a subscript or a call) and its key."""

    file: Syntax
    statement: Statement
    name: str
    node: cst.BaseExpression
    key: cst.BaseExpression | None

    @property
    def key_text(self) -> str:
        """The key as it is written. Raises `Refused` where there is none, or it may be another one the second time."""
        if self.key is None or not is_steady(self.key):
            raise Refused("a key is not written as a plain name or value")
        return self.file.flat(self.key)


class Bench:
    """One finding to be repaired; line_length is how long lines may be, if the settings of formatters say it."""

    def __init__(
        self, project: Project, finding: Finding, file: Callable[[str], Syntax], line_length: int | None
    ) -> None:
        self.project = project
        self.finding = finding
        self.file = file
        self.line_length = line_length

    @cached_property
    def container(self) -> Container:
        """The container that the finding is about."""
        found = [
            container
            for container in self.project.containers
            if (container.symbol, container.place) == (self.finding.symbol, self.finding.place)
        ]
        if len(found) != 1:
            raise Refused("what it is about cannot be told from something else of the same name")
        return found[0]

    def facts(self, scope: ScopeId) -> m.Scope:
        """The facts of a scope."""
        return self.project.program.facts(scope)

    def statement(self, scope: ScopeId, op: int) -> tuple[Syntax, Statement]:
        """The statement of an operation, in its file."""
        ops = self.facts(scope).ops
        if not 0 <= op < len(ops):
            raise Refused("a place that has to change is no statement of its own")
        file = self.file(scope.path)
        return file, file.statement_at(ops[op].span)

    def defined(self, scope: ScopeId) -> Statement:
        """The statement that defines a function or a class."""
        return self.file(scope.path).statement_at(self.facts(scope).span)

    @cached_property
    def home(self) -> Syntax:
        """The file that defines the container."""
        return self.file(self.container.holder.scope.path)

    @cached_property
    def definition(self) -> Statement:
        """The statement that makes the container, the only one that does."""
        holder = self.container.holder
        if len(holder.definitions) != 1:
            raise Refused(f"`{self.container.name}` is made in more than one place")
        return self.statement(holder.scope, holder.op)[1]

    def at_home(self, scope: ScopeId) -> None:
        """Raises `Refused` for a scope of another file than that of the container."""
        if scope.path != self.container.holder.scope.path:
            raise Refused(f"`{self.container.name}` is used in `{scope.path}` too, another file than its own")

    def uses(self, kinds: Iterable[str] = ()) -> Iterator[tuple[Access, Use]]:
        """What is done to the container as a whole, of some kinds or all, each with the place where it is written."""
        wanted = frozenset(kinds)
        for access in self.container.accesses:
            if not wanted or access.kind in wanted:
                yield access, self.use(access)

    def use(self, access: Access) -> Use:
        """How an access is written. Raises `Refused` where it cannot be found."""
        file, statement = self.statement(access.scope, access.op)
        name = written(access.site.node)
        if name:
            for node in file.expressions(statement):
                found = _used(node, name, access)
                if found is not None:
                    return Use(file, statement, name, *found)
        line = file.place(statement.start)[0]
        raise Refused(
            f"a use of `{self.container.name}` in line {line} of `{file.path}` is not one that can be changed"
        )

    def name_beside(self, name: str, other: Container) -> str:
        """How the container is written where another one is written by a name: both are variables of one module, or
        attributes of one class."""
        own, beside = self.container.holder.handle, other.holder.handle
        if isinstance(own, Variable) and isinstance(beside, Variable) and own.scope == beside.scope:
            return f"{name[: len(name) - len(beside.name)]}{own.name}"
        if isinstance(own, Attribute) and isinstance(beside, Attribute):
            base, dot, last = name.rpartition(".")
            if dot and own.cls == beside.cls and last == beside.name:
                return f"{base}.{own.name}"
        raise Refused(f"`{self.container.name}` and `{other.name}` are not kept side by side")

    def concerns(self, holds: bool) -> None:
        """Raises `NotConcerned` where a recipe is not for this finding."""
        if not holds:
            raise NotConcerned


def _used(
    node: cst.BaseExpression, name: str, access: Access
) -> tuple[cst.BaseExpression, cst.BaseExpression | None] | None:
    """An expression and its key, if it does with what has a name what an access says; (the name, None) for another."""
    match node:
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            if dotted(value) == name and (access.how in {"[]", "del", ""} or access.how.endswith("=")):
                return node, index
        case cst.Subscript(value=value):  # `X[k, l]`, whose key has no parentheses, and none that can be written again
            if dotted(value) == name and (access.how in {"[]", "del", ""} or access.how.endswith("=")):
                return node, None
        case cst.Call(func=cst.Attribute(value=value, attr=attr), args=args):
            if dotted(value) == name and attr.value == access.how:
                plain = bool(args) and not args[0].star and args[0].keyword is None
                return node, args[0].value if plain else None
    if access.kind not in {"insert", "remove"} and dotted(node) == name:
        return node, None
    return None


def is_steady(key: cst.CSTNode) -> bool:
    """Whether an expression is the same a moment later: names, attributes, constants and tuples of them."""
    match key:
        case cst.Name() | cst.Attribute() | cst.SimpleString() | cst.Integer():
            return isinstance(key, cst.SimpleString | cst.Integer) or bool(dotted(key))
        case cst.Tuple(elements=elements):
            return all(is_steady(element.value) for element in elements)
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return is_steady(value) and is_steady(index)
        case cst.Call(func=cst.Name(value="str" | "int"), args=[cst.Arg(value=value, star="", keyword=None)]):
            return is_steady(value)
    return False
