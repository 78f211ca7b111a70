"""UBM201: a loop that would sweep again and again, and that nothing runs, starts with the program."""

from __future__ import annotations

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.launch import launch_of
from unbounded_lint.fixes.recipes.sweep_from_start import begun, beside_thread, ordered
from unbounded_lint.fixes.recipes.sweep_in_thread import copies, demand_plain
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.sweeps import existing
from unbounded_lint.link.program.module import ScopeId


def repair(bench: Bench) -> Repair:
    """Run it as a task where an event loop runs what starts the program, a plain function in a daemon thread."""
    loop = _loop(bench)
    sweep = existing(bench, loop, awaited=True)
    as_task = bench.facts(loop).is_async
    if sweep.receiver:
        raise Refused("what starts with the program has no object to sweep")
    launch = launch_of(bench)
    if as_task and not launch.is_async:
        raise Refused("no event loop is known that the loop with its sweep could run on")
    scopes = {loop, *(r.access.scope for r in bench.container.removals if r.when == "unstarted")}
    for scope in () if as_task else sorted(scopes):
        demand_plain(bench, scope, scopes)
    started, changes = begun(bench, launch, sweep.name, as_task=as_task)
    return Repair(
        f"{started} that runs `{sweep.call}`",
        f"the sweep takes only what nobody needs any more{'' if as_task else beside_thread(launch)}",
        (
            *ordered(changes),
            *(change for scope in (() if as_task else sorted(scopes)) for change in copies(bench, scope)),
        ),
    )


def _loop(bench: Bench) -> ScopeId:
    """The one function with a loop that would run the sweep, if anything ran it."""
    execution = bench.project.execution
    unstarted = [r for r in bench.container.removals if r.when == "unstarted"]
    found = {c.root[0] for r in unstarted for c in r.nearest(execution, "unstarted") if c.timer == "loop"}
    bench.concerns(bool(found) and not any(list(execution.graph.edges(scope)) for scope in found))
    if len(found) != 1:
        raise Refused("several loops that nothing runs would run its sweep")
    return found.pop()
