"""Import statements as facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT, Cursor, since
from unbounded_lint.facts.model import Import, ImportedName


def _modules(self: Cursor, node: Any) -> Import:
    self.at += 1 if node.__class__ is cst.Import else 2
    names = []
    for alias in node.names:
        module = _dotted(self, alias.name)
        bound = _as_name(self, alias) or module.partition(".")[0]
        names.append(ImportedName(module, 0, None, self.mangled(bound)))
    return Import(tuple(names))


def _from_module(self: Cursor, node: Any) -> Import:
    self.at += 1 if node.__class__ is cst.ImportFrom else 2
    level = len(node.relative)
    self.at += level
    module = "" if node.module is None else _dotted(self, node.module)
    self.at += 1
    if isinstance(node.names, cst.ImportStar):
        self.at += 1
        return Import((ImportedName(module, level, "*", "*"),))
    brackets = 1 if node.lpar is not None else 0
    self.at += brackets
    names = []
    for alias in node.names:
        attribute = self.mangled(_dotted(self, alias.name))
        names.append(ImportedName(module, level, attribute, self.mangled(_as_name(self, alias)) or attribute))
    self.at += brackets
    return Import(tuple(names))


def _as_name(self: Cursor, alias: cst.ImportAlias) -> str:
    name = ""
    if alias.asname is not None:
        self.at += 2
        name = getattr(alias.asname.name, "value", "")
    if alias.comma is not ABSENT:
        self.at += 1
    return name


def _dotted(self: Cursor, node: Any) -> str:
    names = []
    while node.__class__ is cst.Attribute:
        names.append(node.attr.value)
        node = node.value
    names.append(node.value)
    self.at += 2 * len(names) - 1
    return ".".join(reversed(names))


IMPORTS: dict[type, Callable[[Any, Any], Import]] = {
    cst.Import: _modules,
    cst.ImportFrom: _from_module,
    **since("LazyImport", _modules),
    **since("LazyImportFrom", _from_module),
}
