"""UBM101 to UBM103, UBM201: a daemon thread, or a task of the event loop, starts with the program and sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.constants import defined, of_module
from unbounded_lint.fixes.dates import dated
from unbounded_lint.fixes.imports import imported
from unbounded_lint.fixes.launch import Launch, first_of, launch_of
from unbounded_lint.fixes.logs import handler, logger
from unbounded_lint.fixes.recipes.sweep_in_thread import copies, demand_plain
from unbounded_lint.fixes.recipes.sweep_on_timer import function_lines, idle_sweep
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import function as named
from unbounded_lint.fixes.sweeps import PAUSE, TTL, Sweep, annotation, existing, kept_task, new, placed
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, targets
from unbounded_lint.fixes.text import Change

_KEPT = "_sweepers"


def repair(bench: Bench) -> Repair:
    """Add a sweep by age, and what runs it."""
    date = dated(bench)
    sweep = new(bench, date)
    launch = _launch(bench, sweep)
    if bench.container.holder.made.kind.family != "map" and not launch.is_async:
        raise Refused("what is added to a list while a thread sweeps it could be lost")
    beside = next(iter(bench.uses(["insert"])))[1].statement
    head, *body = function_lines(bench, sweep, deadline=date.deadline)
    started, changes = _started(bench, sweep, launch, beside)
    old = "is past its time" if date.deadline else f"is older than {TTL} s"
    worth = "an entry past its time" if date.deadline else f"an entry of {TTL // 60} minutes"
    return Repair(
        f"{started} that drops from `{bench.container.name}` what {old}",
        f"{worth} is of no use{beside_thread(launch)}",
        (
            *ordered([*sweep.imports, *changes]),
            *(defined(bench, line) for line in sweep.constants),
            placed(bench, sweep, beside, head, body),
            *_running(bench, sweep, launch, beside),
        ),
    )


def repair_written(bench: Bench) -> Repair:
    """Run a sweep that nothing runs."""
    scope = idle_sweep(bench)
    sweep = existing(bench, scope)
    launch = _launch(bench, sweep)
    if not launch.is_async:
        demand_plain(bench, scope, {scope})
    beside = bench.defined(scope)
    started, changes = _started(bench, sweep, launch, beside)
    return Repair(
        f"{started} that runs `{sweep.call}`",
        f"the sweep takes only what nobody needs any more{beside_thread(launch)}",
        (
            *ordered(changes),
            *(() if launch.is_async else copies(bench, scope)),
            *_running(bench, sweep, launch, beside),
        ),
    )


def _launch(bench: Bench, sweep: Sweep) -> Launch:
    if sweep.receiver:
        raise Refused("a thread that starts with the program has no object to sweep")
    return launch_of(bench)


def beside_thread(launch: Launch) -> str:
    """What is assumed of a thread besides."""
    return "" if launch.is_async else ", and the process is not forked once it has begun"


def _name(bench: Bench, launch: Launch) -> str:
    """The name of the function that sweeps again and again."""
    name = named(bench.home, "keep", f"{bench.container.holder.name.strip('_')}_swept")
    if not launch.prefix:
        return name
    if name.strip("_") in bench.home.words:
        raise Refused(f"the name `{name.strip('_')}` is taken")
    return name.strip("_")


def _running(bench: Bench, sweep: Sweep, launch: Launch, beside: Statement) -> Iterator[Change]:
    """The function that sweeps again and again."""
    file = bench.home
    log, _ = logger(file)
    slept, _ = imported(file, "asyncio" if launch.is_async else "time", "sleep")
    unit, awaited = file.unit, "await " if launch.is_async else ""
    lines = ["try:", f"{unit}{sweep.call}", *handler(file, log, f"{sweep.call} failed")]
    head = f"{'async ' if launch.is_async else ''}def {_name(bench, launch)}(){annotation(file)}:"
    body = [f'"""Run {sweep.name}() once a minute."""', "while True:", f"{unit}{awaited}{slept}({PAUSE})"]
    yield placed(bench, sweep, beside, head, [*body, *(f"{unit}{line}" for line in lines)])


def _started(bench: Bench, sweep: Sweep, launch: Launch, beside: Statement) -> tuple[str, Sequence[Change]]:
    """What is started with the program, in words, and the changes that start it and that it needs."""
    changes = [*logger(bench.home)[1], *imported(bench.home, "asyncio" if launch.is_async else "time", "sleep")[1]]
    started, needed = begun(bench, launch, _name(bench, launch), as_task=launch.is_async)
    return started, [*changes, *needed]


def begun(bench: Bench, launch: Launch, name: str, *, as_task: bool) -> tuple[str, Sequence[Change]]:
    """How a function that stands beside the container is started with the program, in words and as changes: as a task,
    or in a daemon thread."""
    file, function = bench.file(launch.scope.path), bench.defined(launch.scope)
    target, where = f"{launch.prefix}{name}", bench.project.function(launch.scope)
    if not as_task:
        thread, needed = imported(file, "threading", "Thread")
        line = f"{thread}(target={target}, daemon=True).start()"
        return f"Start a daemon thread in `{where}`", [*needed, file.before(first_of(file, function), [line])]
    made, needed = imported(file, "asyncio", "create_task")
    line = f"{_KEPT}.add({made}({target}()))"
    kept = [] if _is_kept(file) else [of_module(file, [f"{_KEPT}{kept_task(file, made, 'set[{}]')} = set()"])]
    return f"Start a task in `{where}`", [*needed, *kept, file.before(first_of(file, function), [line])]


def _is_kept(file: Syntax) -> bool:
    """Whether there is a set already in which such tasks are kept. Raises `Refused` where its name means another."""
    for statement in file.top:
        match statement.small:
            case cst.Assign(value=value) | cst.AnnAssign(value=cst.Call() as value):
                if [*map(dotted, targets(statement))] == [_KEPT] and dotted(value) == "set()":
                    return True
    if _KEPT in file.words:
        raise Refused(f"the name `{_KEPT}` is taken")
    return False


def ordered(changes: Sequence[Change]) -> Sequence[Change]:
    """Changes with the imports of one place in the order of import sorters."""
    imports = sorted((c for c in changes if c.text.startswith(("import ", "from "))), key=lambda c: c.text)
    return [*imports, *(c for c in changes if c not in imports)]
