"""Names of the standard library as a file writes them, imported where they are not yet."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, names_in
from unbounded_lint.fixes.text import Change


def imported(file: Syntax, module: str, attribute: str, *, bare: bool = False) -> tuple[str, tuple[Change, ...]]:
    """How a file writes `module.attribute`, and the import that this needs where it has none: of the module, or of the
    bare name. Raises `Refused` where the name means something else there."""
    for statement in file.top:
        match statement.small:
            case cst.Import(names=names):
                for alias in names:
                    if dotted(alias.name) == module:
                        bound = alias.evaluated_alias or module
                        return f"{_bound_once(file, bound)}.{attribute}", ()
            case cst.ImportFrom(module=cst.Name(value=value), names=[*aliases], relative=()) if value == module:
                for each in aliases:
                    if each.evaluated_name == attribute:
                        return _bound_once(file, each.evaluated_alias or attribute), ()
    if bare and attribute not in file.words:
        return attribute, (_import_from(file, module, attribute),)
    if module in file.words and any(node.value == module for node in _meant(file)):
        raise Refused(f"`{module}` is not the module of that name in `{file.path}`")
    return f"{module}.{attribute}", (_import(file, module),)


def imported_by_name(file: Syntax, name: str) -> tuple[str, tuple[Change, ...]]:
    """As `imported`, by the dotted name ("time.time")."""
    module, _, attribute = name.partition(".")
    return imported(file, module, attribute)


def imported_too(file: Syntax, module: str, attribute: str) -> tuple[str, tuple[Change, ...]]:
    """As `imported`, but a name beside others that the file imports from the module, where there are some."""
    for statement in file.top:
        match statement.small:
            case cst.ImportFrom(module=cst.Name(value=value), names=[*aliases], relative=()) if value == module:
                if attribute not in file.words:
                    return attribute, (with_name(file, aliases, attribute),)
    return imported(file, module, attribute, bare=True)


def with_name(
    file: Syntax, aliases: Sequence[cst.ImportAlias], name: str, instead_of: cst.ImportAlias | None = None
) -> Change:
    """A name among those that are imported, in the order that import sorters give them. Raises `Refused` where these
    are spread over several lines."""
    first, last = aliases[0], aliases[-1]
    start, end = file.span(first)[0], file.span(last.asname or last.name)[1]
    if "\n" in file.text[start:end] or "\r" in file.text[start:end]:
        raise Refused("the import that would change is spread over several lines")
    names = [alias.evaluated_name for alias in aliases]
    kept = [file.source(alias).rstrip(", ") for alias in aliases if alias is not instead_of]
    added = [*kept, name]
    ordered = sorted(added, key=_order) if names == sorted(names, key=_order) else added
    return Change(file.path, start, end, ", ".join(ordered))


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, then the rest, as isort has them."""
    word = name.partition(" ")[0]
    return (0 if word.isupper() else 1 if word[:1].isupper() else 2), word


def unneeded(file: Syntax, name: str, going: Sequence[cst.CSTNode]) -> tuple[Change, ...]:
    """The change that no longer imports a name, where nothing has used it but the expressions that go."""
    used = sum(node.value == name for part in going for node in names_in(part))
    if not used or sum(node.value == name for node in names_in(file.tree)) != used + 1:
        return ()
    for statement in file.top:
        match statement.small:
            case cst.ImportFrom(names=[*aliases]) if statement.alone:
                index = next((i for i, a in enumerate(aliases) if (a.evaluated_alias or a.evaluated_name) == name), -1)
                if index < 0:
                    continue
                if len(aliases) == 1:
                    end = file.next_line(max(statement.end - 1, statement.start))
                    return (Change(file.path, file.line_start(statement.start), end, ""),)
                spans = [file.span(alias) for alias in aliases]
                start = spans[index][0] if index + 1 < len(aliases) else _end(file, aliases[index - 1])
                end = spans[index + 1][0] if index + 1 < len(aliases) else _end(file, aliases[index])
                return (Change(file.path, start, end, ""),) if "#" not in file.text[start:end] else ()
    return ()


def unused_names(file: Syntax, module: str, going: Sequence[cst.CSTNode]) -> Iterator[Change]:
    """The changes that no longer import those names of a module that nothing has used but the expressions that go."""
    gone = {id(node): node.value for part in going for node in names_in(part)}
    counts = Counter(gone.values())
    every = Counter(node.value for node in names_in(file.tree))
    for statement in file.top:
        match statement.small:
            case cst.ImportFrom(module=cst.Name(value=value), names=[*aliases], relative=()) if value == module:
                bound = [(alias, alias.evaluated_alias or alias.evaluated_name) for alias in aliases]
                kept = [alias for alias, name in bound if not counts[name] or every[name] != counts[name] + 1]
                start, end = file.span(aliases[0])[0], _end(file, aliases[-1])
                if len(kept) == len(aliases) or not statement.alone or "\n" in file.text[start:end]:
                    continue
                if kept:
                    yield Change(file.path, start, end, ", ".join(file.source(alias).rstrip(", ") for alias in kept))
                else:
                    end = file.next_line(max(statement.end - 1, statement.start))
                    yield Change(file.path, file.line_start(statement.start), end, "")


def unused(file: Syntax, module: str, going: Sequence[cst.CSTNode]) -> tuple[Change, ...]:
    """The change that no longer imports a module, where nothing has used it but the expressions that go."""
    used = len({id(node) for part in going for node in names_in(part) if node.value == module})
    if not used or sum(node.value == module for node in names_in(file.tree)) != used + 1:
        return ()
    for statement in file.top:
        match statement.small:
            case cst.Import(names=[cst.ImportAlias(asname=None, name=cst.Name(value=name))]) if name == module:
                end = file.next_line(max(statement.end - 1, statement.start))
                return (Change(file.path, file.line_start(statement.start), end, ""),) if statement.alone else ()
    return ()


def _end(file: Syntax, alias: cst.ImportAlias) -> int:
    """Where an imported name ends, without the comma behind it."""
    return file.span(alias.asname or alias.name)[1]


def _bound_once(file: Syntax, bound: str) -> str:
    """A name that is bound by one import and nothing else."""
    if bound and any(_is_target(node, bound) for node in _binders(file.tree)):
        raise Refused(f"`{bound}` is not only the import of that name in `{file.path}`")
    return bound


def _meant(file: Syntax) -> Iterator[cst.Name]:
    """The names of a file, those left out by which imports name a module."""
    modules = {
        id(node)
        for statement in file.statements
        if isinstance(small := statement.small, cst.ImportFrom) and small.module is not None
        for node in names_in(small.module)
    }
    return (node for node in names_in(file.tree) if id(node) not in modules)


def _binders(tree: cst.CSTNode) -> Iterator[cst.CSTNode]:
    pending: list[cst.CSTNode] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.Param | cst.FunctionDef | cst.ClassDef | cst.For):
            yield node
        pending += node.children


def _is_target(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.FunctionDef(name=cst.Name(value=value)) | cst.ClassDef(name=cst.Name(value=value)):
            return bool(value == name)
        case cst.Param(name=cst.Name(value=value)):
            return bool(value == name)
        case cst.AssignTarget(target=target) | cst.AnnAssign(target=target) | cst.For(target=target):
            return isinstance(target, cst.Name) and target.value == name
    return False


def _import(file: Syntax, module: str) -> Change:
    """The statement that imports a module, where import sorters would put it."""
    plain = [(s, dotted(small.names[0].name)) for s in file.top if isinstance(small := s.small, cst.Import)]
    standard = [(s, name) for s, name in plain if name.partition(".")[0] in sys.stdlib_module_names and s.alone]
    line = f"import {module}"
    for statement, name in standard:
        if name > module:
            return file.before(statement, [line])
    if standard:
        return file.after(standard[-1][0], [line])
    return _first_import(file, line)


def _import_from(file: Syntax, module: str, attribute: str) -> Change:
    """The statement that imports a name, where import sorters would put it."""
    line = f"from {module} import {attribute}"
    standard = [(s, name) for s in file.top if (name := _from(s)) in sys.stdlib_module_names and name != "__future__"]
    for statement, name in standard:
        if name > module:
            return file.before(statement, [line])
    plain = [s for s in file.top if isinstance(s.small, cst.Import) and _first_name(s) in sys.stdlib_module_names]
    if standard or plain:
        return file.after(standard[-1][0] if standard else plain[-1], [line])
    return _first_import(file, line)


def _from(statement: Statement) -> str:
    """The module of a `from` import of this module's level, by its first name."""
    small = statement.small
    if isinstance(small, cst.ImportFrom) and small.module is not None and not small.relative:
        return dotted(small.module).partition(".")[0]
    return ""


def _first_name(statement: Statement) -> str:
    small = statement.small
    return dotted(small.names[0].name).partition(".")[0] if isinstance(small, cst.Import) else ""


def _first_import(file: Syntax, line: str) -> Change:
    """The same, where no module of the standard library is imported by itself yet."""
    for statement in file.top:
        top = _from(statement)
        if top != "__future__" and top in sys.stdlib_module_names:
            return file.before(statement, [line])
    head = _head(file.top)
    if head:
        return file.after(head[-1], ["", line])
    for statement in file.top:
        return file.before(statement, [line, ""] if _imports(statement) else [line, "", ""])
    raise Refused(f"`{file.path}` is empty")


def _head(top: Sequence[Statement]) -> Sequence[Statement]:
    """The text about the module and its `__future__` imports."""
    found = []
    for index, statement in enumerate(top):
        small = statement.small
        is_text = index == 0 and isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
        future = isinstance(small, cst.ImportFrom) and small.module is not None and dotted(small.module) == "__future__"
        if not is_text and not future:
            break
        found.append(statement)
    return found


def _imports(statement: Statement) -> bool:
    return isinstance(statement.small, cst.Import | cst.ImportFrom)
