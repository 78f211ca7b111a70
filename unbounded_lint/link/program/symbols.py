"""What symbols written by people name: "pkg.mod:NAME", "pkg.mod:Class.method", or the same with dots alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from unbounded_lint.alike import closest, nearest
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.symbols import plain
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.program.program import Program

_LONGEST = 500
"""How many characters a symbol may have; what is longer names nothing that anybody wrote."""

_STEPS = 50
"""Through how many imports a name is followed."""


class Symbols:
    """Finds the modules and functions of a program by their symbols."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def parts(self, symbol: str) -> tuple[str, str]:
        """The module that a symbol names, "" for none, and the plain name in it, "" for the module itself."""
        if len(symbol) > _LONGEST:
            return "", symbol
        dotted, colon, name = symbol.rpartition(":")
        if not colon:
            pieces = symbol.split(".")
            for at in range(len(pieces), 0, -1):
                if self.program.is_module(".".join(pieces[:at])):
                    dotted, name = ".".join(pieces[:at]), ".".join(pieces[at:])
                    break
        return self.program.canonical(dotted), plain(name)

    def functions(self, symbol: str) -> tuple[ScopeId, ...]:
        """The functions that a symbol names: in its module, where that imports the name from, or in a base of its
        class. Several where one name is defined more than once."""
        return self._found(symbol) or ()

    def is_unknown_function(self, symbol: str) -> bool:
        """Whether a symbol names no function of the project, as far as its files can be read."""
        return self._found(symbol) == ()

    @kept
    def _found(self, symbol: str) -> tuple[ScopeId, ...] | None:
        """The functions, None where they may be in a file that cannot be read."""
        wanted, unread = [self.parts(symbol)], False
        for dotted, name in wanted:
            module = self.program.named(dotted)
            if module is None:
                unread = unread or self.program.path_of(dotted) is not None
                continue
            if found := self._defined(module, name):
                return found
            further = map(self.parts, (*self._imported(module, name), *self._inherited(module, name)))
            wanted.extend(each for each in further if each not in wanted and len(wanted) < _STEPS)
        return None if unread else ()

    def _defined(self, module: LinkedModule, name: str) -> tuple[ScopeId, ...]:
        return tuple(
            ScopeId(module.path, index)
            for index in self._named(module.path).get(name, ())
            if module.scope(index).kind == "function"
        )

    @kept
    def _named(self, path: str) -> Mapping[str, Sequence[int]]:
        """Qualified name as people write it -> the scopes of a module that have it."""
        module = self.program.module(path)
        scopes = module.facts.scopes if module is not None else ()
        return grouped((plain(scope.qualname), index) for index, scope in enumerate(scopes))

    def _imported(self, module: LinkedModule, name: str) -> Iterator[str]:
        """The symbols that a name stands for where the body of a module imports it."""
        first, dot, rest = name.partition(".")
        for scope, _, imported in module.imports:
            source = module.absolute(imported)
            if scope == 0 and imported.attribute == "*":
                yield f"{source}.{name}"
            elif scope == 0 and imported.bound == first:
                is_top = imported.attribute is None and first == imported.module.partition(".")[0]
                named = (first,) if is_top else (source, imported.attribute or "")
                yield ".".join(part for part in named if part) + dot + rest

    def _inherited(self, module: LinkedModule, name: str) -> Iterator[str]:
        """The symbols that a method may have in the bases of its class, as those are written."""
        owner, _, method = name.rpartition(".")
        for index in self._named(module.path).get(owner, ()) if owner else ():
            for base in module.scope(index).bases:
                named = base.value.base if isinstance(base.value, m.Sub) else base.value
                if base.keyword is None and (written := w.dotted(named)):
                    yield f"{module.name}.{written}.{method}"

    def is_unknown_api(self, dotted: str) -> bool:
        """Whether a dotted name begins with a module of the project that has nothing of that name; in doubt, no."""
        source, name = self.parts(dotted)
        module = self.program.named(source)
        if module is None:  # of another package, of a namespace that others share, or in a file that cannot be read
            return False
        first, _, rest = name.partition(".")
        bound = module.names.of(0).get(first, ())
        if not bound:
            return not first or not self._may_have_more(module)
        classes = [module.scope(b.index) for b in bound if b.kind == "define" and module.scope(b.index).kind == "class"]
        if not rest or len(classes) < len(bound) or any(cls.bases or cls.decorators for cls in classes):
            return False
        return not module.sites(rest.partition(".")[0]) and name not in self._named(module.path)

    def _may_have_more(self, module: LinkedModule) -> bool:
        """Whether a module may have names that its body does not show."""
        stars = any(imported.attribute == "*" for _, _, imported in module.imports)
        return stars or "__getattr__" in module.names.of(0) or bool(module.sites("globals"))

    def near(self, symbol: str) -> str:
        """The function that a symbol may be meant for, "" for none."""
        return self._near(symbol, {"function"})

    def near_api(self, dotted: str) -> str:
        """The function or class that a dotted name may be meant for, "" for none."""
        return self._near(dotted, {"function", "class"}).replace(":", ".")

    def _near(self, symbol: str, kinds: Collection[str]) -> str:
        if len(symbol) > _LONGEST:
            return ""
        dotted, name = self.parts(symbol)
        module = self.program.named(dotted)
        if module is not None and (close := nearest(name, _names(module, kinds))):
            return f"{module.name}:{close}"
        head, last = symbol.replace(":", ".").rpartition(".")[::2]
        for other in closest(head, sorted(file.module for file in self.program.files.values()), 3):
            source = self.program.named(other)
            if source is not None and last in _names(source, kinds):
                return f"{other}:{last}"
        return ""


def _names(module: LinkedModule, kinds: Collection[str]) -> list[str]:
    return sorted({plain(scope.qualname) for scope in module.facts.scopes if scope.kind in kinds})
