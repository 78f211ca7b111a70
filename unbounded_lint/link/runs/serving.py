"""Which functions do not come back while the program is at work, and which run once in its life."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cached_property

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.hierarchy import is_declared_only
from unbounded_lint.link.dataflow.values import Function, positional
from unbounded_lint.link.program.blocks import LOOPS, frames_of, ops_in
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.callgraph import STEPS, Edge, explored
from unbounded_lint.link.runs.execution import RunQuery


class Serving(RunQuery):
    """Answers for functions whether their frames last. Memoised."""

    def lasts(self, function: ScopeId) -> bool:
        """Whether a function is entered once in the life of the program and does not come back while it is at work."""
        return self.serves(function) and self.is_once(function, 0) and not self._is_asked_for(function)

    def serves(self, function: ScopeId) -> bool:
        """Whether a function waits for work without an end of its own, by a loop or by what it calls."""
        return function in self._serving

    @kept
    def is_once(self, scope: ScopeId, op: int) -> bool:
        """Whether one way at least in which an operation comes to run is gone once: at import, at start-up, by a
        script, or as a thread or task that such code starts. One that is guessed counts only where none is known."""
        contexts = self.execution.at(scope, op)
        sure = any(not context.guess for context in contexts)
        known = [context for context in contexts if not (sure and context.guess)]
        if any(c.kind in {"import", "startup"} or (c.kind == "main" and not c.looped) for c in known):
            return True
        begun = self.execution.nearest(scope, op, "run", without=("looped", "guess") if sure else ("looped",))
        return any(self.is_once(*c.root) for c in begun if c.root[0] != scope)

    def may_wait(self, function: ScopeId) -> bool:
        """Whether a function has a loop, or a call by a name, that may wait for work: a quick look."""
        frames = self.program.facts(function).frames
        if any(frame.kind == "while" or (frame.kind == "for" and frame.is_async) for frame in frames):
            return True
        return function in self._may_serve(function.path)

    @kept
    def _may_serve(self, path: str) -> frozenset[ScopeId]:
        """The scopes of a file that call something by the name of what serves."""
        module = self.program.module(path)
        sites = (site for name in self._serving_names for site in module.sites(name)) if module is not None else ()
        return frozenset(site.scope for site in sites if site.call is not None)

    @cached_property
    def _serving_names(self) -> frozenset[str]:
        """The last names of the callees and methods that serve."""
        return name_lists().serving | {name.rpartition(".")[2] for name in name_lists().servers}

    @cached_property
    def _serving(self) -> frozenset[ScopeId]:
        """The scopes that wait for work by a loop of their own, and all that wait for one of them to come back."""
        found = dict.fromkeys((*self._waiting(), *self._served()))
        queue = list(found)
        for scope in queue:
            for edge in self._awaited(scope):
                if edge.scope not in found and self._waits_whichever(edge, found):
                    found[edge.scope] = None
                    queue.append(edge.scope)
        return frozenset(found)

    def _waiting(self) -> Iterator[ScopeId]:
        for module in self.program.every():
            for index, facts in enumerate(module.facts.scopes):
                loops = (number for number, frame in enumerate(facts.frames) if frame.kind in LOOPS)
                if _comes_back(facts) and any(self._waits(ScopeId(module.path, index), facts, loop) for loop in loops):
                    yield ScopeId(module.path, index)

    def _served(self) -> Iterator[ScopeId]:
        for name in sorted(self._serving_names):
            for site in self.program.sites(name):
                if site.call is not None and self._is_served(site.call, site.scope) and not self._is_limited(site):
                    around = site.outer.parent
                    spawned = isinstance(around, m.Call) and self._is_spawn(around, site.scope)
                    if not spawned and _comes_back(self.program.facts(site.scope)):
                        yield site.scope

    def _awaited(self, scope: ScopeId) -> Iterator[Edge]:
        """The operations that have to wait for a function to come back before what they belong to can go on."""
        is_coroutine = self.program.facts(scope).is_async
        for edge in self.execution.graph.edges(scope):
            if edge.kind in {"call", "spawn"} and not edge.guess and self._is_waited_for(edge, is_coroutine):
                if _comes_back(self.program.facts(edge.scope)):
                    yield edge

    def _is_waited_for(self, edge: Edge, is_coroutine: bool) -> bool:
        awaited = any(isinstance(part, m.Await) for part in edge.site.parents)
        if edge.timer is not None and edge.timer.kind == "spawn":
            if edge.timer.on_exception == "propagates":
                return awaited or not self.program.facts(edge.scope).is_async
            return (awaited and edge.kind == "call") or self._is_joined(edge)
        # A coroutine that is given to another call for which nobody waits may run beside what made it, as a task does.
        is_given = any(isinstance(part, m.Call) for part in edge.site.parents)
        return edge.kind == "call" and (awaited or not is_coroutine or edge.timer is not None or not is_given)

    def _is_joined(self, edge: Edge) -> bool:
        """Whether a function waits, alone or with others, for the task that an operation of it begins and names."""
        facts = self.program.facts(edge.scope)
        begun = facts.ops[edge.site.op].action
        names = begun.targets if isinstance(begun, m.Assign) else ()
        behind = (node for each in facts.ops[edge.site.op + 1 :] for node in w.nodes(each.action))
        awaited = [node.value for node in behind if isinstance(node, m.Await)] if names else []
        together = (value for value in awaited if isinstance(value, m.Call) and self._is_spawn(value, edge.scope))
        return any(value in names for value in (*awaited, *(each for call in together for each in positional(call))))

    @kept
    def _is_asked_for(self, function: ScopeId) -> bool:
        """Whether requests wait for a function to come back: as they are answered, it has an end, whatever it loops
        over."""
        above = explored([function], lambda scope: (edge.scope for edge in self._awaited(scope)), STEPS)
        return any(context.by == "request" for scope in above for context in self.execution.direct(scope))

    def _waits_whichever(self, edge: Edge, serving: Container[ScopeId]) -> bool:
        """Whether a call waits for work whichever of the methods runs that it may mean: its receiver may be of any
        class that derives from the one that is known."""
        call = edge.call.call if edge.call is not None else None
        meant = self.resolver.functions(call.func, edge.scope) if call is not None else ()
        if edge.target in meant:
            return True
        every = (each for one in meant for each in (one, *self._overriding(one)))
        return all(each in serving or is_declared_only(self.program.facts(each)) for each in every)

    def _overriding(self, method: ScopeId) -> Iterator[ScopeId]:
        owner = self.program.owner_class(method)
        if owner is not None:
            name = self.program.facts(method).name
            yield from (function.scope for function in self.flow.hierarchy.overriding(owner, name))

    def _is_limited(self, site: Site) -> bool:
        """Whether what waits at a site does so for a given time at most, or for the end of what was closed before."""
        facts = self.program.facts(site.scope)
        around = [part for part in site.parents[:-1] if isinstance(part, m.Call)]
        heads = (facts.frames[index].head for index in frames_of(facts, site.op))
        around += [head for head in heads if isinstance(head, m.Call)]
        if self.execution.loops.sleeps(around, site.scope, 0):
            return True
        ended = (call.func for op in facts.ops[: site.op] for call in w.calls(op.action))
        receiver = getattr(site.node, "base", None)
        return any(
            isinstance(func, m.Attr) and func.name in name_lists().closers and func.base == receiver for func in ended
        )

    def _is_spawn(self, call: m.Call, scope: ScopeId) -> bool:
        return any(timer.kind == "spawn" for timer in self.execution.timers.of(call, scope)[:1])

    def _is_served(self, call: m.Call, scope: ScopeId) -> bool:
        if not name_lists().servers.isdisjoint(self.resolver.names(call.func, scope)):
            return True
        if not isinstance(call.func, m.Attr) or call.func.name not in name_lists().serving:
            return False
        return not any(isinstance(value, Function) for value in self.resolver.values(call.func, scope))

    def _waits(self, scope: ScopeId, facts: m.Scope, index: int) -> bool:
        """Whether a loop goes on until the program ends, and waits on each turn."""
        if not self.execution.loops.goes_on(scope, index):
            return False
        if facts.frames[index].kind == "for":
            return True
        nodes = [node for _, op in ops_in(facts, index) for node in w.nodes(op.action)]
        if any(isinstance(node, m.Await) for node in nodes):
            return True
        calls = [node for node in nodes if isinstance(node, m.Call)]
        return any(self._receives(call, scope) for call in calls) or self.execution.loops.sleeps(calls, scope)

    def _receives(self, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call takes what comes in: what is asked for by a key, or is in a table of the project or in a queue
        that nobody else fills, is there already."""
        if not isinstance(call.func, m.Attr) or call.func.name not in name_lists().receiving:
            return False
        if call.func.name in name_lists().lookups and any(map(_is_key, positional(call)[:1])):
            return False
        base, loops = call.func.base, self.execution.loops
        return not loops.is_container(base, scope) and not loops.is_private(base, scope)


def _is_key(argument: m.Expr) -> bool:
    """Whether an argument is no time and no truth value, as those are that say how to wait."""
    return not isinstance(argument, m.Const) or argument.kind in {"str", "bytes"}


def _comes_back(facts: m.Scope) -> bool:
    """Whether calling a scope runs it to its end: no generator, and no class."""
    return not facts.is_generator and facts.kind != "class"
