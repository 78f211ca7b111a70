"""A statement on one line that got too long, spread over several as formatters do it.

Only the forms are known of which ruff and black make the same: what is in the last brackets on lines of its own, or the
whole value in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst

from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax

_SPLIT = cst.BooleanOperation | cst.Comparison | cst.BinaryOperation


@dataclass(frozen=True)
class Bounds:
    """How long lines may be.

    sure tells that formatters have just this limit; if not, what is the same under larger ones is preferred.
    """

    limit: int
    sure: bool = True


def wrapped(file: Syntax, statement: Statement, bounds: Bounds) -> Sequence[str] | None:
    """The lines of a statement, or of the head of a larger one, without the indentation that all have; None where
    formatters may have it otherwise, or a line would still be too long."""
    start = file.span(statement.node)[0]
    line = file.text[start : file.line_end(start)]
    bare = line.removesuffix(_comment(statement.node)).rstrip()
    wrapper = _Wrapper(file, start, start + len(bare), bounds)
    lines = wrapper.of(statement)
    if lines is None or not all(map(wrapper.fits, lines)):
        return None
    indent = file.indent(start)
    return [lines[0], *(f"{indent}{each}" for each in lines[1:-1]), f"{indent}{lines[-1]}{line[len(bare) :]}"]


def is_spread(file: Syntax, statement: Statement) -> bool:
    """Whether a statement, or the head of a larger one, stands on several lines."""
    return "\n" in code(file, statement)


def formatted(file: Syntax, statement: Statement, bounds: Bounds) -> Sequence[str] | None:
    """The lines of a statement that stands on several, as formatters would have them, without the indentation that all
    have: one if there is room for it. None where they may have it otherwise."""
    start = file.span(statement.node)[0]
    text, indent = code(file, statement), file.indent(start)
    lines, end = text.splitlines(), start + len(text)
    if any(map(_ends_otherwise, lines)) or file.text[end : file.line_end(end)].strip():
        return None
    flat = _JOINT.sub("", " ".join(line.strip() for line in lines))
    alone = _alone(flat, indent, file.unit)
    if alone is None:
        return None
    bare = _without_parentheses(*alone)
    again = _alone(bare, indent, file.unit) if bare != flat else alone
    if again is None:
        return None
    if width(f"{indent}{bare}") <= bounds.limit:
        return [bare]
    found = wrapped(*again, bounds)
    return [found[0], *(line.removeprefix(indent) for line in found[1:])] if found is not None else None


_JOINT = re.compile(r"(?<=[(\[{]) | (?=[)\]}.])")
"""A blank that joining lines leaves where none belongs."""


def code(file: Syntax, statement: Statement) -> str:
    """A statement as it is written, of a larger one the head."""
    start = file.span(statement.node)[0]
    body = getattr(statement.node, "body", None)
    if not isinstance(body, cst.IndentedBlock):
        return file.text[start : statement.end]
    first = next((s for s in file.statements if s.parent is statement), None)
    end = first.start if first is not None else statement.end
    return file.text[start : file.text.rindex(":", start, end) + 1]


def _ends_otherwise(line: str) -> bool:
    """Whether a line ends in a comment, in a part of a text, or in a comma that keeps what is in brackets apart."""
    return "#" in line or "\\" in line or '"""' in line or "'''" in line or line.endswith(",")


def _alone(text: str, indent: str, unit: str) -> tuple[Syntax, Statement] | None:
    """A statement in a file of its own, at some indentation."""
    depth, rest = divmod(len(indent), len(unit))
    if indent != unit * depth or rest:
        return None
    around = "".join(f"{unit * level}if 1:\n" for level in range(depth))
    body = f"\n{indent}{unit}pass" if text.endswith(":") else ""
    try:
        file = Syntax("", f"{around}{indent}{text}{body}\n".encode())
    except Refused:
        return None
    return file, file.statements[depth]


def _without_parentheses(file: Syntax, statement: Statement) -> str:
    """A statement without the parentheses around all of its value, which only several lines need."""
    text = code(file, statement)
    match statement.small or statement.node:
        case cst.Assign(value=value) | cst.AugAssign(value=value) | cst.If(test=value) | cst.While(test=value):
            whole = value
        case cst.AnnAssign(value=value) | cst.Return(value=value) if value is not None:
            whole = value
        case _:
            return text
    if len(whole.lpar) != 1 or isinstance(whole, cst.Tuple | cst.GeneratorExp | cst.Yield | cst.NamedExpr):
        return text
    start, (left, right) = file.span(statement.node)[0], file.whole(whole)
    return f"{text[: left - start]}{text[left - start + 1 : right - start - 1]}{text[right - start :]}"


def width(line: str) -> int:
    """How many columns a line has, as formatters count them."""
    return len(line.expandtabs(4))


def _comment(node: cst.CSTNode) -> str:
    """The comment behind a statement on one line, or behind the head of another."""
    body = getattr(node, "body", None)
    space = node.trailing_whitespace if isinstance(node, cst.SimpleStatementLine) else getattr(body, "header", None)
    return space.comment.value if space is not None and space.comment is not None else ""


class _Wrapper:
    """The lines of one statement, which begins and ends at some offsets."""

    def __init__(self, file: Syntax, start: int, end: int, bounds: Bounds) -> None:
        self._file = file
        self._start, self._end = start, end
        self._bounds = bounds
        self._room = bounds.limit - width(file.indent(start))

    def fits(self, line: str) -> bool:
        """Whether a line is short enough behind the indentation."""
        return width(line) <= self._room

    def of(self, statement: Statement) -> Sequence[str] | None:
        """The lines of it, None where it is none of the forms that are known."""
        match statement.small or statement.node:
            case cst.Expr(value=cst.Call(func=func, args=[_, *_]) as value) if _calls(func) == 1:
                return self._called(value)
            case cst.Expr(value=value) | cst.Del(target=value) | cst.For(iter=value):
                return self._bracketed(value)
            case cst.With(items=[cst.WithItem(item=value, asname=None)]):
                return self._bracketed(value)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)], value=value) if _is_bare(
                value
            ):
                return self._value(value) if _is_bare(target) else None
            case cst.Assign(value=value) | cst.AugAssign(value=value):
                return self._value(value)
            case cst.AnnAssign(value=value) | cst.Return(value=value) if value is not None:
                return self._value(value)
            case cst.If(test=value) | cst.While(test=value):
                return self._operated(value) if isinstance(value, _SPLIT) else self._bracketed(value)
            case cst.ImportFrom(names=[*names], lpar=None):
                return self._spread(names, self._file.span(names[0])[0], self._end, "(", ")", always=True)
            case cst.FunctionDef() as function:
                return self._function(function)
        return None

    def _value(self, value: cst.BaseExpression) -> Sequence[str] | None:
        """What is assigned or returned, which may stand in parentheses as a whole."""
        if isinstance(value, _SPLIT):
            return self._operated(value)
        if not _is_bare(value):
            return self._bracketed(value)
        commented = self._end < self._file.line_end(self._start)  # formatters take the comment along into parentheses
        return None if commented and not isinstance(value, cst.Call) else self._whole(value)

    # --- in parentheses ---

    def _whole(self, value: cst.BaseExpression) -> Sequence[str] | None:
        """The value on a line of its own."""
        start, end = self._file.span(value)
        if _is_parenthesized(value):
            return None
        return self._around(start, end, [self._file.text[start:end]], "(", ")")

    def _operated(self, value: cst.BaseExpression) -> Sequence[str] | None:
        """Operands and operators: on one line if there is room, else each operator at the beginning of a line."""
        start, end = self._file.span(value)
        places = _operands(self._file, value)
        if places is not None and len(places) == 1 and self._file.text[end - 1] in ")]}":
            return None  # the brackets may be broken instead
        whole = self._whole(value)
        if whole is None or self.fits(whole[1]) or places is None:
            return whole
        cuts = [start, *places, end]
        pieces = [self._file.text[a:b].strip() for a, b in pairwise(cuts)]
        return self._around(start, end, pieces, "(", ")")

    def _around(self, start: int, end: int, lines: Sequence[str], opening: str, closing: str) -> Sequence[str]:
        head, tail = self._file.text[self._start : start], self._file.text[end : self._end]
        return [f"{head}{opening}", *(f"{self._file.unit}{line}" for line in lines), f"{closing}{tail}"]

    # --- in brackets that are there ---

    def _bracketed(self, value: cst.BaseExpression) -> Sequence[str] | None:
        """What is in the last brackets of an expression on lines of its own."""
        if _is_parenthesized(value) and not isinstance(value, cst.Tuple):
            return None
        match value:
            case cst.Await(expression=inner) | cst.UnaryOperation(operator=cst.Not(), expression=inner):
                return self._bracketed(inner)
            case cst.Call(args=[], func=cst.Attribute(value=cst.Call(args=[_, *_]) as inner)):
                return self._bracketed(inner)
            case cst.Call(args=[_, *_], func=func):
                return self._called(value) if not _calls(func) else None
            case cst.Subscript(value=base, slice=[_]):
                start, end = self._file.whole(base)[1] + 1, self._file.span(value)[1] - 1
                return self._around(start, end, [self._file.text[start:end]], "", "")
            case cst.Dict(elements=[*elements]) | cst.List(elements=[*elements]) | cst.Set(elements=[*elements]):
                start, end = self._file.span(value)
                return self._spread(elements, start + 1, end - 1, always=len(elements) > 1)
            case cst.Tuple(elements=[_, _, *_] as elements, lpar=[_]):
                start, end = self._file.whole(value)
                return self._spread(elements, start + 1, end - 1, always=True)
            case cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._comprehension(value)
        return None

    def _called(self, call: cst.Call) -> Sequence[str] | None:
        """The arguments of a call on lines of their own."""
        return self._spread(call.args, self._file.whole(call.func)[1] + 1, self._file.span(call)[1] - 1)

    def _function(self, function: cst.FunctionDef) -> Sequence[str] | None:
        """The parameters of a function on lines of their own, or what it returns where it has none."""
        parameters = function.params
        plain = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
        starred = isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None
        if starred or parameters.posonly_params or parameters.kwonly_params:
            return None
        if plain:
            start = self._file.span(plain[0])[0]
            end = self._file.span(function.returns)[0] if function.returns is not None else self._end
            return self._spread(plain, start, self._file.text.rindex(")", start, end), alone=True)
        if function.returns is None:
            return None
        start, end = self._file.span(function.returns.annotation)
        return self._around(start, end, [self._file.text[start:end]], "(", ")")

    def _spread(
        self,
        items: Sequence[cst.CSTNode],
        start: int,
        end: int,
        opening: str = "",
        closing: str = "",
        *,
        always: bool = False,
        alone: bool = False,
    ) -> Sequence[str] | None:
        """Items that stand between two offsets: all on one line if there is room, else one a line with a comma. always:
        one a line in any case; alone: one that is alone has the comma too."""
        text = self._file.text[start:end]
        if text.rstrip().endswith(","):
            return None
        one = self._around(start, end, [text], opening, closing)
        fits = self._bounds.sure and self.fits(one[1])
        if fits and not always and not (alone and len(items) == 1):
            return one
        if any(isinstance(item, cst.Arg) and isinstance(item.value, cst.GeneratorExp) for item in items):
            return None
        pieces = [f"{self._file.text[slice(*self._file.span(item))].rstrip(', ')}," for item in items]
        return self._around(start, end, pieces, opening, closing)

    def _comprehension(self, value: cst.ListComp | cst.SetComp | cst.DictComp) -> Sequence[str] | None:
        """A comprehension on one line, or with each `for` and `if` at the beginning of one."""
        start, end = self._file.span(value)
        one = self._around(start + 1, end - 1, [self._file.text[start + 1 : end - 1]], "", "")
        if self.fits(one[1]):
            return one
        cuts = [start + 1]
        loop: cst.CompFor | None = value.for_in
        while loop is not None:
            cuts += [self._file.span(loop)[0], *(self._file.span(each)[0] for each in loop.ifs)]
            loop = loop.inner_for_in
        cuts.append(end - 1)
        pieces = [self._file.text[a:b].strip() for a, b in pairwise(cuts)]
        return self._around(start + 1, end - 1, pieces, "", "")


def _is_bare(value: cst.BaseExpression) -> bool:
    """Whether an expression has nothing in brackets: names, attributes, and a call without arguments at the end."""
    match value:
        case cst.Call(args=[], func=func):
            return _is_bare(func) and not isinstance(func, cst.Call)
        case cst.Attribute(value=base):
            return _is_bare(base) and not isinstance(base, cst.Call)
    return isinstance(value, cst.Name)


def _calls(func: cst.BaseExpression) -> int:
    """How many calls there are on the way to what is called."""
    match func:
        case cst.Call(func=inner):
            return 1 + _calls(inner)
        case cst.Attribute(value=base) | cst.Subscript(value=base):
            return _calls(base)
    return 0


def _is_parenthesized(value: cst.BaseExpression) -> bool:
    return bool(value.lpar)


def _operands(file: Syntax, value: cst.BaseExpression) -> list[int] | None:
    """Where the operators of an expression begin that formatters break lines at; None where they may break others."""
    match value:
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            inner: list[int] | None = []
            if isinstance(left, cst.BooleanOperation) and not _is_parenthesized(left):
                inner = _operands(file, left) if isinstance(left.operator, type(operator)) else None
            return [*inner, file.span(operator)[0]] if inner is not None else None
        case cst.Comparison(comparisons=comparisons):
            return [file.span(each.operator)[0] for each in comparisons]
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract() as operator, right=right):
            nested = isinstance(left, cst.BinaryOperation) or isinstance(right, cst.BinaryOperation)
            return None if nested else [file.span(operator)[0]]
    return None
