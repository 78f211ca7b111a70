"""All files of a program, each read when something asks for it, and the names under which they know each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.homes import Homes
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site

_FEW = 30
"""Functions and classes of a program that is a sample at most, and modules."""


class Program:
    """The files of the project but its tests; a file is parsed when something asks for it.

    load(path) gives the facts, or None for a file that cannot be parsed; mentioning(identifier) the paths of the files
    that mention it; in_tests(identifier) says whether a test does. Nothing else is known of tests: they run for a
    moment, and what they call says that a function may be called, not when.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        load: Callable[[str], m.ModuleFacts | None],
        mentioning: Callable[[str], Sequence[str]],
        in_tests: Callable[[str], bool],
    ) -> None:
        self.is_in_tests = in_tests
        self._homes = Homes(files)
        self.files = {file.path: self._homes.renamed(file) for file in files}
        self._load = load
        self.paths_mentioning = mentioning
        self._modules: dict[str, LinkedModule | None] = {}
        self._by_name: dict[str, str] = {}
        for file in (*self.files.values(), *files):
            self._by_name.setdefault(file.module, file.path)
        for file in files:
            for name in _longer_names(file):
                self._by_name.setdefault(name, file.path)

    def module(self, path: str) -> LinkedModule | None:
        """The parsed module at a path."""
        if path not in self._modules:
            facts = self._load(path)
            near = self._homes.near(path)
            self._modules[path] = LinkedModule(self.files[path], facts, near) if facts is not None else None
        return self._modules[path]

    def every(self) -> Iterator[LinkedModule]:
        """All modules, in path order; those not parsed yet are."""
        return (module for path in self.files if (module := self.module(path)) is not None)

    def read(self) -> Iterator[LinkedModule]:
        """The modules parsed so far, in path order."""
        return (module for _, module in sorted(self._modules.items()) if module is not None)

    def importers(self, dotted: str, name: str) -> tuple[tuple[LinkedModule, int, str], ...]:
        """Who imports a name from a module: (module, scope, bound name); "*" asks who imports all of it."""
        last = dotted.rpartition(".")[2] if name == "*" else ""
        return tuple(self.importing(name, last).get(dotted, ()))

    @kept
    def importing(self, name: str, last: str = "") -> Mapping[str, Sequence[tuple[LinkedModule, int, str]]]:
        """Module -> who imports a name from it; for "*", of the modules whose names end with a word."""
        found: dict[str, list[tuple[LinkedModule, int, str]]] = {}
        for module in self.mentioning(last or name):
            for at in module.imports_of.get(f"{name}{last}", ()):
                scope, _, imported = module.imports[at]
                source = self.canonical(module.absolute(imported))
                found.setdefault(source, []).append((module, scope, imported.bound))
        return found

    def canonical(self, dotted: str) -> str:
        """The one name of a module that may have several, one for each directory from which it can be imported (PEP
        420); any other name as it is."""
        path = self._by_name.get(dotted)
        return dotted if path is None else self.files[path].module

    def path_of(self, dotted: str) -> str | None:
        """The file of a module name, None when it is not of this project."""
        return self._by_name.get(dotted)

    def named(self, dotted: str) -> LinkedModule | None:
        """The parsed module with that dotted name."""
        path = self._by_name.get(dotted)
        return self.module(path) if path is not None else None

    def is_module(self, dotted: str) -> bool:
        """Whether the dotted name is a module of this project or a package above one."""
        return dotted in self._by_name or dotted in self._packages

    @kept
    def named_like(self, start: str, end: str) -> tuple[str, ...]:
        """The modules whose dotted names begin and end so, with one name or a part of one between."""
        found = (
            name
            for name in self._by_name
            if name.startswith(start) and name.endswith(end) and name[len(start) : len(name) - len(end)].isidentifier()
        )
        return tuple(sorted({self.canonical(name) for name in found}))

    @cached_property
    def _packages(self) -> frozenset[str]:
        found = set()
        for name in self._by_name:
            while name := name.rpartition(".")[0]:
                found.add(name)
        return frozenset(found)

    @kept
    def mentioning(self, identifier: str) -> tuple[LinkedModule, ...]:
        """The modules that mention an identifier anywhere, in path order."""
        found = (self.module(path) for path in self.paths_mentioning(identifier))
        return tuple(module for module in found if module is not None)

    def sites(self, identifier: str) -> Iterator[Site]:
        """Every name or attribute with that identifier in the program."""
        for module in self.mentioning(identifier):
            yield from module.sites(identifier)

    def of(self, scope: ScopeId) -> LinkedModule:
        """The module of a scope."""
        module = self._modules.get(scope.path) or self.module(scope.path)
        assert module is not None
        return module

    def facts(self, scope: ScopeId) -> m.Scope:
        """The facts of a scope."""
        module = self._modules.get(scope.path) or self.of(scope)
        return module.facts.scopes[scope.index]

    def returned(self, function: ScopeId) -> tuple[m.Expr, ...]:
        """What a function returns."""
        return self.of(function).returned(function.index)

    def bound(self, scope: ScopeId, name: str | m.Expr | None) -> tuple[Binding, ...]:
        """The ways in which a name of a scope gets its value; none for a name that is not its own, and for an
        expression that is no name."""
        told = name if isinstance(name, str) else name.id if isinstance(name, m.Name) else ""
        module = self._modules.get(scope.path) or self.of(scope)
        return module.names.of(scope.index).get(told, ())

    def defined(self, scope: ScopeId, name: str) -> Iterator[ScopeId]:
        """The functions and classes that a scope defines under a name."""
        return (ScopeId(scope.path, b.index) for b in self.bound(scope, name) if b.kind == "define")

    def only(self, scope: ScopeId | None, name: str | m.Expr | None) -> Binding | None:
        """The one way in which a name of a scope gets its value; None where there are several or none."""
        found = self.bound(scope, name) if scope is not None else ()
        return found[0] if len(found) == 1 else None

    def action(self, scope: ScopeId, op: int) -> m.Action | None:
        """What an operation of a scope does; None for what is no operation of it."""
        ops = self.facts(scope).ops
        return ops[op].action if 0 <= op < len(ops) else None

    def op(self, site: Site) -> m.Op:
        """The operation an expression stands in."""
        return self.facts(site.scope).ops[site.op]

    def calls_at(self, scope: ScopeId, op: int) -> Iterator[m.Call]:
        """Every call in an operation; none for what is no operation of the scope."""
        action = self.action(scope, op)
        return w.calls(action) if action is not None else iter(())

    def parent(self, scope: ScopeId) -> ScopeId | None:
        """The lexically enclosing scope."""
        index = self.facts(scope).parent
        return ScopeId(scope.path, index) if index >= 0 else None

    def owner_class(self, scope: ScopeId) -> ScopeId | None:
        """The class whose body holds this function directly."""
        parent = self.parent(scope)
        return parent if parent is not None and self.facts(parent).kind == "class" else None


def _longer_names(file: SourceFile) -> Iterator[str]:
    """The names of a file for the directories above the one that its module name starts from, which may be namespace
    packages (PEP 420), the nearest first."""
    *directories, last = file.path.rpartition(".")[0].split("/")
    parts = directories if file.is_package else [*directories, last]
    own = file.module.count(".") + 1
    for start in range(len(parts) - own - 1, -1, -1):
        if not parts[start].isidentifier():
            return
        yield ".".join(parts[start:])


def is_sample(program: Program) -> bool:
    """Whether there are so few functions and classes that those who use them cannot be among them."""
    if len(program.files) > _FEW:
        return False
    modules = filter(None, map(program.module, program.files))
    return sum(len(module.facts.scopes) - 1 for module in modules) <= _FEW
