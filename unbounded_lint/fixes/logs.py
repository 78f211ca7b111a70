"""How a module writes an exception to its log."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.constants import behind_imports
from unbounded_lint.fixes.imports import imported
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import quote
from unbounded_lint.fixes.syntax import Syntax, last_name
from unbounded_lint.fixes.text import Change

_MAKERS = frozenset({"getLogger", "get_logger", "getChild"})


def logger(file: Syntax) -> tuple[str, tuple[Change, ...]]:
    """The logger of a module, and the statements that make one where it has none."""
    for name in _loggers(file):
        return name, ()
    for name in ("logger", "_logger"):
        if name not in file.words:
            maker, needed = imported(file, "logging", "getLogger")
            made = behind_imports(file, [f"{name} = {maker}(__name__)"])
            if any(change.start == made.start for change in needed):
                line = made.text.strip("\n")
                return name, (*(change._replace(text=f"{change.text}\n{line}\n") for change in needed),)
            return name, (*needed, made)
    raise Refused(f"`{file.path}` has no logger, and a name for one is taken")


def _loggers(file: Syntax) -> Iterator[str]:
    for statement in file.top:
        match statement.small:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call(func=func)):
                if last_name(func) in _MAKERS:
                    yield str(name)
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.Call(func=func)):
                if last_name(func) in _MAKERS:
                    yield str(name)
            case cst.ImportFrom(names=[*aliases]):
                bound = (alias.evaluated_alias or alias.evaluated_name for alias in aliases)
                yield from (name for name in bound if name in {"logger", "LOGGER"})


def handler(file: Syntax, name: str, what: str) -> list[str]:
    """The lines that catch an exception and write it down, with what failed in words."""
    mark = quote(file)
    return ["except Exception:", f"{file.unit}{name}.exception({mark}{what}{mark})"]
