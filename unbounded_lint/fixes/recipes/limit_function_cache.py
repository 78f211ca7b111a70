"""UBM301: a memo of a function gets a size."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.imports import unneeded, with_name
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Syntax, dotted
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.defects.unbounded_function_cache import FunctionCache

SIZE = 1024


def repair(bench: Bench) -> Repair:
    """Give the decorator a `maxsize`."""
    found = (c for c in bench.project.defects.unbounded_function_caches.all if c.symbol == bench.finding.symbol)
    memo = next(found, None)
    if memo is None:
        raise Refused("its decorator cannot be found again")
    file = bench.file(memo.scope.path)
    statement = bench.defined(memo.scope)
    if not isinstance(statement.node, cst.FunctionDef):
        raise Refused("its decorator cannot be found again")
    for decorator in statement.node.decorators:
        changes = tuple(_limited(file, decorator.decorator, memo))
        if changes:
            name = memo.symbol.partition(":")[2]
            return Repair(
                f"Let the memo of `{name}()` keep the {SIZE} results that were used last",
                "a result that was dropped can be computed again, and nobody needs the very same object twice",
                changes,
            )
    raise Refused(f"`@{memo.decorator}` has no `maxsize` that could be given")


def _limited(file: Syntax, decorator: cst.BaseExpression, memo: FunctionCache) -> Iterator[Change]:
    """The changes that limit a decorator, none where it is another one."""
    limited = f"lru_cache(maxsize={SIZE})"
    match decorator:
        case cst.Call(args=args):
            for index, argument in enumerate(args):
                name = argument.keyword.value if argument.keyword is not None else "" if index else "maxsize"
                if name == "maxsize" and not argument.star and dotted(argument.value) == "None":
                    yield file.replace(argument.value, str(SIZE))
        case cst.Attribute(attr=cst.Name(value="cache"), value=value) if memo.decorator == "cache" and dotted(value):
            yield file.replace(decorator, f"{dotted(value)}.{limited}")
        case cst.Name() if memo.decorator == "cache":
            yield from _of_name(file, decorator, limited)


def _of_name(file: Syntax, decorator: cst.Name, limited: str) -> Iterator[Change]:
    """The same for a name that was imported: what it is imported as changes too, unless others use it."""
    used = sum(node.value == decorator.value for node in _all_names(file.tree)) - 1  # the import has one too
    for statement in file.top:
        match statement.small:
            case cst.ImportFrom(module=cst.Name(value="functools"), names=[*aliases], relative=()):
                for alias in aliases:
                    if alias.evaluated_name != "cache" or alias.asname is not None or decorator.value != "cache":
                        continue
                    known = any(a.evaluated_name == "lru_cache" and a.asname is None for a in aliases)
                    if known:
                        yield from unneeded(file, decorator.value, [decorator])
                    else:
                        if "lru_cache" in file.words:
                            raise Refused("`lru_cache` has another meaning in its file")
                        yield with_name(file, aliases, "lru_cache", None if used > 1 else alias)
                    yield file.replace(decorator, limited)


def _all_names(tree: cst.CSTNode) -> Iterator[cst.Name]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Name):
            yield node
        pending += node.children
