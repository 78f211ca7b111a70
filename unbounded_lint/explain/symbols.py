"""What `explain` answers: the fact sheet of a container, or why a symbol names none that lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from unbounded_lint.alike import closest
from unbounded_lint.facts import model as m
from unbounded_lint.facts.walk import dotted
from unbounded_lint.files.sources import Sources
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.symbols import plain, plain_symbol
from unbounded_lint.link.containers.passing import Passing, Why
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site
from unbounded_lint.link.program.symbols import Symbols
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container

SHOWN = 3
"""How many places, or symbols that may be meant, one sentence names."""

_LISTED = 8
"""How many containers are listed of which one is to be chosen."""

LOOKED_AT = 50
"""How many things of one name are looked at when a symbol names no module."""

_TELLING: Mapping[Why, int] = MappingProxyType(
    {"bound": 1, "declared": 1, "typing": 1, "parameter": 1, "class": 2, "function": 2, "imported": 2, "special": 2}
)
"""What is told of several things of one name: the least of these, before which come those that do hold a container."""

Words: TypeAlias = "tuple[str | Place, ...]"
"""A sentence in pieces: texts, and the places between them."""


class Unknown(msgspec.Struct, frozen=True):
    """A symbol that names no long-lived container, or several, and a sentence that says why."""

    symbol: str
    words: Words

    def sentence(self, path: Callable[[str], str]) -> str:
        """The sentence; path gives the path to show for one of the project."""
        return "".join(w if isinstance(w, str) else f"{path(w.path)}:{w.line}" for w in self.words)


def chosen(found: Sequence[Container], asked: str, beginning: Words) -> Container | Unknown | None:
    """The one container that was found for what was asked, or why it is not one, in a sentence that begins so; None
    where there is none."""
    if len(found) <= 1:
        return next(iter(found), None)
    listed = ", ".join(plain_symbol(container.symbol) for container in found[:_LISTED])
    return Unknown(asked, (*beginning, f" {len(found)} containers; write one of {listed}"))


class Explanations:
    """Answers what a symbol names; src is the setting of that name."""

    def __init__(self, project: Project, sources: Sources, src: Sequence[str]) -> None:
        self.project = project
        self.program = project.program
        self.sources = sources
        self.src = src

    def of(self, symbol: str) -> Container | Unknown:
        """The one container that a symbol names, or why there is none: "pkg.mod:Class.attr", or the end of a name."""
        dotted, name = Symbols(self.program).parts(symbol)
        exact = [container for container in self.project.containers if container.symbol == symbol]
        found = exact or self._named(dotted, name) or self._named("", plain(symbol)) or self._set(dotted, name)
        return chosen(found, symbol, (f"{symbol!r} names",)) or Unknown(
            symbol, (f"no long-lived container is called {symbol!r}: ", *self._why(dotted, name))
        )

    def called(self, name: str, among: Callable[[Container], bool] = lambda _: True) -> list[Container]:
        """The containers among some that have a name, or of which it is the end."""
        found = []
        for container in filter(among, self.project.containers):
            own = _own(container)
            if name in (own, own.rpartition(".")[2], container.holder.name):
                found.append(container)
        return found

    def _named(self, dotted: str, name: str) -> list[Container]:
        if not dotted:
            return self.called(name)
        return [c for c in self.project.containers if plain_symbol(c.symbol) == f"{dotted}:{name}"]

    def _set(self, dotted: str, name: str) -> list[Container]:
        """Those that a module sets on an object by a name that is written so: "app.state.sessions"."""
        path = self.program.path_of(dotted) if dotted else None
        module = self.program.module(path) if path is not None else None
        passings = self.project.passing(module, name) if module is not None else ()
        places = {(passing.scope, passing.op) for passing in passings if passing.why == "hung"}
        return [c for c in self.project.containers if (c.holder.scope, c.holder.op) in places]

    # --- why there is none ---

    def _why(self, dotted: str, name: str) -> Words:
        if not dotted:
            return self._anywhere(name)
        path = self.program.path_of(dotted)
        if path is None:
            return self._no_module(dotted, name)
        module = self.program.module(path)
        if module is None:
            return self.broken(path)
        if not name:
            return (
                f"it is a module; ask for what it holds, as in {dotted}:NAME",
                *self._hint(self._below(f"{dotted}:")),
            )
        return self.in_module(module, name)

    def broken(self, path: str) -> Words:
        """What to say of a file without facts."""
        failure = next((f for f in self.sources.failures if f.path == path), None)
        line, reason = (failure.line, failure.reason) if failure is not None else (1, "it has no facts")
        return ("its file cannot be analysed (", Place(path, line, 1, line, 1), f": {reason})")

    def in_module(self, module: LinkedModule, name: str) -> Words:
        """Why a name in a module is none of a long-lived container."""
        symbols = {"", f"{module.name}:{name}"}
        if any(path == module.path and plain_symbol(of) in symbols for path, of, _ in self.project.failures):
            return ("its analysis failed through a fault of ours, which `check` reports as UBM900",)
        passing = next(self.project.passing(module, name), None)
        if passing is not None:
            return self.because(passing)
        if self.program.is_module(f"{module.name}.{name}"):
            return (f"it is a module; ask for what it holds, as in {module.name}.{name}:NAME",)
        first, _, rest = name.partition(".")
        passing = next(self.project.passing(module, first), None) if rest else None
        if passing is not None and passing.why == "imported":
            at = self.project.place(passing.scope, passing.op, "definition", "")
            return (f"`{first}` is imported (", at, ")", *self._imported(passing, f".{rest}"))
        owner, _, last = name.rpartition(".")
        has_owner = any(plain(scope.qualname) == owner for scope in module.facts.scopes)
        text = (
            f"`{owner or module.name}` has nothing called `{last}`" if has_owner else f"{module.name} has no `{owner}`"
        )
        return (text, *self._hint(self._near(module.name, name)))

    def _anywhere(self, name: str) -> Words:
        modules = self.program.mentioning(name.rpartition(".")[2])
        found = (p for module in modules for p in self.project.passing(module, name, inside=True))
        passing = min(islice(found, LOOKED_AT), key=lambda p: _TELLING.get(p.why, 0), default=None)
        if passing is None:
            return ("nothing in the project has that name", *self._hint(self._near("", name)))
        return (f"in {self.program.of(passing.owner).name}, ", *self.because(passing))

    def _no_module(self, dotted: str, name: str) -> Words:
        if self.program.is_module(dotted):
            return (f"{dotted} is a package without code of its own", *self._hint(self._below(f"{dotted}.")))
        left_out = next(self._left_out(dotted), None)
        test = next((f.path for f in self.sources.files if f.is_test and f.module == dotted), None)
        if test is not None:
            return (f"{test} is a test, and the containers of tests are not looked at",)
        known = self.program.files.get(left_out or "")
        if known is not None:
            return (f"{left_out} is the module {known.module}; ask for {known.module}:{name or 'NAME'}",)
        if left_out is not None:
            return (f"{left_out} is left out of the analysis, by `exclude` or since git ignores it",)
        return (f"the project has no module `{dotted}`", *self._hint(self._near("", name)))

    def _left_out(self, dotted: str) -> Iterator[str]:
        """The files of a module that there are, but not in the project."""
        parts = dotted.split(".")
        bases = [(PurePosixPath(source), parts) for source in self.src]
        for at in range(len(parts) - 1, 0, -1):
            package = self.program.path_of(".".join(parts[:at]))
            if package is not None:
                bases.append((PurePosixPath(package).parent, parts[at:]))
        for base, below in bases if all(part.isidentifier() for part in parts) else ():
            for path in (base.joinpath(*below).with_suffix(".py"), base.joinpath(*below, "__init__.py")):
                if (self.sources.root / path).is_file():
                    yield path.as_posix()

    # --- hints ---

    def _near(self, dotted: str, name: str) -> list[str]:
        """The containers that may be meant: those of the same name, or else those of a module with a similar one."""
        every = {c.symbol: plain_symbol(c.symbol).partition(":")[::2] for c in self.project.containers}
        same = [symbol for symbol, (_, own) in every.items() if own == name]
        similar: dict[str, str] = {}
        for symbol, (module, own) in every.items():
            for end in (own, own.rpartition(".")[2]) if module == dotted or not dotted else ():
                similar.setdefault(end, symbol)
        return same or list(dict.fromkeys(similar[end] for end in closest(name, similar, SHOWN)))

    def _below(self, start: str) -> list[str]:
        return [c.symbol for c in self.project.containers if c.symbol.startswith(start)]

    @staticmethod
    def _hint(near: Sequence[str]) -> Words:
        return (f"; did you mean {' or '.join(map(plain_symbol, near[:SHOWN]))}?",) if near else ()

    # --- words ---

    def because(self, passing: Passing) -> Words:
        """Why a name holds no long-lived container."""
        at = self.project.place(passing.scope, passing.op, "definition", "")
        around = self._named_scope(passing.owner)
        match passing.why:
            case "class" | "function":
                held = self._below(f"{self._symbol(passing)}.")
                return (f"it is a {passing.why} (", at, ") and no container", *self._hint(held))
            case "imported":
                return ("it is imported (", at, ")", *self._imported(passing))
            case "special":
                return ("a name with two underscores at both ends is Python's own, and is not looked at",)
            case "declared":
                return ("it is only declared (", at, "), and given no value there")
            case "typing":
                return ("it gets its value under `if TYPE_CHECKING` alone (", at, "), so never in a run")
            case "bound" if passing.value is None:
                return ("it is given its value by an unpacking, a loop, a `with` or the like (", at, ")")
            case "bound":
                return (f"it holds {_written(passing.value)} (", at, "), which is no container that is known")
            case "parameter":
                return (f"it is a parameter of {around} (", at, ") and holds what callers pass")
            case "local":
                return (f"it is a local variable of {around} (", at, "), which ends with each call")
            case "idle":
                return (f"it is a variable of {around} (", at, ") that nothing inserts into")
            case "remade":
                return (f"it is a default of {around} (", at, "), which each call of the function around it makes anew")
            case "local class":
                return (
                    f"it is an attribute of {around} (",
                    at,
                    "), which each call of the function around it makes anew",
                )
            case "replaced":
                return (f"it is an attribute of {around} (", at, ") in whose place each object gets one of its own")
            case "hung":
                return (f"in {around} it is set on an object (", at, "), and nothing shows that this lasts")
        return (f"it is an attribute of {around} (", at, ")", *self._made(passing))

    def _named_scope(self, scope: ScopeId) -> str:
        return f"`{self.project.function(scope)}`"

    def _symbol(self, passing: Passing) -> str:
        owner = self.program.facts(passing.owner).qualname
        return f"{self.program.of(passing.owner).name}:{owner}{'.' if owner else ''}{passing.name}"

    def _imported(self, passing: Passing, rest: str = "") -> Words:
        """Where a name is imported from; rest is what is asked for of what it stands for."""
        imported = passing.imported
        if imported is None or imported.attribute is None:
            return (" as a module",)
        source = self.program.canonical(self.program.of(passing.scope).absolute(imported))
        if self.program.is_module(module := f"{source}.{imported.attribute}"):
            return (f" as the module {module}",)
        if not self.program.is_module(source):
            return (f" from {source}, which is not part of the project",)
        return (f" from {source}; ask for {source}:{imported.attribute}{rest}",)

    def _made(self, passing: Passing) -> Words:
        """Where the objects are made that an attribute belongs to, by the classes that keep them."""
        words: list[str | Place] = []
        for number, (cls, sites) in enumerate(passing.makings, 1):
            name = self._named_scope(cls)
            if not sites:
                words.append(f", and nothing but tests or users of the project makes a {name}")
                continue
            keeper = self._named_scope(passing.makings[number][0]) if number < len(passing.makings) else ""
            words.append(f", and a {name} is made {'' if keeper else 'per call '}in ")
            words.extend(self._places(sites))
            words.append(f" for an attribute of a {keeper}" if keeper else " and nowhere else")
        return tuple(words)

    def _places(self, sites: tuple[Site, ...]) -> Iterator[str | Place]:
        places = sorted({(self.project.place(s.scope, s.op, "call", ""), s.scope) for s in sites})
        for number, (place, scope) in enumerate(places[:SHOWN]):
            yield f"{' and ' if number else ''}{self._named_scope(scope)} ("
            yield place
            yield ")"
        if len(places) > SHOWN:
            yield f" and {len(places) - SHOWN} more places"


def _own(container: Container) -> str:
    """The name of a container in its module, as people write it."""
    return plain_symbol(container.symbol).rpartition(":")[2]


def _written(expr: m.Expr | None) -> str:
    """What a value is, in a word or two."""
    match expr:
        case m.Const(kind="str"):
            return "a text"
        case m.Const(value=value):
            return f"`{value}`"
        case m.Display(kind=kind):
            return f"a {kind}"
        case m.Lambda():
            return "a lambda"
    named = dotted(expr) if expr is not None else ""
    return f"`{named}`" if named else "the value of an expression"
