"""A sweep for a container: one that is written already, or a new one that takes what is too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.dates import Dated
from unbounded_lint.fixes.imports import imported, imported_by_name
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.style import constant, function
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change
from unbounded_lint.fixes.tolerance import demand_tolerance
from unbounded_lint.link.dataflow.handles import Attribute, Variable
from unbounded_lint.link.program.module import ScopeId

TTL = 3600
"""Seconds after which an entry goes that says when it was made."""

PAUSE = 60
"""Seconds between two sweeps on the way to an insert."""


@dataclass(frozen=True)
class Sweep:
    """How a sweep is called, the statements of its body, and what else the module needs for it.

    receiver is "self." for a method of the class that holds the container, "" for a function; name that of the sweep;
    body its lines, none for one that is there already; clock the function that tells its time; constants the lines
    that stand by the container.
    """

    receiver: str
    name: str
    body: tuple[str, ...]
    clock: str
    constants: tuple[str, ...]
    imports: tuple[Change, ...]

    @property
    def call(self) -> str:
        """The call of it, as a statement."""
        return f"{self.receiver}{self.name}()"


def receiver(bench: Bench) -> str:
    """How the container is got at where it is held: "self." or "". Raises `Refused` for one that is held otherwise."""
    handle = bench.container.holder.handle
    if isinstance(handle, Variable) and handle.scope.index == 0:
        return ""
    if isinstance(handle, Attribute) and bench.definition.parent is not None:
        above = bench.definition.function
        small = bench.definition.small
        made_in = isinstance(small, cst.Assign | cst.AnnAssign) and above is not None
        if made_in and above is not None and isinstance(above.parent and above.parent.node, cst.ClassDef):
            holder = above.parent
            if holder is not None and "__slots__" not in bench.home.text[holder.start : holder.end]:
                return "self."
    raise Refused(f"`{bench.container.name}` is neither a variable of a module nor made in a method of its class")


def new(bench: Bench, date: Dated) -> Sweep:
    """A sweep by the date of the entries."""
    file, holder = bench.home, bench.container.holder
    family = holder.made.kind.family
    if family not in {"map", "list"}:
        raise NotConcerned
    demand_tolerance(bench)
    held = f"{(own := receiver(bench))}{holder.name}"
    clock, imports = imported_by_name(file, date.clock)
    limit = constant(file, holder.name, "TTL_SECONDS")
    if date.path.startswith('["') and file.text.count("'") > file.text.count('"'):
        date = date._replace(path=date.path.replace('"', "'"))
    entry = f"entry{date.path}"
    late = f"{entry} < now" if date.deadline else f"now - {entry} > {limit}"
    if family == "map":
        body = [f"for key, entry in list({held}.items()):", f"\t if {late}:", f"\t \t {held}.pop(key, None)"]
    else:
        keep = f"{entry} >= now" if date.deadline else f"now - {entry} <= {limit}"
        body = [f"{held}[:] = [entry for entry in {held} if {keep}]"]
    lines = tuple(line.replace("\t ", file.unit) for line in body)
    constants = () if date.deadline else (f"{limit} = {TTL}",)
    return Sweep(own, function(file, "sweep", holder.name), lines, clock, constants, imports)


def existing(bench: Bench, scope: ScopeId, *, awaited: bool = False) -> Sweep:
    """A sweep that is a function of the module, or a method of the class, that holds the container; a coroutine, too,
    where that is awaited."""
    facts, own = bench.facts(scope), receiver(bench)
    bench.at_home(scope)
    owner = bench.project.program.owner_class(scope)
    required = [p for p in facts.parameters[1 if owner is not None else 0 :] if p.default is None]
    if (facts.is_async and not awaited) or facts.is_generator or required or facts.kind != "function":
        raise Refused(f"`{bench.project.function(scope)}` cannot be called without more ado")
    handle = bench.container.holder.handle
    beside = owner == handle.cls if isinstance(handle, Attribute) else owner is None
    if not beside or "<locals>" in facts.qualname:
        raise Refused(f"`{bench.project.function(scope)}` does not stand beside the container")
    clock, imports = imported(bench.home, "time", "monotonic")
    return Sweep(own, facts.name, (), clock, (), imports)


def annotation(file: Syntax) -> str:
    """What new functions of a file say of what they return, where the others do."""
    return " -> None" if " -> " in file.text else ""


def kept_task(file: Syntax, made: str, form: str) -> str:
    """What a new variable that keeps tasks says of these ("set[{}]"), where functions of the file say what they return
    and has a name for tasks, beside the function that makes them."""
    joins = "|" not in form or "annotations" in file.words or " | None" in file.text
    if not annotation(file) or not joins:
        return ""
    task, needed = imported(file, "asyncio", "Task")
    known = not needed or made == "asyncio.create_task"
    return f": {form.format(f'{task}[None]')}" if known else ""


def placed(bench: Bench, sweep: Sweep, beside: Statement, head: str, body: Sequence[str]) -> Change:
    """A new function or method, behind the one (or the class) that holds a statement."""
    file = bench.home
    chain = [beside, *beside.around]
    if sweep.receiver:
        at = next((i for i, s in enumerate(chain) if isinstance(s.node, cst.ClassDef)), 0)
        if not at:
            raise Refused(f"`{bench.container.name}` grows outside of its class")
        place = chain[at - 1]
        gap = [""]
    else:
        place, gap = chain[-1], ["", ""]
    lines = [head, *(f"{file.unit}{line}" if line else "" for line in body)]
    return file.after(place, [*gap, *lines])
