"""Statements that hypothesmith makes, from the grammar and from the nodes of libcst, with names of our programs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import chain

import hypothesmith
import libcst as cst
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis import seed as seeded

from tests.fuzz.compose import NAMES

NODES = (
    *(cst.FunctionDef, cst.ClassDef, cst.Assign, cst.Expr, cst.Del, cst.Global),
    *(cst.Lambda, cst.Call, cst.Comparison, cst.Subscript, cst.FormattedString),
)
"""The nodes that it is quick at; a whole module is nearly always empty."""


def snippets(seed: int, count: int) -> tuple[str, ...]:
    """About `count` different pieces of a program, each of them statements; the same seed gives the same ones."""
    share = count // (len(NODES) + 1) + 1
    strategy = hypothesmith.from_grammar("file_input")
    drawn = chain(_drawn(strategy, seed, share), *(_drawn(hypothesmith.from_node(n), seed, share) for n in NODES))
    return tuple(dict.fromkeys(piece for text in drawn for piece in _renamed(text)))


def _drawn(strategy: strategies.SearchStrategy[str], seed: int, count: int) -> list[str]:
    found: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(text: str) -> None:
        found.append(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw()
    return found


class _Rename(cst.CSTTransformer):
    """Gives every name one of our stock: the same name always the same one."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if original_node.value in ("True", "False", "None"):
            return updated_node
        known = self.names.setdefault(original_node.value, NAMES[len(self.names) * 7 % len(NAMES)])
        return updated_node.with_changes(value=known)


def _renamed(text: str) -> Iterator[str]:
    try:
        code = cst.parse_module(text).visit(_Rename()).code.strip("\n")
        cst.parse_module(code)
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        return
    if code.strip() and "\r" not in code and "\\\n" not in code:
        yield code
