"""What a key can be: closed (finitely many in one program), open (grows with what the program meets), or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.link.execution import Execution
from unbounded_lint.link.flow import Flow
from unbounded_lint.link.frames import frames_of, guards
from unbounded_lint.link.given import callee_names, dotted_text
from unbounded_lint.link.literal import is_listed, is_text
from unbounded_lint.link.program import Binding, ScopeId, Site
from unbounded_lint.link.values import (
    Allocation,
    CallSite,
    Class,
    External,
    ExternalResult,
    Function,
    Instance,
    Module,
    Resolver,
    Values,
    ordered,
)

DEPTH = 14
"""How many steps a key is followed backwards."""

_CLASSLIKE = frozenset(
    {"__class__", "__name__", "__qualname__", "__module__", "__code__", "__func__", "__doc__", "__file__"}
)
_COPIES = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "casefold",
        "title",
        "encode",
        "decode",
        "replace",
        "format",
        "join",
        "split",
        "rsplit",
        "partition",
        "removeprefix",
        "removesuffix",
        "as_posix",
        "resolve",
        "absolute",
        "copy",
        "swapcase",
        "capitalize",
        "expanduser",
        "zfill",
    ]
)
_CONVERTERS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "tuple",
        "frozenset",
        "bytes",
        "repr",
        "sorted",
        "list",
        "set",
        "max",
        "min",
        "abs",
        "round",
        "format",
        "os.fspath",
        "os.path.normpath",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.join",
        "os.path.basename",
        "os.path.dirname",
        "os.path.expanduser",
        "pathlib.Path",
        "pathlib.PurePath",
        "sys.intern",
        "operator.index",
    ]
)


@dataclass(frozen=True, slots=True)
class Domain:
    """kind is open, closed or unknown; `why` one clause; weak: it rests on a name or a missing annotation, not on
    data flow; hinted: on less than a source of ever new values, such as a root called `request` or a `+=`."""

    kind: str
    why: str
    weak: bool = False
    hinted: bool = False


CLOSED_LITERAL = Domain("closed", "a literal")
UNKNOWN = Domain("unknown", "of unknown origin")
DERIVED = Domain("closed", "derived from itself")

STEPS = 3000
"""How many expressions are looked at for one key before it counts as unknown."""

_FAR = 1_000_000

Arguments: TypeAlias = "tuple[tuple[ScopeId, CallSite], ...]"


def join(parts: Iterable[Domain]) -> Domain:
    """The domain of something that can be any of the parts, or is made of all of them: open wins, then unknown."""
    found = list(parts)
    for kind in ("open", "unknown"):
        for part in found:
            if part.kind == kind and not part.weak:
                return part
        for part in found:
            if part.kind == kind:
                return part
    return found[0] if found else UNKNOWN


class _Known(NamedTuple):
    """An answer that holds wherever it is asked for with this much depth left: nothing in it was cut short."""

    domain: Domain | None
    depth: int


class Keys:
    """Decides key domains by following a key to where it comes from."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver: Resolver = flow.full
        self.execution = execution
        self.catalog = catalog
        self._active: dict[tuple[str, object, object], int] = {}
        self._known: dict[tuple[str, object, object], _Known] = {}
        self._outermost = _FAR
        self._shallowest = _FAR
        self._shrinking: dict[str, bool] = {}
        self._steps = 0

    def domain(self, key: m.Expr, scope: ScopeId, op: int) -> Domain:
        """The domain of a key expression where an operation uses it."""
        self._steps = 0
        narrowed = self._narrowed(key, scope, op)
        return narrowed or self._of(key, scope, (), DEPTH)

    def items(self, holder: m.Expr, scope: ScopeId) -> Domain:
        """The domain of the elements of an expression that holds many keys."""
        self._steps = 0
        return self._keywords(holder, scope, DEPTH) or self._items(holder, scope, (), DEPTH)

    def is_imported(self, value: m.Expr, scope: ScopeId, depth: int = 4) -> bool:
        """Whether a value comes from importing a module by name, or from loading an entry point."""
        match value:
            case m.Call(func=func, args=args):
                names = set(callee_names(func, scope, self.resolver))
                if names & _IMPORTERS or (
                    isinstance(func, m.Attr) and func.name == "load" and self.is_imported(func.base, scope, depth - 1)
                ):
                    return True
                if names & {"getattr", "list", "tuple", "next", "iter", "sorted"} and args and depth:
                    return self.is_imported(args[0].value, scope, depth - 1)
                inner = [v.scope for v in ordered(self.resolver.values(func, scope)) if isinstance(v, Function)]
                if depth and inner:
                    return all(self._gives_imports(f, depth - 1) for f in inner)
                return (
                    bool(depth)
                    and isinstance(func, m.Call | m.Attr)
                    and self.is_imported(func.base if isinstance(func, m.Attr) else func, scope, depth - 1)
                )
            case m.Name(id=name) if depth:
                owner = self.resolver.owner(name, scope)
                if owner is None or owner.index == 0:
                    return False
                bindings = [
                    b for b in self.program.of(owner).bindings(owner.index)[name] if not (isinstance(b.expr, m.Const))
                ]
                return any(
                    b.expr is not None
                    and b.kind in {"value", "item"}
                    and self.is_imported(b.expr, ScopeId(owner.path, b.scope), depth - 1)
                    for b in bindings
                )
            case m.Attr(base=base) | m.Sub(base=base) if depth:
                return self.is_imported(base, scope, depth - 1)
        return False

    def _gives_imports(self, function: ScopeId, depth: int) -> bool:
        found: list[m.Expr] = []
        for op in self.program.facts(function).ops:
            if (
                isinstance(op.action, m.Return)
                and op.action.value is not None
                and not isinstance(op.action.value, m.Const)
            ):
                found.append(op.action.value)
            elif (
                isinstance(op.action, m.Eval)
                and isinstance(op.action.value, m.Yield)
                and op.action.value.value is not None
            ):
                found.append(op.action.value.value)
        return any(self.is_imported(value, function, depth) for value in found)

    # --- guards ---

    def _narrowed(self, key: m.Expr, scope: ScopeId, op: int) -> Domain | None:
        """What the conditions around an operation say about the key."""
        facts = self.program.facts(scope)
        for condition, truth in guards(facts, op):
            found = self._by_condition(condition, truth, key, scope)
            if found is not None:
                return found
        if isinstance(key, m.Name):
            for frame in (facts.frames[index] for index in frames_of(facts, op)):
                if frame.kind == "case" and frame.closed and frame.head == key:
                    return Domain("closed", "matched against constants")
        return None

    def _by_condition(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Domain | None:
        match condition:
            case m.Unary(op="not", operand=inner):
                return self._by_condition(inner, not truth, key, scope)
            case m.BoolOp(op="and", items=items) if truth:
                return next((d for i in items if (d := self._by_condition(i, truth, key, scope)) is not None), None)
            case m.BoolOp(op="or", items=items) if not truth:
                return next((d for i in items if (d := self._by_condition(i, truth, key, scope)) is not None), None)
            case m.BoolOp(items=items):
                ways = [self._by_condition(i, truth, key, scope) for i in items]
                return ways[-1] if all(way is not None and way.kind == "closed" for way in ways) else None
            case m.Compare(left=left, ops=(operator,), items=(right,)):
                if left == key and operator == ("in" if truth else "not in"):
                    return self._member_of(right, scope)
                if operator == ("==" if truth else "!=") and key in (left, right):
                    other = self._of(right if left == key else left, scope, (), 4)
                    return Domain("closed", "compared with a constant") if other.kind == "closed" else None
                if operator == ("is" if truth else "is not") and left == key:
                    return Domain("closed", "compared with a singleton")
            case m.Call(func=m.Name(id="isinstance"), args=(first, second)) if truth and first.value == key:
                found = self._annotated(second.value, scope)
                return found if found is not None and found.kind == "closed" else None
        return None

    def _member_of(self, holder: m.Expr, scope: ScopeId) -> Domain | None:
        found = self._items(holder, scope, (), 6)
        return (
            Domain("closed", f"tested for membership of {dotted_text(holder) or 'a constant'}")
            if found.kind == "closed"
            else None
        )

    # --- expressions ---

    def _is_asked(self, question: tuple[str, object, object]) -> bool:
        """Whether a question is being answered just now, so that its answer must do without itself."""
        if question not in self._active:
            return False
        self._outermost = min(self._outermost, self._active[question])
        return True

    def _answer(
        self, question: tuple[str, object, object], depth: int, find: Callable[[], Domain | None], *, keep: bool
    ) -> Domain | None:
        """The answer to a question that is not being answered; kept if it depends on nothing but the question."""
        known = self._known.get(question) if keep else None
        if known is not None and depth >= known.depth:
            self._shallowest = min(self._shallowest, depth - known.depth + 1)
            return known.domain
        place, outermost, shallowest = len(self._active), self._outermost, self._shallowest
        self._active[question], self._outermost, self._shallowest = place, _FAR, depth
        try:
            found = find()
        finally:
            del self._active[question]
            whole = self._outermost >= place and self._shallowest > 0 and self._steps <= STEPS
            needed = depth - self._shallowest + 1
            self._outermost = min(outermost, self._outermost)
            self._shallowest = min(shallowest, self._shallowest)
        if keep and whole:
            self._known[question] = _Known(found, needed)
        return found

    def _of(self, expr: m.Expr, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        self._steps += 1
        self._shallowest = min(self._shallowest, depth)
        if depth <= 0 or self._steps > STEPS:
            return UNKNOWN
        match expr:
            case m.Const():
                return CLOSED_LITERAL
            case m.Compare() | m.Unary(op="not"):
                return Domain("closed", "a truth value")
            case m.Name():
                return self._name(expr, scope, env, depth)
            case m.Attr():
                return self._attr(expr, scope, env, depth)
            case m.Call():
                return self._call(expr, scope, env, depth)
            case m.Display(items=items) | m.FString(parts=items) | m.BoolOp(items=items):
                return join([self._of(i, scope, env, depth - 1) for i in items] or [CLOSED_LITERAL])
            case m.Binary(op="%", items=(left, right)) if not isinstance(left, m.Const):
                return (
                    Domain("closed", "a remainder")
                    if self._of(right, scope, env, depth - 1).kind == "closed"
                    else UNKNOWN
                )
            case m.Binary(items=items):
                return join(self._of(i, scope, env, depth - 1) for i in items)
            case m.Unary(operand=inner) | m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return self._of(inner, scope, env, depth - 1)
            case m.IfExp(body=body, orelse=orelse):
                return join((self._of(body, scope, env, depth - 1), self._of(orelse, scope, env, depth - 1)))
            case m.Sub(base=base, index=index):
                return self._subscript(expr, base, index, scope, env, depth)
            case m.Comp(element=element, clauses=clauses):
                return join(
                    [
                        self._of(element, scope, env, depth - 1),
                        *(self._items(c.iterable, scope, env, depth - 1) for c in clauses),
                    ]
                )
            case m.DictDisplay(items=entries):
                return join([self._of(e.key or e.value, scope, env, depth - 1) for e in entries] or [CLOSED_LITERAL])
        return UNKNOWN

    def _name(self, expr: m.Name, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        owner = self.resolver.owner(expr.id, scope)
        if owner is None:
            values = self.resolver.values(expr, scope)
            return Domain("closed", f"`{expr.id}` is defined once") if values else UNKNOWN
        question = ("name", expr.id, owner)
        if self._is_asked(question):
            return DERIVED
        bindings = self.program.of(owner).bindings(owner.index)[expr.id]

        def find() -> Domain:
            return join(self._binding(b, expr.id, owner, env, depth) for b in bindings)

        return self._answer(question, depth, find, keep=not env) or UNKNOWN

    def _binding(self, binding: Binding, name: str, owner: ScopeId, env: Arguments, depth: int) -> Domain:
        scope = ScopeId(owner.path, binding.scope)
        match binding.kind:
            case "define":
                kind = self.program.of(scope).scope(binding.index).kind
                if scope.index == 0 or self.program.facts(scope).kind == "class":
                    return Domain("closed", f"a {kind} of the program")
                return UNKNOWN
            case "import":
                return self._imported(name, scope)
            case "parameter":
                return self._parameter(scope, binding.index, env, depth)
            case "value" if binding.expr is not None:
                if scope.index == 0 and owner.index == 0 and self._is_import_time(scope, binding.op):
                    return Domain("closed", f"`{name}` is set at import")
                annotation = self._statement_annotation(scope, binding.op)
                return annotation or self._of(binding.expr, scope, env, depth - 1)
            case "augmented" if binding.expr is not None:
                if self._is_joined(name, owner):
                    return self._of(binding.expr, scope, env, depth - 1)
                return Domain("open", f"`{name}` is counted up", hinted=True)
            case "item" | "item-part" if binding.expr is not None:
                if scope.index == 0 and owner.index == 0 and self._is_import_time(scope, binding.op):
                    return Domain("closed", "a loop at import")
                found = self._item(binding, scope, env, depth)
                return (self._of_table(binding) or found) if found.kind == "unknown" and not found.weak else found
            case "part" if binding.expr is not None:
                if isinstance(binding.expr, m.Display) and 0 <= binding.index < len(binding.expr.items):
                    return self._of(binding.expr.items[binding.index], scope, env, depth - 1)
                return self._of(binding.expr, scope, env, depth - 1)
            case "entered" if binding.expr is not None:
                return UNKNOWN
        return self._exception_name(binding, scope)

    def _is_joined(self, name: str, owner: ScopeId) -> bool:
        """Whether a name holds a text or a list: `+=` then joins its parts, and counts nothing."""
        bindings = self.program.of(owner).bindings(owner.index)[name]
        return any(is_text(b.expr) or (b.kind == "value" and is_listed(b.expr)) for b in bindings)

    def _exception_name(self, binding: Binding, scope: ScopeId) -> Domain:
        for frame in self.program.facts(scope).frames:
            if frame.kind == "except" and frame.op == binding.op:
                return Domain("open", "an exception object")
        return UNKNOWN

    def _is_import_time(self, scope: ScopeId, op: int) -> bool:
        return op < 0 or self.execution.kinds(scope, op) <= {"import", "test"}

    def _imported(self, name: str, scope: ScopeId) -> Domain:
        for value in self.resolver.lookup(name, scope):
            if isinstance(value, External):
                return Domain("closed", f"`{name}` is imported")
            if isinstance(value, Class | Function | Module):
                return Domain("closed", "a definition of the program")
        return Domain("closed", f"`{name}` is set at import in another module")

    def _statement_annotation(self, scope: ScopeId, op: int) -> Domain | None:
        action = self.program.facts(scope).ops[op].action if op >= 0 else None
        if isinstance(action, m.Assign) and action.annotation is not None:
            found = self._annotated(action.annotation, scope)
            return found if found is not None and found.kind == "closed" else None
        return None

    # --- loops ---

    def _of_table(self, binding: Binding) -> Domain | None:
        """`for key, value in owner.table.items()`: no more keys than that table has, which is judged where it is made.

        Where keys are taken out of the table, those copied from it outlive it.
        """
        match binding.expr:
            case m.Call(func=m.Attr(base=m.Attr(name=table), name="items" | "keys" as view)):
                at_key = (binding.kind == "item-part" and binding.index == 0) if view == "items" else True
                if at_key and not self._shrinks(table):
                    return Domain("unknown", f"a key of the table `{table}`", weak=True)
        return None

    def _shrinks(self, table: str) -> bool:
        """Whether any attribute of that name loses keys somewhere in the program."""
        if table not in self._shrinking:
            self._shrinking[table] = any(
                not self.program.is_test(site.scope) and self._takes_out(site) for site in self.program.sites(table)
            )
        return self._shrinking[table]

    def _takes_out(self, site: Site) -> bool:
        parent = site.parents[-1] if site.parents else None
        action = self.program.op(site).action
        if isinstance(parent, m.Sub) and parent.base is site.node:
            return isinstance(action, m.Delete) and any(target is parent for target in action.targets)
        return isinstance(parent, m.Attr) and (parent.name == "clear" or bool(self.catalog.removing(parent.name)))

    def _item(self, binding: Binding, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        assert binding.expr is not None
        iterable = binding.expr
        if binding.kind == "item-part" and isinstance(iterable, m.Call):
            name = dotted_text(iterable.func).rpartition(".")[2]
            if name == "enumerate" and binding.index == 0:
                return Domain("unknown", "a position")
        return self._keywords_of(binding, scope, depth) or self._items(iterable, scope, env, depth - 1)

    def _keywords_of(self, binding: Binding, scope: ScopeId, depth: int) -> Domain | None:
        """The same as `_keywords`, for the target of a loop over the names, or over names and values."""
        iterable, view = binding.expr, ""
        if isinstance(iterable, m.Call) and isinstance(iterable.func, m.Attr) and not iterable.args:
            view = iterable.func.name
            iterable = iterable.func.base
        if (view, binding.kind) in {("", "item"), ("keys", "item")} or (
            (view, binding.kind, binding.index) == ("items", "item-part", 0)
        ):
            return self._keywords(iterable, scope, depth)
        return None

    def _keywords(self, holder: m.Expr | None, scope: ScopeId, depth: int) -> Domain | None:
        """The keys of a `**parameter`: words in the calls, unless a call spreads a map whose keys come from elsewhere,
        or something that cannot be seen calls the function."""
        self._shallowest = min(self._shallowest, depth)
        if not isinstance(holder, m.Name) or depth <= 0:
            return None
        owner = self.resolver.owner(holder.id, scope)
        if owner is None or self.program.facts(owner).kind != "function":
            return None
        facts = self.program.facts(owner)
        bindings = self.program.of(owner).bindings(owner.index)[holder.id]
        if len(bindings) != 1 or bindings[0].kind != "parameter":
            return None
        if facts.parameters[bindings[0].index].kind != "double-star" or set(_decorator_tails(facts)) - _PLAIN:
            return None
        question = ("keywords", holder.id, owner)
        if self._is_asked(question):
            return DERIVED
        return self._answer(question, depth, lambda: self._spread(owner, depth), keep=True)

    def _spread(self, function: ScopeId, depth: int) -> Domain | None:
        for use in self.flow.function_uses(function):
            if use.kind not in {"called", "read", "tested"}:
                return None
        for site in self.flow.call_sites(function):
            if self.program.is_test(site.scope):
                continue
            if site.call is None:
                return None
            for argument in site.call.args:
                if argument.star == "**":
                    inner = self._keywords(argument.value, site.scope, depth - 1)
                    inner = inner or self._items(argument.value, site.scope, (), depth - 1)
                    if inner.kind != "closed":
                        return None
        return Domain("closed", "keywords written in the calls")

    def _items(self, iterable: m.Expr, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        """The domain of the elements of an iterable."""
        self._shallowest = min(self._shallowest, depth)
        if depth <= 0:
            return UNKNOWN
        match iterable:
            case m.Display(items=items):
                return join([self._of(i, scope, env, depth - 1) for i in items] or [CLOSED_LITERAL])
            case m.DictDisplay(items=entries):
                return join([self._of(e.key or e.value, scope, env, depth - 1) for e in entries] or [CLOSED_LITERAL])
            case m.Call(func=func, args=args):
                return self._items_of_call(func, args, iterable, scope, env, depth)
            case m.Name() | m.Attr():
                return self._items_of_holder(iterable, scope, env, depth)
            case m.Binary(items=items):
                return join(self._items(i, scope, env, depth - 1) for i in items)
            case m.IfExp(body=body, orelse=orelse):
                return join((self._items(body, scope, env, depth - 1), self._items(orelse, scope, env, depth - 1)))
            case m.BoolOp(items=items):
                return join(self._items(i, scope, env, depth - 1) for i in items)
            case m.Const():
                return Domain("closed", "a constant")
        return self._of(iterable, scope, env, depth - 1)

    def _items_of_call(
        self, func: m.Expr, args: tuple[m.Arg, ...], call: m.Call, scope: ScopeId, env: Arguments, depth: int
    ) -> Domain:
        if isinstance(func, m.Attr) and func.name in {"items", "keys", "values", "copy", "elements", "most_common"}:
            return self._items(func.base, scope, env, depth - 1)
        names = callee_names(func, scope, self.resolver)
        if (
            set(names)
            & {
                "list",
                "tuple",
                "sorted",
                "set",
                "frozenset",
                "iter",
                "reversed",
                "enumerate",
                "filter",
                "itertools.chain",
                "zip",
                "dict",
            }
            and args
        ):
            return join(self._items(a.value, scope, env, depth - 1) for a in args if a.keyword is None)
        if set(names) & {"range"}:
            return join(self._of(a.value, scope, env, depth - 1) for a in args)
        if set(names) & {"map"} and len(args) > 1:
            return self._items(args[1].value, scope, env, depth - 1)
        return self._of(call, scope, env, depth - 1)

    def _items_of_holder(self, holder: m.Expr, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        values = self.resolver.values(holder, scope)
        if values and all(isinstance(v, Class) for v in values):
            if any(
                "Enum" in base
                for v in values
                if isinstance(v, Class)
                for base in self.resolver.all_outside_bases(v.scope)
            ):
                return Domain("closed", "the members of an enum")
        made = [value for value in ordered(values) if isinstance(value, Allocation)]
        if made:
            if all(self._is_constant(value) for value in made):
                return Domain("closed", f"an item of the constant `{made[0].name}`")
            return UNKNOWN
        if self._is_requested(holder, values):
            return Domain("open", f"`{dotted_text(holder)}` comes from a request")
        if self.execution.is_stream(holder, scope):
            return Domain("open", f"`{dotted_text(holder)}` is read from outside")
        if values and all(isinstance(v, External) and not v.of_instance for v in values):
            return Domain("closed", "an imported constant")
        return self._of(holder, scope, env, depth - 1)

    def _is_constant(self, value: Allocation) -> bool:
        """Whether a container is written out at import and nothing adds to it later."""
        facts = self.program.facts(value.scope)
        at_import = value.scope.index == 0 or facts.kind == "class"
        if not at_import:
            return False
        action = facts.ops[value.op].action
        made = action.value if isinstance(action, m.Assign) else None
        module = self.program.of(value.scope)
        if not isinstance(made, m.Display | m.DictDisplay | m.Comp | m.Call):
            return False
        if any(self._may_grow(*site) for site in module.sites(value.name)):
            return False
        return not _is_empty(made) or not any(
            value in self.resolver.values(site.node, site.scope) and self._may_grow(*site)
            for site in self.program.sites(value.name)
            if site.scope.path != module.path
        )

    def _may_grow(self, scope: ScopeId, op: int, node: m.Expr, parents: tuple[m.Expr, ...]) -> bool:
        parent = parents[-1] if parents else None
        action = self.program.facts(scope).ops[op].action
        grows = False
        if isinstance(parent, m.Attr) and len(parents) > 1 and isinstance(parents[-2], m.Call):
            grows = bool(self.catalog.inserting(parent.name))
        elif isinstance(parent, m.Sub) and parent.base is node:
            grows = isinstance(action, m.Assign) and parent in action.targets
        elif isinstance(action, m.AugAssign) and action.target is node:
            grows = True
        if not grows:
            return False
        return not self.execution.kinds(scope, op) <= {"import", "test", "dead"}

    # --- attributes, calls, subscripts ---

    def _attr(self, expr: m.Attr, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        if expr.name in _CLASSLIKE:
            return Domain("closed", f"`{expr.name}` of a definition")
        values = self.resolver.values(expr, scope)
        if values and all(
            isinstance(v, Class | Module) or (isinstance(v, Function) and v.receiver is None) for v in values
        ):
            return Domain("closed", "a definition of the program")
        base_values = self.resolver.values(expr.base, scope)
        if self._is_requested(expr, base_values):
            return Domain("open", f"`{dotted_text(expr)}` comes from a request")
        if base_values and all(isinstance(v, External) and not v.of_instance for v in base_values):
            return Domain("closed", f"`{dotted_text(expr)}` is a constant of another package")
        if self._is_part_of_constant(expr, base_values, scope):
            return Domain("closed", f"`{dotted_text(expr)}` is a part of a constant")
        found = [d for v in ordered(base_values) if (d := self._member(v, expr.name, env, depth)) is not None]
        if found:
            return join(found)
        text = dotted_text(expr)
        if self._is_open_root(expr) and not _is_setting_of_context(expr):
            return Domain("open", f"`{text}` comes from a request or message", hinted=True)
        if isinstance(expr.base, m.Call | m.Await | m.Sub):
            base = self._of(expr.base, scope, env, depth - 1)
            if base.kind == "open":
                return base
        if _names_settings(expr):
            return Domain("unknown", f"`{text}` is a setting", weak=True)
        return self._by_word(expr.name, text)

    def _is_part_of_constant(self, expr: m.Attr, base_values: Values, scope: ScopeId) -> bool:
        """`Versions.FIRST.name`, where a class body or a module makes the object `FIRST` once, and nothing writes its
        attribute but its constructor."""
        if not base_values or not all(isinstance(v, Instance) for v in base_values):
            return False
        if not self._is_bound_at_import(expr.base, scope):
            return False
        for value in base_values:
            classes = self.resolver.mro(value.scope) if isinstance(value, Instance) else ()
            if any(
                b.kind == "define" for c in classes for b in self.program.of(c).bindings(c.index).get(expr.name, ())
            ):
                return False
        return not any(self._is_written_later(site) for site in self.program.sites(expr.name))

    def _is_written_later(self, site: Site) -> bool:
        facts, action = self.program.facts(site.scope), self.program.op(site).action
        targets = action.targets if isinstance(action, m.Assign) else ()
        targets = (action.target,) if isinstance(action, m.AugAssign) else targets
        stores = isinstance(site.node, m.Attr) and any(target is site.node for target in targets)
        return stores and facts.name not in {"__init__", "__post_init__", "__attrs_post_init__"}

    def _is_bound_at_import(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether a name of a class body that nothing binds anew stands for an object made while it is imported."""
        if not isinstance(expr, m.Attr):
            return False
        owners = [v.scope for v in self.resolver.values(expr.base, scope) if isinstance(v, Class)]
        for owner in owners:
            bindings = self.program.of(owner).bindings(owner.index).get(expr.name, ())
            if len(bindings) != 1 or bindings[0].kind != "value" or not isinstance(bindings[0].expr, m.Call):
                return False
            if any(self._is_written_later(site) for site in self.program.sites(expr.name)):
                return False
            if not self._is_import_time(owner, bindings[0].op):
                return False
        return bool(owners)

    @staticmethod
    def _is_requested(_expr: m.Expr, values: Values) -> bool:
        """Whether a name is a web framework's stand-in for the request at hand."""
        return any(isinstance(v, External) and v.name.startswith(_REQUESTS) for v in values)

    def _is_open_root(self, expr: m.Expr) -> bool:
        while isinstance(expr, m.Attr):
            if expr.name in self.catalog.data.open_roots:
                return True
            expr = expr.base
        return isinstance(expr, m.Name) and expr.id in self.catalog.data.open_roots

    def _by_word(self, word: str, text: str) -> Domain:
        hint = self.catalog.word_domain(word)
        if hint == "open":
            return Domain("open", f"`{text}` names something that comes and goes", weak=True)
        if hint in {"closed", "thread"}:
            return Domain("unknown", f"`{text}` names something finite", weak=True)
        return Domain("unknown", f"`{text}`, and where that comes from cannot be told")

    def _member(self, value: object, name: str, env: Arguments, depth: int) -> Domain | None:
        """The domain of `value.name`, by what the class assigns to it."""
        if isinstance(value, Module):
            return Domain("closed", "set at import in another module")
        if not isinstance(value, Instance | Class):
            return None
        if name in {"name", "value"} and any("Enum" in b for b in self.resolver.all_outside_bases(value.scope)):
            return Domain("closed", "an enum member")
        question = ("member", name, value)
        if self._is_asked(question):
            return DERIVED

        def find() -> Domain | None:
            members = (self._own_member(cls, name, env, depth) for cls in self.resolver.mro(value.scope))
            return next((found for found in members if found is not None), None)

        return self._answer(question, depth, find, keep=not env)

    def _own_member(self, cls: ScopeId, name: str, env: Arguments, depth: int) -> Domain | None:
        parts = []
        is_enum = any("Enum" in b for b in self.resolver.all_outside_bases(cls))
        for binding in self.program.of(cls).bindings(cls.index).get(name, ()):
            if is_enum and binding.kind == "value":
                return Domain("closed", "an enum member")
            if binding.kind == "define":
                function = ScopeId(cls.path, binding.index)
                returns = self._returned(function, env, depth)
                parts.append(returns)
            elif binding.kind == "value" and binding.expr is not None and not isinstance(binding.expr, m.Call):
                parts.append(self._of(binding.expr, cls, env, depth - 1))
        for write in self.resolver.writes(cls).get(name, ()):
            annotated = self._annotated(write.annotation, write.scope) if write.annotation is not None else None
            if annotated is not None and annotated.kind == "closed":
                parts.append(annotated)
            elif write.value is not None:
                parts.append(self._of(write.value, write.scope, env, depth - 1))
        annotation = self._field_annotation(cls, name)
        if annotation is not None and (not parts or annotation.kind == "closed"):
            return annotation
        return join(parts) if parts else None

    def _field_annotation(self, cls: ScopeId, name: str) -> Domain | None:
        for op in self.program.facts(cls).ops:
            if (
                isinstance(op.action, m.Assign)
                and op.action.annotation is not None
                and op.action.targets == (m.Name(name),)
            ):
                return self._annotated(op.action.annotation, cls)
        return None

    def _subscript(
        self, expr: m.Sub, base: m.Expr, index: m.Expr, scope: ScopeId, env: Arguments, depth: int
    ) -> Domain:
        if isinstance(index, m.Slice):
            return self._of(base, scope, env, depth - 1)
        found = self._items(base, scope, env, depth - 1)
        if found.kind == "closed":
            return found
        stored = self.resolver.values(expr, scope)
        if stored and all(isinstance(v, Class | Function) for v in stored):
            return Domain("closed", "a definition of the program")
        return found

    def _call(self, call: m.Call, scope: ScopeId, env: Arguments, depth: int) -> Domain:
        names = callee_names(call.func, scope, self.resolver)
        arguments = [a.value for a in call.args]
        for name in names:
            known = self._known_call(name, call, arguments, scope, env, depth)
            if known is not None:
                return known
        functions = [v.scope for v in ordered(self.resolver.values(call.func, scope)) if isinstance(v, Function)]
        if functions:
            bound = 1 if isinstance(call.func, m.Attr) else 0
            return join(self._returned(f, (*env, (f, CallSite(scope, -1, call, bound))), depth) for f in functions)
        classes = [v for v in self.resolver.values(call.func, scope) if isinstance(v, Class)]
        if classes:
            if all(any("Enum" in b for b in self.resolver.all_outside_bases(c.scope)) for c in classes):
                return Domain("closed", "an enum member")
            return self._constructed(classes, arguments, scope, env, depth)
        if isinstance(call.func, m.Attr):
            return self._method_call(call.func, arguments, scope, env, depth)
        return UNKNOWN

    def _constructed(
        self, classes: list[Class], arguments: list[m.Expr], scope: ScopeId, env: Arguments, depth: int
    ) -> Domain:
        by_value = any(
            decorator in {"dataclass", "frozen", "attrs", "define", "s"}
            or "__hash__" in self.program.of(c.scope).bindings(c.scope.index)
            for c in classes
            for decorator in ("__none__", *_decorator_tails(self.program.facts(c.scope)))
        ) or any("NamedTuple" in b for c in classes for b in self.resolver.all_outside_bases(c.scope))
        if by_value and arguments:
            return join(self._of(a, scope, env, depth - 1) for a in arguments)
        return Domain("open", "a new object each time")

    def _known_call(
        self, name: str, call: m.Call, arguments: list[m.Expr], scope: ScopeId, env: Arguments, depth: int
    ) -> Domain | None:
        if name == "type" and len(arguments) == 1:
            return Domain("closed", "a class")
        if name == "id" and len(arguments) == 1:
            found = self._of(arguments[0], scope, env, depth - 1)
            return (
                found
                if found.kind == "closed" and ("class" in found.why or "`type" in found.why)
                else Domain("open", "the identity of an object")
            )
        if name == "bool":
            return Domain("closed", "a truth value")
        if name in _CONVERTERS:
            return join([self._of(a, scope, env, depth - 1) for a in arguments] or [CLOSED_LITERAL])
        if name in {"getattr"} and len(arguments) > 1 and isinstance(arguments[1], m.Const):
            return self._attr(m.Attr(arguments[0], arguments[1].value), scope, env, depth - 1)
        if name == "getattr" and len(arguments) > 1:
            owners = self.resolver.values(arguments[0], scope)
            if owners and all(
                isinstance(v, Module | Class) or (isinstance(v, External) and not v.of_instance) for v in owners
            ):
                return Domain("closed", "looked up among the names of a module or class")
            return None
        for entry in self.catalog.key_call(name):
            if entry.arguments is not None and entry.arguments != len(arguments):
                continue
            if entry.domain in {"open", "closed"}:
                return Domain(entry.domain, f"the result of `{name}()`")
            if entry.domain == "thread":
                return Domain("unknown", f"`{name}()` is as many as there are threads")
            if entry.domain == "argument" and 0 <= entry.position < len(arguments):
                found = self._of(arguments[entry.position], scope, env, depth - 1)
                return (
                    Domain("open", f"the result of `{name}()`")
                    if found.kind == "unknown" and entry.otherwise == "open"
                    else found
                )
        return None

    def _method_call(self, func: m.Attr, arguments: list[m.Expr], scope: ScopeId, env: Arguments, depth: int) -> Domain:
        if func.name in _COPIES:
            return join(
                [self._of(func.base, scope, env, depth - 1), *(self._of(a, scope, env, depth - 1) for a in arguments)]
            )
        if func.name in {"get", "pop", "setdefault"}:
            found = self._items(func.base, scope, env, depth - 1)
            if found.kind != "unknown":
                return found
        for entry in self.catalog.key_method(func.name):
            if entry.domain in {"open", "closed"}:
                return Domain(entry.domain, f"the result of `.{func.name}()`")
            if entry.domain == "argument" and entry.position == -1:
                return self._of(func.base, scope, env, depth - 1)
        if self._is_open_root(func):
            return Domain("open", f"`{dotted_text(func)}()` comes from a request or message", hinted=True)
        return UNKNOWN

    def _returned(self, function: ScopeId, env: Arguments, depth: int) -> Domain:
        facts = self.program.facts(function)
        if facts.returns is not None:
            annotated = self._annotated(facts.returns, self.program.parent(function) or function)
            if annotated is not None and annotated.kind == "closed":
                return annotated
        question = ("returned", function, len(env))
        if self._is_asked(question):
            return DERIVED

        def find() -> Domain:
            if _MEMOS.intersection(_decorator_tails(facts)):
                return self._remembered(function, env, depth)
            return join(self._of(v, function, env, depth - 1) for v in self.program.returned(function))

        return self._answer(question, depth, find, keep=not env) or UNKNOWN

    def _remembered(self, function: ScopeId, env: Arguments, depth: int) -> Domain:
        """The results of a function that remembers them: as many as it gets different arguments."""
        count = len(self.program.facts(function).parameters)
        parts = [self._parameter(function, index, env, depth - 1) for index in range(count)]
        return join(parts) if parts else Domain("closed", "one result that is remembered")

    # --- parameters ---

    def _parameter(self, scope: ScopeId, index: int, env: Arguments, depth: int) -> Domain:
        facts = self.program.facts(scope)
        parameter = facts.parameters[index]
        owner = self.program.owner_class(scope)
        annotated = (
            self._annotated(parameter.annotation, self.program.parent(scope) or scope)
            if parameter.annotation is not None
            else None
        )
        if annotated is not None and annotated.kind == "closed":
            return annotated
        if (
            index == 0
            and owner is not None
            and facts.kind == "function"
            and "staticmethod" not in _decorator_tails(facts)
        ):
            values = self.resolver.parameter(scope, 0)
            if any(isinstance(v, Class) for v in values):
                return Domain("closed", "a class of the program")
            return self._self_domain(owner)
        for function, site in reversed(env):
            if function == scope:
                argument = self.resolver.argument(facts, index, site)
                if argument is not None:
                    shorter = tuple(entry for entry in env if entry[0] != scope)
                    return self._of(argument, site.scope, shorter, depth - 1)
                return self._default(scope, index, depth) or UNKNOWN
        return self._from_callers(scope, index, annotated, depth)

    def _self_domain(self, cls: ScopeId) -> Domain:
        """An object that puts itself in: as many as are made."""
        uses = [u for u in self.flow.class_uses(cls) if u.kind == "called" and not self.program.is_test(u.site.scope)]
        uses += [u for c in self.flow.subclasses(cls) for u in self.flow.class_uses(c) if u.kind == "called"]
        if uses and all(self.execution.kinds(u.site.scope, u.site.op) <= {"import", "test"} for u in uses):
            return Domain("closed", "objects made at import")
        return Domain("open", "an object of a class that is made again and again")

    def _default(self, scope: ScopeId, index: int, depth: int) -> Domain | None:
        default = self.program.facts(scope).parameters[index].default
        return self._of(default, self.program.parent(scope) or scope, (), depth - 1) if default is not None else None

    def _from_callers(self, scope: ScopeId, index: int, annotated: Domain | None, depth: int) -> Domain:
        facts = self.program.facts(scope)
        parameter = facts.parameters[index]
        if facts.name in {"__getattr__", "__getattribute__"}:
            return Domain("closed", "an attribute name written in the program")
        question = ("parameter", index, scope)
        if self._is_asked(question):
            return DERIVED

        def find() -> Domain | None:
            parts = list(self._arguments(scope, index, depth))
            return join(parts) if parts else None

        found = self._answer(question, depth, find, keep=True)
        if found is not None:
            if found.kind == "unknown" and annotated is not None and annotated.kind == "open":
                return annotated
            return found
        if annotated is not None and annotated.kind == "open":
            return annotated
        if self._is_open_root(m.Name(parameter.name)):
            return Domain("open", f"`{parameter.name}` is a request or message", weak=True)
        hint = self.catalog.word_domain(parameter.name)
        if hint == "open":
            return Domain("open", f"`{parameter.name}` is given by callers outside the project", weak=True)
        if hint in {"closed", "thread"}:
            return Domain("unknown", f"`{parameter.name}` names something finite", weak=True)
        return Domain("unknown", f"`{parameter.name}` is given by callers outside the project")

    def _arguments(self, scope: ScopeId, index: int, depth: int) -> Iterable[Domain]:
        facts = self.program.facts(scope)
        for site in self.flow.call_sites(scope):
            if self.program.is_test(site.scope):
                continue
            if site.op >= 0 and self.execution.kinds(site.scope, site.op) <= {"import", "test"}:
                yield Domain("closed", "given by calls at import")
                continue
            argument = self.resolver.argument(facts, index, site)
            if argument is not None:
                narrowed = self._narrowed(argument, site.scope, site.op) if site.op >= 0 else None
                yield narrowed or self._of(argument, site.scope, (), depth - 1)
            elif site.call is not None and not any(a.star for a in site.call.args):
                default = self._default(scope, index, depth)
                if default is not None:
                    yield default
            else:
                yield UNKNOWN

    # --- annotations ---

    def _annotated(self, annotation: m.Expr, scope: ScopeId) -> Domain | None:
        """The domain that an annotation allows; None when it says nothing."""
        match annotation:
            case m.Binary(op="|", items=items):
                return self._all_annotated(items, scope)
            case m.Const(kind="none"):
                return CLOSED_LITERAL
            case m.Display(items=items):
                return self._all_annotated(items, scope)
            case m.Sub(base=base, index=index):
                names = callee_names(base, scope, self.resolver)
                domains = {self.catalog.annotation_domain(name) for name in names}
                if "parts" in domains:
                    return self._all_annotated(index.items if isinstance(index, m.Display) else (index,), scope)
                if domains & {"open", "closed"}:
                    kind = "open" if "open" in domains else "closed"
                    return Domain(kind, f"annotated `{names[0]}`")
                return None
            case m.Name() | m.Attr():
                return self._plain_annotation(annotation, scope)
        return None

    def _all_annotated(self, items: tuple[m.Expr, ...], scope: ScopeId) -> Domain | None:
        parts = [self._annotated(item, scope) for item in items]
        known = [part for part in parts if part is not None]
        return join(known) if known and len(known) == len(parts) else None

    def _plain_annotation(self, annotation: m.Expr, scope: ScopeId) -> Domain | None:
        for value in ordered(self.resolver.values(annotation, scope)):
            if isinstance(value, Class):
                bases = self.resolver.all_outside_bases(value.scope)
                if any("Enum" in base or self.catalog.base_domain(base) == "closed" for base in bases):
                    return Domain("closed", f"annotated `{dotted_text(annotation)}`")
            elif isinstance(value, External):
                domain = self.catalog.annotation_domain(value.name)
                if domain in {"open", "closed"}:
                    return Domain(domain, f"annotated `{dotted_text(annotation)}`")
            elif isinstance(value, ExternalResult):
                return None
        return None


_IMPORTERS = frozenset(
    {
        "importlib.import_module",
        "__import__",
        "importlib.reload",
        "pkgutil.resolve_name",
        "importlib.util.module_from_spec",
        "importlib.metadata.entry_points",
        "pkg_resources.iter_entry_points",
        "django.utils.module_loading.import_string",
    }
)
_REQUESTS = (
    "flask.request",
    "flask.session",
    "bottle.request",
    "quart.request",
    "quart.session",
    "cherrypy.request",
    "cherrypy.session",
)


_MEMOS = frozenset({"cache", "lru_cache"})
_SETTINGS = frozenset(
    {
        "settings",
        "config",
        "conf",
        "cfg",
        "options",
        "opts",
        "args",
        "argv",
        "params",
        "environ",
        "preferences",
        "prefs",
    }
)


_PLAIN = frozenset({"staticmethod", "classmethod", "contextmanager", "asynccontextmanager", "overload", "override"})
_CONTEXTS = frozenset({"ctx", "context"})
_PROGRAM_SETTINGS = frozenset({"settings", "config", "conf", "cfg", "options", "preferences", "prefs"})


def _names_settings(expr: m.Attr) -> bool:
    """Whether an attribute is read off something called settings, or the like: weak evidence for few values."""
    base = expr.base
    while isinstance(base, m.Attr):
        if base.name.strip("_").lower() in _SETTINGS:
            return True
        base = base.base
    return isinstance(base, m.Name) and base.id.strip("_").lower() in _SETTINGS


def _is_setting_of_context(expr: m.Expr) -> bool:
    """`ctx.options.name`: a context carries the settings of the program as well as what is at hand."""
    parts = dotted_text(expr).split(".")
    return any(one.lower() in _CONTEXTS and two.strip("_").lower() in _PROGRAM_SETTINGS for one, two in pairwise(parts))


def _decorator_tails(facts: m.Scope) -> tuple[str, ...]:
    found = []
    for decorator in facts.decorators:
        func = decorator.func if isinstance(decorator, m.Call) else decorator
        found.append(dotted_text(func).rpartition(".")[2])
    return tuple(found)


def _is_empty(made: m.Expr) -> bool:
    """Whether a container is made with nothing in it, so that its entries come from elsewhere."""
    match made:
        case m.Display(items=content) | m.DictDisplay(items=content) | m.Call(args=content):
            return not content
    return False
