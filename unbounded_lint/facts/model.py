"""What one file says, as frozen plain data.

A file becomes one `ModuleFacts`: its scopes (module body, class bodies, functions, lambdas), each a flat list of
operations in source order. An operation stands in a *frame* (a branch, a loop, a `try` part, a `with`), and frames form
a tree by their `parent`, so that guards, loops and guaranteed clean-up can be read off without the syntax tree.
Nothing here is a verdict: the link layer decides what is a container, an insert, a removal or a timer.

All positions are 1-based lines and 1-based columns, counted in characters; ends are exclusive.

There are millions of these objects in a large program. Each is made of what was made before it, so no garbage collector
has to look for circles among them (`gc=False`), and a name is one text however often it is written.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

SCHEMA = 4
"""Raised whenever a fact changes its meaning or form; part of every cache key."""


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A piece of source text: 1-based line and column, exclusive end."""

    line: int
    column: int
    end_line: int
    end_column: int


class _Node(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Base of every expression and operation; the tag is the class name."""


# --- expressions -----------------------------------------------------------------------------------------------------


ConstKind: TypeAlias = Literal["str", "bytes", "int", "float", "complex", "bool", "none", "ellipsis"]


class Const(_Node, frozen=True):
    """A literal. `kind` is str, bytes, int, float, complex, bool, none or ellipsis; `value` the evaluated text for str
    (implicit concatenations joined) and the source text for all others."""

    kind: ConstKind
    value: str


class Name(_Node, frozen=True):
    """A bare name, read or bound."""

    id: str


class Attr(_Node, frozen=True):
    """`base.name`; a private name is already mangled where Python would mangle it."""

    base: Expr
    name: str


class Sub(_Node, frozen=True):
    """`base[index]`; several indices become one `Display` tuple, as in Python."""

    base: Expr
    index: Expr


class Slice(_Node, frozen=True):
    """`lower:upper:step` inside a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Arg(_Node, frozen=True):
    """One argument of a call: `keyword` for `k=v`, `star` is "", "*" or "**"."""

    value: Expr
    keyword: str | None
    star: str


class Call(_Node, frozen=True):
    """`func(args)`; `span` covers the whole call."""

    func: Expr
    args: tuple[Arg, ...]
    span: Span


class Display(_Node, frozen=True):
    """A `tuple`, `list` or `set` written out."""

    kind: str
    items: tuple[Expr, ...]


class DictItem(_Node, frozen=True):
    """`key: value`; `key` is None for `**value`."""

    key: Expr | None
    value: Expr


class DictDisplay(_Node, frozen=True):
    """A dict written out."""

    items: tuple[DictItem, ...]


class Clause(_Node, frozen=True):
    """`for target in iterable if conditions` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]
    is_async: bool


class Comp(_Node, frozen=True):
    """A comprehension; `kind` is list, set, dict or generator; `value` only for dict, where `element` is the key."""

    kind: str
    element: Expr
    value: Expr | None
    clauses: tuple[Clause, ...]


class Lambda(_Node, frozen=True):
    """A lambda: its scope is `ModuleFacts.scopes[scope]`, which holds one `Return` (and the parameters)."""

    scope: int


class IfExp(_Node, frozen=True):
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr


class BoolOp(_Node, frozen=True):
    """`a and b and c` or `a or b`; `op` is "and" or "or", chains of the same operator are flat."""

    op: str
    items: tuple[Expr, ...]


class Unary(_Node, frozen=True):
    """`op` is not, -, + or ~."""

    op: str
    operand: Expr


class Binary(_Node, frozen=True):
    """Arithmetic and bit operators; left-nested chains of the same operator are flat."""

    op: str
    items: tuple[Expr, ...]


class Compare(_Node, frozen=True):
    """`left ops[0] items[0] ops[1] items[1] ...`; operators as written, with "not in" and "is not" as one."""

    left: Expr
    ops: tuple[str, ...]
    items: tuple[Expr, ...]


class Await(_Node, frozen=True):
    """`await value`."""

    value: Expr


class Yield(_Node, frozen=True):
    """`yield value` or `yield from value`."""

    value: Expr | None
    is_from: bool


class Walrus(_Node, frozen=True):
    """`target := value`."""

    target: str
    value: Expr


class FString(_Node, frozen=True):
    """An f-string or t-string: its replaced expressions in order (none for one without), and the texts as written
    before, between and after them."""

    parts: tuple[Expr, ...]
    texts: tuple[str, ...]


class Star(_Node, frozen=True):
    """`*value` in a display, a target or a subscript."""

    value: Expr


class Other(_Node, frozen=True):
    """Anything else, or an expression nested too deeply to keep; its known parts, in source order."""

    parts: tuple[Expr, ...]


Expr: TypeAlias = (
    Const
    | Name
    | Attr
    | Sub
    | Slice
    | Call
    | Display
    | DictDisplay
    | Comp
    | Lambda
    | IfExp
    | BoolOp
    | Unary
    | Binary
    | Compare
    | Await
    | Yield
    | Walrus
    | FString
    | Star
    | Other
)


# --- operations ------------------------------------------------------------------------------------------------------


class Assign(_Node, frozen=True):
    """`targets[0] = targets[1] = value`. An annotated assignment has one target and an `annotation`; `value` is None
    for a bare annotation."""

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None


class AugAssign(_Node, frozen=True):
    """`target op= value`; `op` without the "="."""

    target: Expr
    op: str
    value: Expr


class Delete(_Node, frozen=True):
    """`del targets`, tuples and lists taken apart."""

    targets: tuple[Expr, ...]


EvalRole: TypeAlias = Literal["statement", "if", "while", "for", "with", "match", "case", "assert", "decorator"]


class Eval(_Node, frozen=True):
    """An expression statement, or the head of a compound statement at the moment it is evaluated (the test of an `if`
    or `while`, the iterable of a `for`, the items of a `with`, the subject of a `match`). `role` is "statement", "if",
    "while", "for", "with", "match", "case" (a guard), "assert" or "decorator". A text that stands alone, such as a
    docstring, is kept as an empty one where it shows no code."""

    value: Expr
    role: EvalRole


class Return(_Node, frozen=True):
    """`return value`; also the body of a lambda."""

    value: Expr | None


class Raise(_Node, frozen=True):
    """`raise value`."""

    value: Expr | None


class Break(_Node, frozen=True):
    """`break`."""


class Continue(_Node, frozen=True):
    """`continue`."""


class ImportedName(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One name that an import binds.

    `import a.b` -> module "a.b", level 0, attribute None, bound "a"; `import a.b as c` binds "c";
    `from ..a import b as c` -> module "a", level 2, attribute "b", bound "c"; `from m import *` has attribute and
    bound "*".
    """

    module: str
    level: int
    attribute: str | None
    bound: str


class Import(_Node, frozen=True):
    """An import statement, of either form."""

    names: tuple[ImportedName, ...]


class Define(_Node, frozen=True):
    """A `def` or `class` statement runs: `ModuleFacts.scopes[scope]` is the function's scope or the class body."""

    scope: int


Action: TypeAlias = Assign | AugAssign | Delete | Eval | Return | Raise | Break | Continue | Import | Define


class Op(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One operation of a scope, with the frame it stands in (an index into `Scope.frames`) and its place.

    The span is that of the statement, without its body for a compound one.
    """

    action: Action
    frame: int
    span: Span


FrameKind: TypeAlias = Literal[
    "body",
    "if",
    "else",
    "for",
    "for-else",
    "while",
    "while-else",
    "try",
    "except",
    "try-else",
    "finally",
    "with",
    "case",
]


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What surrounds an operation.

    kind       body (the root, always index 0), if, else, for, for-else, while, while-else, try, except, try-else,
               finally, with, case
    parent     index of the enclosing frame, -1 for the root
    statement  a number shared by all frames of one compound statement (the parts of one `try`; both branches of one
               `if`: an `elif` is a new statement inside the `else` of the first)
    head       test of if, else (the test that failed), while and while-else; iterable of for and for-else; context
               expression of with (one frame per item, nested); exception type of except (None for a bare one);
               subject of case
    target     target of for, `as` target of with and except; of a case the names its pattern binds, as a Display tuple
    closed     case only: True when the pattern is built of literals and dotted names alone (`case "a" | Color.RED:`)
    is_async   for and with only
    op         how many operations of the scope precede the frame: it begins at `Scope.ops[op]`
    """

    kind: FrameKind
    parent: int
    statement: int
    head: Expr | None
    target: Expr | None
    closed: bool
    is_async: bool
    op: int


ParameterKind: TypeAlias = Literal["positional-only", "normal", "star", "keyword-only", "double-star"]


class Parameter(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One parameter; `kind` is positional-only, normal, star, keyword-only or double-star."""

    name: str
    kind: ParameterKind
    annotation: Expr | None
    default: Expr | None


ScopeKind: TypeAlias = Literal["module", "class", "function", "lambda"]


class Scope(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """A module body, class body, function or lambda.

    kind        module, class, function or lambda
    name        "<module>", the class or function name, "<lambda>"
    qualname    as Python writes it: "Class.method", "outer.<locals>.inner"; "" for the module
    parent      index of the lexically enclosing scope, -1 for the module
    decorators  outermost first
    bases       class only: base classes, and keywords such as metaclass= as `Arg`s
    returns     function only: the return annotation
    globals, nonlocals   names so declared
    span        the `def`/`class` line(s) from the keyword (after decorators) to the end of the body
    name_span   the name in it

    What is worked out from these alone may be kept in its `__dict__`, which takes no part in comparing or encoding.
    """

    kind: ScopeKind
    name: str
    qualname: str
    parent: int
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    bases: tuple[Arg, ...]
    returns: Expr | None
    is_async: bool
    is_generator: bool
    globals: tuple[str, ...]
    nonlocals: tuple[str, ...]
    frames: tuple[Frame, ...]
    ops: tuple[Op, ...]
    span: Span
    name_span: Span


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True):
    """All of one file. `scopes[0]` is the module body; every scope stands behind its parent."""

    schema: int
    scopes: tuple[Scope, ...]
