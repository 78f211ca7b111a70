"""What is loaded by a name that is put together: the modules that it can mean, and what is looked up in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.scoping import Scoping
from unbounded_lint.link.dataflow.values import Module, Values, ordered
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId

DEPTH = 3
"""Through how many names a text is followed to where it is written."""
PARTS = 8
"""How many parts a text may have whose names are followed."""
CHOICES = 100
"""How many texts of a table are told apart."""

_Pieces: TypeAlias = "list[str | None]"
"""The parts of a text in order, None for those that are known at run time alone."""


class Spelled(NamedTuple):
    """What is known of a text: how it begins and ends, and whether that is all of it."""

    start: str
    end: str
    whole: bool

    def fits(self, name: str) -> bool:
        """Whether a name can be that text."""
        if self.whole:
            return name == self.start
        return len(name) > len(self.start) + len(self.end) and name.startswith(self.start) and name.endswith(self.end)


class Loading:
    """Reads the names by which a program loads its own parts, as they are written."""

    def __init__(self, scoping: Scoping) -> None:
        self.scoping = scoping
        self.program = scoping.program

    def modules(self, call: m.Call, scope: ScopeId) -> tuple[str, ...]:
        """The modules of the project that a call imports by the name that it is given first, and by that of the package
        where it is relative to one; and the name itself, where that is one and of none of them."""
        plain = [a.value for a in call.args if a.keyword in {None, "name", "package"} and not a.star]
        found: dict[str, None] = {}
        for spelled in self.spelled(plain[0], scope) if plain else ():
            start = self._absolute(spelled.start, plain[1:], scope)
            if spelled.whole:
                found[self.program.canonical(start)] = None
            elif start:
                found.update(dict.fromkeys(self.program.named_like(start, spelled.end)))
        return tuple(found)

    def _absolute(self, start: str, package: list[m.Expr], scope: ScopeId) -> str:
        below = start.lstrip(".")
        level = len(start) - len(below)
        if not level:
            return start
        bases = self.spelled(package[0], scope) if package else ()
        if len(bases) != 1 or not bases[0].whole:
            return ""
        above = bases[0].start.split(".")
        return ".".join([*above[: len(above) - level + 1], below])

    def looked_up(self, holders: Values, name: m.Expr, scope: ScopeId) -> Iterator[tuple[str, ScopeId]]:
        """The definitions that a text can name in the modules of some values: their names and the modules' scopes."""
        modules = [value.name for value in ordered(holders) if isinstance(value, Module)]
        for spelled in self.spelled(name, scope) if modules else ():
            for module in modules:
                source = self.program.named(module)
                if source is not None:
                    yield from ((found, ScopeId(source.path, 0)) for found in self._definitions(module, spelled))

    @kept
    def _definitions(self, module: str, spelled: Spelled) -> tuple[str, ...]:
        """The classes and functions that a module defines for others under a name that can be that text."""
        source = self.program.named(module)
        return tuple(
            name
            for name, bindings in (source.names.of(0).items() if source is not None else ())
            if not name.startswith("_") and spelled.fits(name) and any(b.kind == "define" for b in bindings)
        )

    def spelled(self, expr: m.Expr, scope: ScopeId) -> tuple[Spelled, ...]:
        """What is known of a text by how it is written: of each, where a table has several."""
        choices = list(self._choices(expr, scope))
        return tuple(dict.fromkeys(_ends(self._pieces(choice, at, DEPTH)) for choice, at in choices[:CHOICES]))

    def _choices(self, expr: m.Expr, scope: ScopeId) -> Iterator[tuple[m.Expr, ScopeId]]:
        """The expressions of which one is a text: those of the table that it is looked up in, or walks over."""
        table, keys = (expr.base, False) if isinstance(expr, m.Sub) else (None, False)
        if isinstance(expr, m.Name):
            bound = self.program.only(self.scoping.owner(expr.id, scope), expr)
            if bound is not None and bound.kind == "item":
                table, keys = bound.expr, True
        if isinstance(table, m.Name):
            table, scope = self._written(table, scope) or (table, scope)
        match table:
            case m.Display(items=items):
                yield from ((item, scope) for item in items)
            case m.DictDisplay(items=entries):
                yield from ((part, scope) for e in entries if (part := e.key if keys else e.value) is not None)
            case _:
                yield expr, scope

    def _pieces(self, expr: m.Expr, scope: ScopeId, depth: int) -> _Pieces:
        match expr:
            case m.Const(kind="str", value=text):
                return [text]
            case m.FString(parts=parts, texts=texts):
                found: _Pieces = [texts[0]]
                depth = depth if len(parts) <= PARTS else 0
                for part, text in zip(parts, texts[1:], strict=True):
                    found += [*self._pieces(part, scope, depth), text]
                return found
            case m.Binary(op="+", items=items):
                depth = depth if len(items) <= PARTS else 0
                return [piece for item in items for piece in self._pieces(item, scope, depth)]
            case m.Binary(op="%", items=(m.Const(kind="str", value=text), _)):
                return [text.partition("%")[0], None]
            case m.Call(func=m.Attr(base=m.Const(kind="str", value=text), name="format")):
                return [text.partition("{")[0], None, text.rpartition("}")[2]]
            case m.Name(id="__name__"):
                return [self.program.of(scope).name]
            case m.Name(id="__package__"):
                return [self.program.of(scope).package]
            case m.Attr(base=m.Name() as base, name="__name__" | "__package__"):
                return [self._imported(base, scope)]
            case m.Name():
                written = self._written(expr, scope) if depth else None
                return self._pieces(*written, depth - 1) if written is not None else [None]
        return [None]

    def _written(self, name: m.Name, scope: ScopeId) -> tuple[m.Expr, ScopeId] | None:
        """The one expression that a name is bound to."""
        bound = self.program.only(self.scoping.owner(name.id, scope), name)
        return (
            (bound.given, ScopeId(scope.path, bound.scope)) if bound is not None and bound.given is not None else None
        )

    def _imported(self, name: m.Name, scope: ScopeId) -> str | None:
        """The dotted name of the module that is imported under a name."""
        owner = self.scoping.owner(name.id, scope)
        for binding in self.program.bound(owner, name.id) if owner is not None else ():
            if binding.imported is not None:
                module, attribute = self.program.of(scope).absolute(binding.imported), binding.imported.attribute
                dotted = f"{module}.{attribute}" if attribute is not None else module
                return self.program.canonical(dotted) if self.program.is_module(dotted) else None
        return None


def _ends(pieces: _Pieces) -> Spelled:
    known = [index for index, piece in enumerate(pieces) if piece is None]
    if not known:
        return Spelled("".join(piece or "" for piece in pieces), "", True)
    start, end = pieces[: known[0]], pieces[known[-1] + 1 :]
    return Spelled("".join(piece or "" for piece in start), "".join(piece or "" for piece in end), False)
