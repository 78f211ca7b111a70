"""What the collector says about every construct of the language."""

from __future__ import annotations

import sys
import textwrap

import libcst
import msgspec
import pytest

from unbounded_lint.facts import cst
from unbounded_lint.facts import model as m
from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.scan import SourceError
from unbounded_lint.facts.stack import run_with_big_stack

a, b, c, d, f, k, v, x, y, z = (m.Name(name) for name in "abcdfkvxyz")
ONE = m.Const("int", "1")
NO_SPAN = m.Span(0, 0, 0, 0)

newest_libcst = pytest.mark.skipif(not hasattr(libcst, "LazyImport"), reason="syntax this libcst does not know")


def facts_of(source: str) -> m.ModuleFacts:
    text = textwrap.dedent(source)
    facts = collect(text)
    assert run_with_big_stack(lambda: cst.read(text)) == facts
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=m.ModuleFacts) == facts
    return facts


def placeless(value: object) -> object:
    """The same value with every call's span blanked."""
    if isinstance(value, m.Call):
        value = msgspec.structs.replace(value, span=NO_SPAN)
    if isinstance(value, tuple):
        return tuple(placeless(item) for item in value)
    if isinstance(value, msgspec.Struct):
        return type(value)(*(placeless(getattr(value, name)) for name in value.__struct_fields__))
    return value


def actions(source: str, scope: int = 0) -> list[m.Action]:
    return [op.action for op in placeless(facts_of(source)).scopes[scope].ops]  # type: ignore[attr-defined]


def expression(source: str) -> m.Expr:
    (action,) = actions(source)
    assert isinstance(action, m.Eval)
    assert action.role == "statement"
    return action.value


def call(function: m.Expr, *args: m.Expr) -> m.Call:
    return m.Call(function, tuple(m.Arg(arg, None, "") for arg in args), NO_SPAN)


def string(value: str) -> m.Const:
    return m.Const("str", value)


def display(*items: m.Expr, kind: str = "tuple") -> m.Display:
    return m.Display(kind, items)


# --- expressions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f('a' \"b\" '''c''')", call(f, string("abc"))),
        ("'a text that stands alone, of which nothing is kept'", string("")),
        ("'one that shows code: >>> f(a)'", string("one that shows code: >>> f(a)")),
        ("b'a'", m.Const("bytes", "b'a'")),
        ("b'a' B'b'", m.Const("bytes", "b'a' B'b'")),
        ("0x1F", m.Const("int", "0x1F")),
        ("1.5e3", m.Const("float", "1.5e3")),
        ("2j", m.Const("complex", "2j")),
        ("True", m.Const("bool", "True")),
        ("(None)", m.Const("none", "None")),
        ("...", m.Const("ellipsis", "...")),
        ("a.b.c", m.Attr(m.Attr(a, "b"), "c")),
        ("((a).b)", m.Attr(a, "b")),
        ("a[1]", m.Sub(a, ONE)),
        ("a[b, c]", m.Sub(a, display(b, c))),
        ("a[b,]", m.Sub(a, display(b))),
        ("a[*b]", m.Sub(a, display(m.Star(b)))),
        ("a[:]", m.Sub(a, m.Slice(None, None, None))),
        ("a[b:c:d]", m.Sub(a, m.Slice(b, c, d))),
        ("a[::b, c:]", m.Sub(a, display(m.Slice(None, None, b), m.Slice(c, None, None)))),
        ("a[b := c]", m.Sub(a, m.Walrus("b", c))),
        ("f()", call(f)),
        (
            "f(a, *b, c=d, **x)",
            m.Call(f, (m.Arg(a, None, ""), m.Arg(b, None, "*"), m.Arg(d, "c", ""), m.Arg(x, None, "**")), NO_SPAN),
        ),
        ("f(a := 1)", call(f, m.Walrus("a", ONE))),
        ("()", display()),
        ("(a, *b,)", display(a, m.Star(b))),
        ("a, b", display(a, b)),
        ("[a, *b]", display(a, m.Star(b), kind="list")),
        ("{a, *b}", display(a, m.Star(b), kind="set")),
        ("{}", m.DictDisplay(())),
        ("{a: b, **c}", m.DictDisplay((m.DictItem(a, b), m.DictItem(None, c)))),
        ("a if b else c", m.IfExp(b, a, c)),
        ("a and b and c", m.BoolOp("and", (a, b, c))),
        ("a or b and c or d", m.BoolOp("or", (a, m.BoolOp("and", (b, c)), d))),
        ("a and (b and c)", m.BoolOp("and", (a, m.BoolOp("and", (b, c))))),
        ("not a", m.Unary("not", a)),
        ("-+~a", m.Unary("-", m.Unary("+", m.Unary("~", a)))),
        ("a + b + c", m.Binary("+", (a, b, c))),
        ("a + b - c - d", m.Binary("-", (m.Binary("+", (a, b)), c, d))),
        ("a + (b + c)", m.Binary("+", (a, m.Binary("+", (b, c))))),
        ("(a + b) * c", m.Binary("*", (m.Binary("+", (a, b)), c))),
        ("a ** b ** c", m.Binary("**", (a, m.Binary("**", (b, c))))),
        ("a @ b // c", m.Binary("//", (m.Binary("@", (a, b)), c))),
        ("a < b not in c is not d", m.Compare(a, ("<", "not in", "is not"), (b, c, d))),
        ("a == b != c", m.Compare(a, ("==", "!="), (b, c))),
        ("(a := b)", m.Walrus("a", b)),
        ("f''", m.FString((), ("",))),
        ("f'{a}-{b!r:>{c}}{d=}'", m.FString((a, b, c, d), ("", "-", "", "", ""))),
        ("'x' f'{a}' 'y'", m.FString((a,), ("x", "y"))),
        pytest.param("t'{a}{f(b)}'", m.FString((a, call(f, b)), ("", "", "")), marks=newest_libcst),
        ("f'{x:{y:{z}}}'", m.FString((x, y, z), ("", "", "", ""))),
        ("f'a.{x:>5}-b' f'c{y}'", m.FString((x, y), ("a.", "-bc", ""))),
        (
            "[x for x in y if a if b]",
            m.Comp("list", x, None, (m.Clause(x, y, (a, b), False),)),
        ),
        (
            "{x for x, in y for a in b}",
            m.Comp("set", x, None, (m.Clause(display(x), y, (), False), m.Clause(a, b, (), False))),
        ),
        ("{k: v for k, v in x}", m.Comp("dict", k, v, (m.Clause(display(k, v), x, (), False),))),
        ("f(x for x in y)", call(f, m.Comp("generator", x, None, (m.Clause(x, y, (), False),)))),
        ("[(y := x) for x in a]", m.Comp("list", m.Walrus("y", x), None, (m.Clause(x, a, (), False),))),
    ],
)
def test_expression(source: str, expected: m.Expr) -> None:
    assert expression(source) == expected
    assert expression(f"({source})" if source[0] != "*" else source) == expected


@newest_libcst
def test_unpacking_comprehensions_of_newer_python() -> None:
    clauses = (m.Clause(x, y, (), False),)
    assert expression("[*x for x in y]") == m.Comp("list", m.Star(x), None, clauses)
    assert expression("{**x for x in y}") == m.Comp("dict", m.Star(x), None, clauses)


def test_await_and_async_comprehensions() -> None:
    source = """
        async def f():
            await a
            [await x async for x in y]
    """
    comprehension = m.Comp("list", m.Await(x), None, (m.Clause(x, y, (), True),))
    assert actions(source, 1) == [m.Eval(m.Await(a), "statement"), m.Eval(comprehension, "statement")]


def test_yields_make_a_generator() -> None:
    source = """
        def f():
            x = yield
            yield a, b
            yield from c
        def g():
            def h():
                yield
    """
    facts = facts_of(source)
    assert [scope.is_generator for scope in facts.scopes] == [False, True, False, True]
    assert actions(source, 1) == [
        m.Assign((x,), m.Yield(None, False), None),
        m.Eval(m.Yield(display(a, b), False), "statement"),
        m.Eval(m.Yield(c, True), "statement"),
    ]


def test_lambdas_are_scopes() -> None:
    facts = facts_of(
        """
        def outer():
            return lambda a, /, b=1, *c, d, **k: (lambda: a)
        class C:
            key = lambda self: 1
        """
    )
    outer, first, second, klass, key = facts.scopes[1:]
    assert outer.ops[0].action == m.Return(m.Lambda(2))
    assert (first.kind, first.name, first.qualname) == ("lambda", "<lambda>", "outer.<locals>.<lambda>")
    assert first.parent == 1
    assert [(p.name, p.kind) for p in first.parameters] == [
        ("a", "positional-only"),
        ("b", "normal"),
        ("c", "star"),
        ("d", "keyword-only"),
        ("k", "double-star"),
    ]
    assert first.parameters[1].default == ONE
    assert [op.action for op in first.ops] == [m.Return(m.Lambda(3))]
    assert second.parent == 2
    assert [op.action for op in second.ops] == [m.Return(a)]
    assert klass.qualname == "C"
    assert key.qualname == "C.<lambda>"


def test_lambdas_are_found_wherever_they_stand() -> None:
    facts = facts_of(
        """
        @decorate(lambda: 1)
        def f(a=lambda: 2, b: (lambda: 3) = 0): pass
        [lambda: 4 for x in y if (lambda: 5)]
        x[lambda: 6] = {lambda: 7: lambda: 8}
        f'{(lambda: 9)}'
        """
    )
    lambdas = [scope for scope in facts.scopes if scope.kind == "lambda"]
    values = [op.action.value.value for scope in lambdas for op in scope.ops]  # type: ignore[union-attr]
    assert values == list("123456789")
    assert {scope.parent for scope in lambdas} == {0}


# --- simple statements -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1", m.Assign((a,), ONE, None)),
        ("a = b, c = d", m.Assign((a, display(b, c)), d, None)),
        ("[a, *b], c.d = x", m.Assign((display(display(a, m.Star(b), kind="list"), m.Attr(c, "d")),), x, None)),
        ("a: b", m.Assign((a,), None, b)),
        ("a.b: c = 1", m.Assign((m.Attr(a, "b"),), ONE, c)),
        ("a[b] += c", m.AugAssign(m.Sub(a, b), "+", c)),
        ("a //= 1", m.AugAssign(a, "//", ONE)),
        ("a |= b", m.AugAssign(a, "|", b)),
        ("del a", m.Delete((a,))),
        ("del (a, b[1]), [c.d, (x)]", m.Delete((a, m.Sub(b, ONE), m.Attr(c, "d"), x))),
        ("raise", m.Raise(None)),
        ("raise a(1) from b", m.Raise(call(a, ONE))),
        ("assert a, f(b)", m.Eval(a, "assert")),
        ("type x[T: int = str, *Ts, **P] = a[T]", m.Assign((x,), m.Sub(a, m.Name("T")), None)),
        ("import a", m.Import((m.ImportedName("a", 0, None, "a"),))),
        ("import a.b, c.d as x", m.Import((m.ImportedName("a.b", 0, None, "a"), m.ImportedName("c.d", 0, None, "x")))),
        ("from a.b import c", m.Import((m.ImportedName("a.b", 0, "c", "c"),))),
        (
            "from ..a import (b as c, d,)",
            m.Import((m.ImportedName("a", 2, "b", "c"), m.ImportedName("a", 2, "d", "d"))),
        ),
        ("from .... import a", m.Import((m.ImportedName("", 4, "a", "a"),))),
        ("from a import *", m.Import((m.ImportedName("a", 0, "*", "*"),))),
        pytest.param("lazy import a.b as c", m.Import((m.ImportedName("a.b", 0, None, "c"),)), marks=newest_libcst),
        pytest.param("lazy from a import b", m.Import((m.ImportedName("a", 0, "b", "b"),)), marks=newest_libcst),
    ],
)
def test_simple_statement(source: str, expected: m.Action) -> None:
    assert actions(source) == [expected]
    assert actions(f"{source} ; pass; {source};\n") == [expected, expected]


def test_statements_of_functions() -> None:
    source = """
        def f():
            import a
            global x, y
            for a in b: break
            else: continue
            if a: return
            return *a, b
    """
    scope = facts_of(source).scopes[1]
    assert scope.globals == ("x", "y")
    assert actions(source, 1) == [
        m.Import((m.ImportedName("a", 0, None, "a"),)),
        m.Eval(b, "for"),
        m.Break(),
        m.Continue(),
        m.Eval(a, "if"),
        m.Return(None),
        m.Return(display(m.Star(a), b)),
    ]


def test_nonlocal_names() -> None:
    facts = facts_of("def f():\n a = 1\n def g():\n  nonlocal a, b\n")
    assert facts.scopes[2].nonlocals == ("a", "b")


# --- frames ----------------------------------------------------------------------------------------------------------


def frames(source: str) -> list[tuple[object, ...]]:
    """Kind, parent, statement, head, target and first operation of every frame but the root."""
    scope = facts_of(source).scopes[0]
    root = scope.frames[0]
    assert (root.kind, root.parent, root.op) == ("body", -1, 0)
    return [(i.kind, i.parent, i.statement, placeless(i.head), placeless(i.target), i.op) for i in scope.frames[1:]]


def placed(source: str) -> list[tuple[str, int]]:
    """The name each statement consists of, with its frame."""
    ops = facts_of(source).scopes[0].ops
    return [
        (op.action.value.id, op.frame)
        for op in ops
        if isinstance(op.action, m.Eval) and op.action.role == "statement" and isinstance(op.action.value, m.Name)
    ]


def test_if_elif_else() -> None:
    source = """
        if a: x
        elif b: y
        else: z
        k
    """
    assert frames(source) == [
        ("if", 0, 1, a, None, 1),
        ("else", 0, 1, a, None, 2),
        ("if", 2, 2, b, None, 3),
        ("else", 2, 2, b, None, 4),
    ]
    assert placed(source) == [("x", 1), ("y", 3), ("z", 4), ("k", 0)]
    ops = facts_of(source).scopes[0].ops
    assert [(op.action, op.frame) for op in ops if getattr(op.action, "role", "") == "if"] == [
        (m.Eval(a, "if"), 0),
        (m.Eval(b, "if"), 2),
    ]


def test_loops() -> None:
    source = """
        while a: x
        else: y
        for b, c in d.items(): z
        else: k
    """
    items = call(m.Attr(d, "items"))
    assert frames(source) == [
        ("while", 0, 1, a, None, 1),
        ("while-else", 0, 1, a, None, 2),
        ("for", 0, 2, items, display(b, c), 4),
        ("for-else", 0, 2, items, None, 5),
    ]
    assert placed(source) == [("x", 1), ("y", 2), ("z", 3), ("k", 4)]


def test_try() -> None:
    source = """
        try: a
        except (x, y) as d: b
        except: c
        else: k
        finally: v
    """
    assert frames(source) == [
        ("try", 0, 1, None, None, 0),
        ("except", 0, 1, display(x, y), d, 1),
        ("except", 0, 1, None, None, 2),
        ("try-else", 0, 1, None, None, 3),
        ("finally", 0, 1, None, None, 4),
    ]
    assert placed(source) == [("a", 1), ("b", 2), ("c", 3), ("k", 4), ("v", 5)]


def test_except_star() -> None:
    assert frames("try: a\nexcept* x as d: b\n")[1] == ("except", 0, 1, x, d, 1)


@newest_libcst
def test_unparenthesised_exception_types() -> None:
    assert frames("try: a\nexcept x, y: b\n")[1] == ("except", 0, 1, display(x, y), None, 1)


@pytest.mark.parametrize("head", ["with a as b, f(c) as (x, y)", "with (a as b, f(c) as (x, y),)"])
def test_with_items_nest(head: str) -> None:
    source = f"{head}:\n  z\nk\n"
    assert frames(source) == [
        ("with", 0, 1, a, b, 1),
        ("with", 1, 1, call(f, c), display(x, y), 2),
    ]
    assert placed(source) == [("z", 2), ("k", 0)]
    ops = placeless(facts_of(source)).scopes[0].ops  # type: ignore[attr-defined]
    assert [(op.action, op.frame) for op in ops[:2]] == [(m.Eval(a, "with"), 0), (m.Eval(call(f, c), "with"), 1)]


def test_with_without_a_target() -> None:
    assert frames("with (a): x\n") == [("with", 0, 1, a, None, 1)]
    assert frames("with (a, b): x\n")[1] == ("with", 1, 1, b, None, 2)


def test_async_frames() -> None:
    facts = facts_of(
        """
        async def f():
            async with a as b: pass
            async for x in y: pass
            with c: pass
        """
    )
    scope = facts.scopes[1]
    assert scope.is_async
    assert [(frame.kind, frame.is_async) for frame in scope.frames[1:]] == [
        ("with", True),
        ("for", True),
        ("with", False),
    ]


def test_match() -> None:
    source = """
        match x, y:
            case [a, *b, c] if a: k
            case _: z
    """
    subject = display(x, y)
    assert frames(source) == [
        ("case", 0, 1, subject, display(a, b, c), 2),
        ("case", 0, 1, subject, display(), 3),
    ]
    assert actions(source)[:2] == [m.Eval(subject, "match"), m.Eval(a, "case")]
    assert placed(source) == [("k", 1), ("z", 2)]


@pytest.mark.parametrize(
    ("pattern", "names", "closed"),
    [
        ("'a' | Color.RED | None | -1 | 1 + 2j | 'a' 'b'", [], True),
        ("('a' | 'b') as c", ["c"], True),
        ("1, 'a'", [], True),
        ("_", [], False),
        ("a", ["a"], False),
        ("(a) as b", ["a", "b"], False),
        ("'a' | b", ["b"], False),
        ("[1, *_]", [], False),
        ("[a, *b]", ["a", "b"], False),
        ("(a,)", ["a"], False),
        ("{'k': a, 1: 2, **b}", ["a", "b"], False),
        pytest.param("{**b,}", ["b"], False, marks=newest_libcst),
        ("{}", [], False),
        ("Point(a, y=b, z=1,)", ["a", "b"], False),
        ("m.Point()", [], False),
        ("[a, 1] | [1, a]", ["a"], False),
    ],
)
def test_patterns(pattern: str, names: list[str], closed: bool) -> None:
    (frame,) = facts_of(f"match x:\n  case {pattern}: pass\n").scopes[0].frames[1:]
    assert frame.target == display(*(m.Name(name) for name in names))
    assert frame.closed is closed
    assert frame.head == x


def test_nested_frames_know_their_parents() -> None:
    source = """
        while a:
            with b:
                if c: x
            y
        z
    """
    assert [(kind, parent) for kind, parent, *_ in frames(source)] == [("while", 0), ("with", 1), ("if", 2)]
    assert placed(source) == [("x", 3), ("y", 1), ("z", 0)]


def test_type_checking_is_a_plain_condition() -> None:
    facts = facts_of("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\n")
    assert facts.scopes[0].frames[1].head == m.Name("TYPE_CHECKING")
    assert facts.scopes[0].ops[2].frame == 1


# --- definitions -----------------------------------------------------------------------------------------------------


def test_functions() -> None:
    facts = facts_of(
        """
        @a
        @b(1)
        async def f[T: int](x, /, y: int = 1, *args: *Ts, z, k=2, **kwargs: str) -> d:
            return x
        """
    )
    module, function = facts.scopes
    assert [(op.action.role, op.frame) for op in module.ops[:2]] == [("decorator", 0)] * 2  # type: ignore[union-attr]
    assert module.ops[2].action == m.Define(1)
    assert (function.kind, function.name, function.qualname, function.parent) == ("function", "f", "f", 0)
    assert function.is_async
    assert placeless(function.decorators) == (a, call(b, ONE))
    assert function.returns == d
    integer, text = m.Name("int"), m.Name("str")
    assert function.parameters == (
        m.Parameter("x", "positional-only", None, None),
        m.Parameter("y", "normal", integer, ONE),
        m.Parameter("args", "star", m.Star(m.Name("Ts")), None),
        m.Parameter("z", "keyword-only", None, None),
        m.Parameter("k", "keyword-only", None, m.Const("int", "2")),
        m.Parameter("kwargs", "double-star", text, None),
    )


def test_bare_star_and_slash() -> None:
    parameters = facts_of("def f(a, /, *, b): pass\n").scopes[1].parameters
    assert [(p.name, p.kind) for p in parameters] == [("a", "positional-only"), ("b", "keyword-only")]


def test_classes() -> None:
    facts = facts_of(
        """
        @a
        class C[T](b, *c, metaclass=M, **k):
            x = 1
            def method(self): pass
            class D: pass
        class E: y = 1
        class F(): pass
        """
    )
    names = [(scope.kind, scope.name, scope.qualname, scope.parent) for scope in facts.scopes]
    assert names == [
        ("module", "<module>", "", -1),
        ("class", "C", "C", 0),
        ("function", "method", "C.method", 1),
        ("class", "D", "C.D", 1),
        ("class", "E", "E", 0),
        ("class", "F", "F", 0),
    ]
    klass = facts.scopes[1]
    assert klass.decorators == (a,)
    assert klass.bases == (
        m.Arg(b, None, ""),
        m.Arg(c, None, "*"),
        m.Arg(m.Name("M"), "metaclass", ""),
        m.Arg(k, None, "**"),
    )
    assert [op.action for op in klass.ops] == [m.Assign((x,), ONE, None), m.Define(2), m.Define(3)]
    assert facts.scopes[4].ops[0].action == m.Assign((y,), ONE, None)


def test_qualified_names_as_python_writes_them() -> None:
    source = """
        def outer():
            global shared
            class Local:
                def method(self):
                    def inner(): pass
            def shared(): pass
            class Kept: pass
    """
    expected = ["", "outer", "outer.<locals>.Local", "outer.<locals>.Local.method",
                "outer.<locals>.Local.method.<locals>.inner", "shared", "outer.<locals>.Kept"]  # fmt: skip
    assert [scope.qualname for scope in facts_of(source).scopes] == expected


def test_scopes_stand_behind_their_parents_and_are_defined_once() -> None:
    facts = facts_of(
        """
        def f(a=lambda: 0):
            class C:
                def g(self): return [lambda: x for x in y]
        """
    )
    assert all(scope.parent < index for index, scope in enumerate(facts.scopes))
    defined = [op.action.scope for scope in facts.scopes for op in scope.ops if isinstance(op.action, m.Define)]
    named = [index for index, scope in enumerate(facts.scopes) if scope.kind in ("class", "function")]
    assert sorted(defined) == named


# --- names -----------------------------------------------------------------------------------------------------------


def test_private_names_are_mangled() -> None:
    source = """
        class _C:
            __a = 1
            def __m(self, __p, *, key):
                global __g
                import __i
                import __j.k
                from x import __n
                self.__a = __p
                __b.__c__.__d
                f(__e=1)
                try: pass
                except x as __s: pass
                lambda __q: __q
                class __: __t = 1
            class D: __a = 1
        __a.__b
    """
    facts = facts_of(source)
    klass, method = facts.scopes[1:3]
    assert klass.ops[0].action == m.Assign((m.Name("_C__a"),), ONE, None)
    assert (method.name, method.qualname) == ("_C__m", "_C.__m")
    assert [parameter.name for parameter in method.parameters] == ["self", "_C__p", "key"]
    assert method.globals == ("_C__g",)
    assert actions(source, 2) == [
        m.Import((m.ImportedName("__i", 0, None, "_C__i"),)),
        m.Import((m.ImportedName("__j.k", 0, None, "_C__j"),)),
        m.Import((m.ImportedName("x", 0, "_C__n", "_C__n"),)),
        m.Assign((m.Attr(m.Name("self"), "_C__a"),), m.Name("_C__p"), None),
        m.Eval(m.Attr(m.Attr(m.Name("_C__b"), "__c__"), "_C__d"), "statement"),
        m.Eval(m.Call(f, (m.Arg(ONE, "__e", ""),), NO_SPAN), "statement"),
        m.Eval(m.Lambda(3), "statement"),
        m.Define(4),
    ]
    assert method.frames[2].target == m.Name("_C__s")
    assert facts.scopes[3].parameters[0].name == "_C__q"
    assert facts.scopes[3].ops[0].action == m.Return(m.Name("_C__q"))
    assert facts.scopes[4].ops[0].action == m.Assign((m.Name("__t"),), ONE, None)
    assert facts.scopes[5].ops[0].action == m.Assign((m.Name("_D__a"),), ONE, None)
    assert actions(source)[-1] == m.Eval(m.Attr(m.Name("__a"), "__b"), "statement")


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("'C'", m.Name("C")),
        ("'a.b.C'", m.Attr(m.Attr(a, "b"), "C")),
        ("' dict[str, C] '", m.Sub(m.Name("dict"), display(m.Name("str"), m.Name("C")))),
        ("'a |\\n b'", m.Binary("|", (a, b))),
        ("'None'", m.Const("none", "None")),
        ("'f(a)'", call(f, a)),
        ("'f(lambda: a)'", call(f, m.Other(()))),
        ("'(yield a)'", m.Yield(a, False)),
        ("a['C']", m.Sub(a, m.Name("C"))),
        ("a['C', 'D']", m.Sub(a, display(m.Name("C"), m.Name("D")))),
        ("'C' | None", m.Binary("|", (m.Name("C"), m.Const("none", "None")))),
        ("'list[\"C\"]'", m.Sub(m.Name("list"), string("C"))),
        ("Literal['C']", m.Sub(m.Name("Literal"), string("C"))),
        ("t.Literal['C']", m.Sub(m.Attr(m.Name("t"), "Literal"), string("C"))),
        ("Annotated['C', 'D']", m.Sub(m.Name("Annotated"), display(m.Name("C"), string("D")))),
        ("'not a type'", string("not a type")),
        ("'class'", string("class")),
        ("''", string("")),
        ("'((('", string("(((")),
        ("'" + "[" * 300 + "]" * 300 + "'", string("[" * 300 + "]" * 300)),
        ("'a" + ".b" * 3000 + "()'", string("a" + ".b" * 3000 + "()")),
    ],
)
def test_quoted_annotations(annotation: str, expected: m.Expr) -> None:
    assert actions(f"x: {annotation} = 1\n") == [m.Assign((x,), ONE, expected)]
    function = facts_of(f"def f(x: {annotation}) -> {annotation}: pass\n").scopes[1]
    assert placeless(function.parameters[0].annotation) == expected
    assert placeless(function.returns) == expected
    assert not function.is_generator


def test_calls_in_a_quoted_annotation_stand_at_the_annotation() -> None:
    (op,) = facts_of("x: 'a[f(b)]'\n").scopes[0].ops
    annotation = op.action.annotation  # type: ignore[union-attr]
    assert annotation.index.span == m.Span(1, 4, 1, 13)


# --- depth -----------------------------------------------------------------------------------------------------------


def depth(value: object) -> int:
    """How many expressions nest in a value."""
    deepest = 0
    stack = [(value, 0)]
    while stack:
        item, level = stack.pop()
        deepest = max(deepest, level)
        if isinstance(item, msgspec.Struct):
            below = level + isinstance(item, m.Expr)
            stack.extend((getattr(item, name), below) for name in item.__struct_fields__)
        elif isinstance(item, tuple):
            stack.extend((part, level) for part in item)
    return deepest


@pytest.mark.parametrize(
    "source",
    [
        "a" + ".b" * 1900,
        "a" + "[0]" * 900,
        "a" + ".b()" * 900,
        "a" + ".b(c)[d](e)" * 200,
        "not " * 1900 + "a",
        "-" * 1900 + "a",
        "[" * 200 + "]" * 200,
        "1" + " + 1 - 1" * 600,
        "a if b else " * 900 + "c",
        "x = " + "f(a=" * 190 + "1" + ")" * 190,
    ],
)
def test_deep_expressions_are_cut_off(source: str) -> None:
    before = sys.getrecursionlimit()
    facts = facts_of(source + "\nend = 1\n")
    assert 100 < depth(facts.scopes[0].ops[0]) < 400
    assert facts.scopes[0].ops[-1].action == m.Assign((m.Name("end"),), ONE, None)
    assert facts.scopes[0].ops[-1].span == m.Span(2, 1, 2, 8)
    assert sys.getrecursionlimit() == before


def test_long_flat_expressions_are_kept_whole() -> None:
    (action,) = actions("a = " + " + ".join(["b"] * 1500))
    assert action == m.Assign((a,), m.Binary("+", (b,) * 1500), None)
    (action,) = actions("a = " + " or ".join(["b"] * 1500))
    assert action == m.Assign((a,), m.BoolOp("or", (b,) * 1500), None)
    (action,) = actions("a = (" + "\n".join(["'b'"] * 2500) + ")")
    assert action == m.Assign((a,), string("b" * 2500), None)


def test_long_elif_chains_nest_as_frames() -> None:
    facts = facts_of("if a: pass\n" + "elif a: pass\n" * 900)
    assert len(facts.scopes[0].frames) == 1 + 901 + 900
    assert facts.scopes[0].frames[-1].kind == "if"


# --- the whole file --------------------------------------------------------------------------------------------------


def test_an_empty_file() -> None:
    facts = facts_of("")
    assert facts.schema == m.SCHEMA
    assert facts.scopes[0].ops == ()
    assert [frame.kind for frame in facts.scopes[0].frames] == ["body"]


def test_a_broken_file_is_a_source_error() -> None:
    with pytest.raises(SourceError) as caught:
        collect("x = 1\ndef f(:\n")
    assert caught.value.line == 2
