"""What comes with the installed program: modules that are imported by name, and files beside the source."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import ExternalResult, positional
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import ScopeId

_STEPS = 4


class Installed(Query):
    """Sees what there is no more of than is installed."""

    def is_imported(self, value: m.Expr, key: m.Expr | None, scope: ScopeId, op: int) -> bool:
        """Whether a value comes from importing a module by name, or from loading an entry point; where a call tells it,
        the key must be made of what that is given: what is imported says nothing of any other."""
        values = self.resolver.values(value, scope)
        if values and all(isinstance(v, ExternalResult) and v.name in name_lists().importers for v in values):
            return True
        calls = self._imports(value, scope, op, _STEPS)
        if key is None:
            return bool(calls)
        parts = self._parts(key, scope, op) if calls else frozenset()
        return any(not parts.isdisjoint(self._parts(call, scope, op)) for call in calls)

    def _imports(self, value: m.Expr, scope: ScopeId, op: int, steps: int) -> list[m.Call | m.Sub]:
        """The calls in a value that import, or call a function of the project that gives what was imported, and the
        look-ups among the modules that are."""
        parts = [node for node in expanded(self.program, value, scope, op) if isinstance(node, m.Call | m.Sub)]
        return [part for part in parts if self._is_import(part, scope, steps)]

    def _is_import(self, call: m.Call | m.Sub, scope: ScopeId, steps: int) -> bool:
        if isinstance(call, m.Sub):
            return "sys.modules" in self.resolver.names(call.base, scope)
        if not name_lists().importers.isdisjoint(self.resolver.names(call.func, scope)):
            return True
        functions = self.resolver.functions(call.func, scope) if steps else ()
        return any(self._gives_imported(function, steps - 1) for function in functions)

    @kept
    def _gives_imported(self, function: ScopeId, steps: int) -> bool:
        """Whether all that a function returns was imported."""
        returned = [
            (at, op.action.value)
            for at, op in enumerate(self.program.facts(function).ops)
            if isinstance(op.action, m.Return) and not isinstance(op.action.value, m.Const | None)
        ]
        return bool(returned) and all(self._imports(value, function, at, steps) for at, value in returned)

    def _parts(self, expr: m.Expr, scope: ScopeId, op: int) -> frozenset[str]:
        """The names, attributes and calls that an expression is made of, save the receiver of a method."""
        parameters = self.program.facts(scope).parameters
        receiver = parameters[0].name if parameters and self.program.owner_class(scope) is not None else ""
        nodes = list(expanded(self.program, expr, scope, op))
        called = {id(node.func) for node in nodes if isinstance(node, m.Call)}
        inner = called | {id(node.base) for node in nodes if isinstance(node, m.Attr) and id(node) not in called}
        whole = (node for node in nodes if isinstance(node, m.Name | m.Attr | m.Call) and id(node) not in inner)
        return frozenset(w.dotted(node) for node in whole) - {receiver, ""}

    def names_file(self, key: m.Expr, scope: ScopeId, op: int) -> bool:
        """Whether an operation is only reached after a file was read whose path is made of the key and of where the
        program is installed: a key for which there is none never gets as far as the insert."""
        facts = self.program.facts(scope)
        if not isinstance(key, m.Name) or facts.kind != "function" or len(self.program.bound(scope, key.id)) != 1:
            return False
        around = {0, *frames_of(facts, op)}
        return any(at <= op and facts.ops[at].frame in around and key in path for at, path in self._read(scope))

    @listed
    def _read(self, scope: ScopeId) -> Iterator[tuple[int, tuple[m.Expr, ...]]]:
        """The parts of the paths of installed files that a function reads, with the operations."""
        for at, op in enumerate(self.program.facts(scope).ops):
            for call in w.calls(op.action):
                parts = tuple(self._path(call, scope))
                if any(isinstance(part, m.Name) and self._is_root(part.id, scope, _STEPS) for part in parts):
                    yield at, parts

    def _path(self, call: m.Call, scope: ScopeId) -> Iterator[m.Expr]:
        """The parts of the path that a call opens or reads."""
        plain = positional(call)
        if isinstance(call.func, m.Attr) and call.func.name in name_lists().file_readers:
            path, modes = call.func.base, plain[:1] if call.func.name == "open" else []
        elif plain and {"open", "io.open"}.intersection(self.resolver.names(call.func, scope)):
            path, modes = plain[0], plain[1:2]
        else:
            return
        modes += [a.value for a in call.args if a.keyword == "mode"]
        if all(isinstance(mode, m.Const) and "r" in mode.value for mode in modes):
            yield from w.walk(path)

    def _is_root(self, name: str, scope: ScopeId, steps: int) -> bool:
        """Whether a name is `__file__`, or bound once to a path made from it."""
        owner = self.resolver.owner(name, scope)
        binding = self.program.only(owner, name)
        if name == "__file__" or owner is None or binding is None or not steps:
            return name == "__file__"
        if binding.imported is not None and binding.imported.attribute is not None:
            source = self.program.named(self.program.of(owner).absolute(binding.imported))
            return source is not None and self._is_root(binding.imported.attribute, ScopeId(source.path, 0), steps - 1)
        parts = w.walk(binding.expr) if binding.kind == "value" and binding.expr is not None else ()
        return any(isinstance(part, m.Name) and self._is_root(part.id, owner, steps - 1) for part in parts)
