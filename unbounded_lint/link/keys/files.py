"""Keys that name a file of the installed program: a key for which there is none never gets as far as the insert."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import Binding, ScopeId

_STEPS = 4


class Installed:
    """Sees reads of files beside the source that the key names."""

    def __init__(self, flow: Flow) -> None:
        self.program = flow.program
        self.resolver = flow.resolver

    def names_file(self, key: m.Expr, scope: ScopeId, op: int) -> bool:
        """Whether an operation is only reached (or its own value only there) after a file was read whose path is made
        of the key and of where the program is installed."""
        facts = self.program.facts(scope)
        if not isinstance(key, m.Name) or facts.kind != "function":
            return False
        if len(self.program.of(scope).bindings(scope.index).get(key.id, ())) != 1:
            return False
        around = {0, *frames_of(facts, op)}
        return any(
            earlier <= op and facts.ops[earlier].frame in around and self._reads(call, key, scope)
            for earlier, call in self._calls(scope)
        )

    @kept
    def _calls(self, scope: ScopeId) -> tuple[tuple[int, m.Call], ...]:
        """The calls of a function that may read a file, with their operations."""
        return tuple(
            (index, node)
            for index, op in enumerate(self.program.facts(scope).ops)
            for node in w.nodes(op.action)
            if isinstance(node, m.Call) and (_is_reader(node) or self._opens(node, scope))
        )

    def _opens(self, call: m.Call, scope: ScopeId) -> bool:
        return bool(call.args) and bool(set(callee_names(call.func, scope, self.resolver)) & {"open", "io.open"})

    def _reads(self, call: m.Call, key: m.Name, scope: ScopeId) -> bool:
        plain = [a.value for a in call.args if a.keyword is None and not a.star]
        if isinstance(call.func, m.Attr) and _is_reader(call):
            path, modes = call.func.base, plain[:1] if call.func.name == "open" else []
        elif plain:
            path, modes = plain[0], plain[1:2]
        else:
            return False
        modes += [a.value for a in call.args if a.keyword == "mode"]
        if any(not isinstance(mode, m.Const) or "r" not in mode.value for mode in modes):
            return False
        parts = list(w.walk(path))
        return key in parts and any(isinstance(p, m.Name) and self._is_root(p.id, scope, _STEPS) for p in parts)

    def _is_root(self, name: str, scope: ScopeId, steps: int) -> bool:
        """Whether a name is `__file__`, or bound once to a path made from it."""
        if name == "__file__":
            return True
        owner = self.resolver.owner(name, scope)
        bindings = self.program.of(owner).bindings(owner.index).get(name, ()) if owner is not None else ()
        return steps > 0 and owner is not None and len(bindings) == 1 and self._is_made(bindings[0], owner, steps - 1)

    def _is_made(self, binding: Binding, owner: ScopeId, steps: int) -> bool:
        if binding.kind == "import" and binding.imported is not None and binding.imported.attribute is not None:
            source = self.program.named(self.program.of(owner).absolute(binding.imported))
            return source is not None and self._is_root(binding.imported.attribute, ScopeId(source.path, 0), steps)
        if binding.kind != "value" or binding.expr is None:
            return False
        names = [part.id for part in w.walk(binding.expr) if isinstance(part, m.Name)]
        return any(self._is_root(name, owner, steps) for name in names)


def _is_reader(call: m.Call) -> bool:
    return isinstance(call.func, m.Attr) and call.func.name in name_lists().file_readers
