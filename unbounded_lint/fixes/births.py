"""The time at which entries are made: where they carry it, or how they come to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.dates import births, entry_class
from unbounded_lint.fixes.imports import imported_by_name, imported_too
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import quote
from unbounded_lint.fixes.syntax import Statement, Syntax, last_name
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.entries.values import Path
from unbounded_lint.link.program.module import ScopeId

BIRTH: Sequence[str] = ("created_at", "made_at", "stored_at")
"""What the time may be called at which an entry was made."""

_WRITTEN_OUT = frozenset({"asdict", "astuple", "fields", "vars", "__dict__", "__slots__", "dumps", "jsonify"})
"""Words of code that asks an entry for all that is in it, or has a list of it."""


class Birth(NamedTuple):
    """The clock of the time at which an entry is made ("time.time"), how it is got from the entry (".created_at"), and
    the changes that put it there."""

    clock: str
    path: str
    changes: tuple[Change, ...]


def birth_of(bench: Bench, besides: Path, clock: str) -> Birth:
    """The time of birth that every entry has, or is given, as a clock tells it. Raises `Refused` where they cannot be
    given one; `besides` is the part that says something else."""
    told = sorted(date for date in births(bench) if date.path.replace('"', "") != "".join(besides))
    if told and told[0].clock != clock:
        raise Refused(f"its entries say by `{told[0].clock}()` when they were made, and its sweep asks `{clock}()`")
    if told:
        return Birth(told[0].clock, told[0].path.replace('"', quote(bench.home)), ())
    return part_with_time(bench, clock, BIRTH)


def part_with_time(bench: Bench, clock: str, names: Sequence[str]) -> Birth:
    """A new part of each entry, by the first free one of some names, that gets the time at which the entry is made.
    Raises `Refused` where it cannot be given one."""
    inserts = [a for a in bench.container.accesses if a.kind == "insert" and not a.nested]
    if all(isinstance(access.value, m.DictDisplay) for access in inserts):
        return _of_displays(bench, clock, names)
    cls = entry_class(bench)
    if cls is None:
        raise Refused("its entries have no place for the time at which they were made")
    return _of_class(bench, cls, clock, names)


def demand_changeable(bench: Bench, step: str) -> None:
    """Raises `Refused` where a part of an entry may not be given another value."""
    if not step.startswith("."):
        return
    cls = entry_class(bench)
    if cls is None:
        raise Refused("it is not known what its entries are")
    facts = bench.facts(cls)
    frozen = (a for d in facts.decorators if isinstance(d, m.Call) for a in d.args if a.keyword == "frozen")
    if any(not isinstance(a.value, m.Const) or a.value.value != "False" for a in frozen):
        raise Refused(f"objects of `{facts.name}` cannot be changed")
    if bench.project.flow.resolver.all_outside_bases(cls):
        raise Refused(f"`{facts.name}` derives from a class that cannot be seen")


def _of_displays(bench: Bench, clock: str, names: Sequence[str]) -> Birth:
    """A key in each dict that is stored."""
    changes: list[Change] = []
    name = _free(bench.home, names)
    for access, use in bench.uses(["insert"]):
        if access.nested:
            continue
        _demand_whole(use.file)
        told, needed = imported_by_name(use.file, clock)
        small = use.statement.small
        value = small.value if isinstance(small, cst.Assign | cst.AnnAssign) else None
        if not isinstance(value, cst.Dict) or not value.elements or use.file.source(value).count("\n"):
            raise Refused("its entries are not made where they are stored")
        last, mark = value.elements[-1], quote(use.file)
        end = use.file.whole(last.value)[1]
        added = f", {mark}{name}{mark}: {told}()"
        changes += [*needed, Change(use.file.path, end, end, added)]
    return Birth(clock, f"[{quote(bench.home)}{name}{quote(bench.home)}]", tuple(dict.fromkeys(changes)))


def _of_class(bench: Bench, cls: ScopeId, clock: str, names: Sequence[str]) -> Birth:
    """An attribute of the objects that are stored."""
    file, facts = bench.file(cls.path), bench.facts(cls)
    _demand_whole(file)
    _demand_whole(bench.home)
    name = _free(file, names, bench.project.flow.resolver.writes(cls))
    if bench.project.flow.hierarchy.subclasses(cls):
        raise Refused(f"other classes derive from `{facts.name}`, whose objects have no time at which they were made")
    statement = bench.defined(cls)
    told, needed = imported_by_name(file, clock)
    init = bench.project.flow.resolver.methods(cls, "__init__")
    decorators = statement.node.decorators if isinstance(statement.node, cst.ClassDef) else ()
    if any(_is_dataclass(each.decorator) for each in decorators):
        changes = _with_field(bench, file, statement, name, told)
    elif len(init) == 1 and bench.project.program.owner_class(init[0]) == cls:
        changes = _with_attribute(bench, file, init[0], name, told)
    else:
        raise Refused(f"`{facts.name}` has no constructor that could tell the time at which an entry was made")
    return Birth(clock, f".{name}", (*needed, *changes))


def _is_dataclass(decorator: cst.BaseExpression) -> bool:
    called = decorator.func if isinstance(decorator, cst.Call) else decorator
    return last_name(called) == "dataclass"


def _with_field(bench: Bench, file: Syntax, cls: Statement, name: str, clock: str) -> Iterator[Change]:
    fields = [s for s in file.block_of(cls) if isinstance(s.small, cst.AnnAssign)]
    if not fields:
        raise Refused("the class of its entries has no fields")
    told, needed = imported_too(file, "dataclasses", "field")
    line = f"{name}: float = {told}(default_factory={clock}, compare=False)"
    yield from needed
    yield file.after(fields[-1], [line])


def _with_attribute(bench: Bench, file: Syntax, init: ScopeId, name: str, clock: str) -> Iterator[Change]:
    body = file.block_of(bench.defined(init))
    first = bench.facts(init).parameters[0].name if bench.facts(init).parameters else ""
    kept = [s for s in body if isinstance(s.small, cst.Assign | cst.AnnAssign)]
    if not kept or not first:
        raise Refused("the constructor of its entries keeps nothing that the time could stand beside")
    line = f"{first}.{name} = {clock}()"
    yield file.after(kept[-1], [line])


def _demand_whole(file: Syntax) -> None:
    """Raises `Refused` where code asks an entry for all that is in it."""
    found = sorted(_WRITTEN_OUT & file.words)
    if found:
        raise Refused(f"its entries may be told whole, as `{found[0]}` in `{file.path}` does")


def _free(file: Syntax, names: Sequence[str], known: Collection[str] = ()) -> str:
    """The first of some names that neither a file nor a class has."""
    found = next((name for name in names if name not in file.words and name not in known), None)
    if found is None:
        raise Refused(f"`{names[0]}` is something else in `{file.path}`")
    return found
