"""UBM202: an entry that never gets what the sweep asks for goes a day after it was made."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.births import Birth, birth_of, demand_changeable
from unbounded_lint.fixes.constants import defined, of_module
from unbounded_lint.fixes.dates import entry_class
from unbounded_lint.fixes.imports import imported_by_name
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.style import constant, quote
from unbounded_lint.fixes.syntax import Statement, Syntax, written
from unbounded_lint.fixes.tolerance import demand_missing_keys
from unbounded_lint.link.defects.entry_skipping_sweep import Skip

AGE = 86_400
"""Seconds after which an entry goes that has no deadline."""

_UP = 4
"""How many callers above a removal are asked whether they walk the container."""

_CLOCKS = MappingProxyType(
    {
        "time.monotonic": r"\bmonotonic\b",
        "time.time": r"\btime\.time\b|\bfrom time import .*\btime\b",
        "datetime": r"\bdatetime\b|\bperf_counter\b",
    }
)
"""How a file shows that it asks a clock."""


class _Walk(NamedTuple):
    """The statement that walks the container to sweep it, and how that writes the container."""

    file: Syntax
    statement: Statement
    name: str


def repair(bench: Bench) -> Repair:
    """Let the sweep drop such entries first, by the time at which they were made."""
    skip = bench.project.defects.entry_skipping_sweeps.of(bench.container)
    if skip is None:
        raise Refused("its sweep cannot be found again")
    if bench.container.holder.made.kind.family != "map":
        raise NotConcerned
    demand_missing_keys(bench)
    field = _field(bench, skip)
    demand_changeable(bench, skip.path[0])
    walk = _walk(bench, skip)
    birth = birth_of(bench, skip.path, _clock(bench, walk))
    clock, imports = imported_by_name(walk.file, birth.clock)
    limit = constant(walk.file, bench.container.holder.name, "MAX_AGE_SECONDS")
    line = f"{limit} = {AGE:_}"
    lines = _lines(bench, skip, walk, f"{clock}()", birth, limit)
    changes = [
        *birth.changes,
        *imports,
        defined(bench, line) if walk.file is bench.home else of_module(walk.file, [line]),
        walk.file.before(walk.statement, lines),
    ]
    return Repair(
        f"Let its sweep take entries of `{bench.container.name}` without {field} a day after they were made",
        f"an entry without {field} is of no use after a day, and may be given one then",
        tuple(changes),
    )


def _field(bench: Bench, skip: Skip) -> str:
    """The field that entries lack, as one tells of it."""
    if not skip.path:
        raise Refused("its entries are nothing but what they lack, without a place for the time of their making")
    if len(skip.path) != 1 or skip.path[0][1:-1].isdigit():
        raise Refused("what its entries lack has no name")
    step = skip.path[0]
    return f"`{step[1:]}`" if step.startswith(".") else f"`{step[1:-1]}`"


def _walk(bench: Bench, skip: Skip) -> _Walk:
    """Where the sweep begins: in the function with the removal, or one that calls it, which walks the container."""
    scope = skip.removal.access.scope
    for _ in range(_UP):
        for access in bench.container.accesses.within(scope, "iterate", "read"):
            walks = access.kind == "iterate" or access.how in {"items", "keys", "values"}
            if walks and not access.nested and (name := written(access.site.node)):
                file, statement = bench.statement(scope, access.op)
                if not isinstance(statement.node, cst.While) and statement.function is not None:
                    return _Walk(file, statement, name)
        above = {caller for caller, _ in bench.project.execution.graph.callers(scope)}
        if len(above) != 1 or not (scope := above.pop()).index:
            break
    raise Refused("its sweep is no function that walks it")


def _clock(bench: Bench, walk: _Walk) -> str:
    """The clock that the sweep goes by. Raises `Refused` where that may be one or another."""
    files = dict.fromkeys(
        [walk.file, bench.home, *(bench.file(scope.path) for scope in (entry_class(bench),) if scope)]
    )
    for file in files:
        known = {name for name, words in _CLOCKS.items() if re.search(words, file.text)}
        if len(known) == 1 and (only := known.pop()) != "datetime":
            return only
        if known:
            break
    raise Refused("the clock that its sweep goes by cannot be told")


def _lines(bench: Bench, skip: Skip, walk: _Walk, now: str, birth: Birth, limit: str) -> list[str]:
    """The loop that gives entries that are too old what the sweep asks for."""
    step, mark = skip.path[0], quote(walk.file)
    for name in ("entry", "oldest"):
        if not walk.file.is_free(name, walk.statement):
            raise Refused(f"the name `{name}` is taken in its sweep")
    part = f"entry{step}" if step.startswith(".") else f"entry[{mark}{step[1:-1]}{mark}]"
    born = f"entry{birth.path}"
    unset = f"{part} is None" if _asks_none(bench, skip) else f"not {part}"
    unit = walk.file.unit
    return [
        f"oldest = {now} - {limit}",
        f"for entry in list({walk.name}.values()):",
        f"{unit}if {unset} and {born} < oldest:",
        f"{unit * 2}{part} = {born}",
    ]


def _asks_none(bench: Bench, skip: Skip) -> bool:
    """Whether the sweep tells such entries by `None`, rather than by truth."""
    for scope, op in skip.guards:
        file, statement = bench.statement(scope, op)
        head = file.text[statement.start : file.line_end(statement.start)]
        if " is None" in head or " is not None" in head:
            return True
    return False
