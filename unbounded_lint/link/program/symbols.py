"""What symbols written by people name: "pkg.mod:NAME", "pkg.mod:Class.method", or the same with dots alone."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.program.naming import plain
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

    @kept
    def functions(self, symbol: str) -> tuple[ScopeId, ...]:
        """The functions that a symbol names, in its module or where that imports the name from; several where one name
        is defined more than once."""
        wanted = [self.parts(symbol)]
        for dotted, name in wanted:
            module = self.program.named(dotted)
            found = self._defined(module, name) if module is not None and name else ()
            if found:
                return found
            further = (self.parts(each) for each in self._imported(module, name)) if module is not None else ()
            wanted.extend(each for each in further if each not in wanted and len(wanted) < _STEPS)
        return ()

    def _defined(self, module: LinkedModule, name: str) -> tuple[ScopeId, ...]:
        scopes = enumerate(module.facts.scopes)
        return tuple(
            ScopeId(module.path, index) for index, s in scopes if s.kind == "function" and plain(s.qualname) == name
        )

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

    def is_unknown_function(self, symbol: str) -> bool:
        """Whether a symbol names no function of the project, as far as its module can be read."""
        return not self.functions(symbol) and not self._is_unread(symbol)

    def is_unknown_api(self, dotted: str) -> bool:
        """Whether a dotted name begins with a module of the project that has nothing of that name; in doubt, no."""
        source, name = self.parts(dotted)
        module = self.program.named(source)
        if (
            module is None
        ):  # from another package, of a namespace that others may share, or in a file that nobody can read
            return False
        first, _, rest = name.partition(".")
        bound = module.bindings(0).get(first, ())
        if not bound:
            return not first or not self._may_have_more(module)
        classes = [module.scope(b.index) for b in bound if b.kind == "define" and module.scope(b.index).kind == "class"]
        if not rest or len(classes) < len(bound) or any(cls.bases or cls.decorators for cls in classes):
            return False
        return not module.sites(rest.partition(".")[0]) and not self._has(module, name)

    def _has(self, module: LinkedModule, name: str) -> bool:
        return any(plain(scope.qualname) == name for scope in module.facts.scopes)

    def _may_have_more(self, module: LinkedModule) -> bool:
        """Whether a module may have names that its body does not show."""
        stars = any(imported.attribute == "*" for _, _, imported in module.imports)
        return stars or "__getattr__" in module.bindings(0) or bool(module.sites("globals"))

    def _is_unread(self, symbol: str) -> bool:
        path = self.program.path_of(self.parts(symbol)[0])
        return path is not None and self.program.module(path) is None

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
        if module is not None and (close := _closest(name, module, kinds)):
            return f"{module.name}:{close}"
        head, last = symbol.replace(":", ".").rpartition(".")[::2]
        for other in difflib.get_close_matches(head, sorted(file.module for file in self.program.files.values())):
            source = self.program.named(other)
            if source is not None and last in _names(source, kinds):
                return f"{other}:{last}"
        return ""


def _names(module: LinkedModule, kinds: Collection[str]) -> list[str]:
    return sorted({plain(scope.qualname) for scope in module.facts.scopes if scope.kind in kinds})


def _closest(name: str, module: LinkedModule, kinds: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name, _names(module, kinds), n=1)), "")
