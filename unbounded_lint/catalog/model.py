"""What the catalogue can say about an API, as frozen plain data.

Names are dotted paths after import resolution ("threading.Timer", "sched.scheduler.enter"; builtins bare: "dict").
Positions count from 0 and never count `self`. A *receiver word* is the last component of the expression before a
method, lower-cased, without surrounding underscores ("self._loop" -> "loop"); "*" accepts every receiver.

An *argument text* is how a caller tells the catalogue about one argument without showing it a syntax tree:

- a string constant: its value; any other constant: its source ("None", "0", "-1", "True");
- a dotted name: resolved if possible ("math.inf", "apscheduler.triggers.date.DateTrigger");
- an empty display: "{}", "[]"; a call: the dotted callee with its constant arguments as texts ("dict()", "float(inf)");
- anything else: "", which means "given, but not decidable".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from unbounded_lint.catalog.entry import Entry
from unbounded_lint.catalog.keys import Annotation, Finite, KeyCall, Source, Words
from unbounded_lint.catalog.names import NameLists

SCHEMA = 1
"""Raised whenever an entry changes its form."""

_ZERO = ("0", "0.0", "0.")

Given: TypeAlias = Mapping["int | str", str]
"""Arguments of one call: position or keyword -> argument text."""

Process: TypeAlias = Literal["same", "other", "either"]
Scope: TypeAlias = Literal["process", "page", "session"]
Evidence: TypeAlias = Literal["stdlib", "source", "docs", "sample", "recall"]


class Condition(Entry, frozen=True, kw_only=True):
    """A test of one argument of a call.

    keywords, position   where the argument may stand; the first that is given counts
    values               texts for which the condition holds (last dotted component and callee of a call match too);
                         empty: any text but `but`
    but                  texts for which an otherwise empty `values` does not hold
    of                   "" for the call of the API itself, else the method of the result that takes the argument
                         ("Start")
    """

    keywords: tuple[str, ...] = ()
    position: int | None = None
    values: tuple[str, ...] = ()
    but: tuple[str, ...] = ("None", "False", "0")
    of: str = ""

    def holds(self, given: Given) -> bool | None:
        """True, False (also for an argument that is not given), or None when it is given and cannot be decided."""
        text = argument(given, self.position, self.keywords)
        if text is None:
            return False
        if text == "":
            return None
        forms = _forms(text)
        if self.values:
            return not forms.isdisjoint(self.values)
        return forms.isdisjoint(self.but)


class Interval(Entry, frozen=True, kw_only=True):
    """Where the period is written; `of` as in `Condition`; `unit` in words, `default` in that unit."""

    position: int | None = None
    keywords: tuple[str, ...] = ()
    of: str = ""
    unit: str = "s"
    default: str = ""


class Callback(Entry, frozen=True, kw_only=True):
    """How the function that runs is handed over.

    how        argument      a call argument, at `position` or by one of `keywords` (or an item of the list or tuple
                             written there)
               last          the last positional argument
               every         every positional argument, and the items of a list or tuple among them
               decorated     the function under the decorator (also `decorator(args)`); if `keywords`/`position` is
                             given and the API is called plainly, the argument instead
               override      a method of `names` that a subclass defines (or the argument in `keywords`)
               chain         an argument of a method of `names` called somewhere down the chain of the result
               bind          an argument of `names` called with, or on an attribute path of, the object
                             ("timeout.connect"); a dotted name is a free function (signal.signal)
               append        appended to, or assigned to, the attribute in `names` of an object of the class or
                             module in the entry's names
               awaited       the coroutine that is awaited
               receiver      the object before the method
               function      a function of a conventional name (`names`) at module level
               none          no callback in Python
    form       what stands there: callable (f), coroutine (f(...)), either, signature (f.s(...)), text ("pkg.mod:f"
               or dotted), name (an attribute name as text), event (no function at all)
    passes     what it is called with: rest (the arguments behind it), args (the items of the argument `args`, or of
               the one behind it), or nothing that is known
    """

    how: Literal[
        "argument", "last", "every", "decorated", "override", "chain", "bind", "append", "awaited", "receiver",
        "function", "none",
    ]  # fmt: skip
    position: int | None = None
    keywords: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    form: Literal["callable", "coroutine", "either", "signature", "text", "name", "event"] = "callable"
    passes: Literal["", "rest", "args"] = ""


class Activation(Entry, frozen=True, kw_only=True):
    """What must happen, besides the call or decoration, before anything runs.

    how   call      nothing
          method    one of `methods` is called on the result (or on the decorated function, or on an instance of the
                    subclass)
          receiver  one of `methods` is called on the object before the method (scheduler.start())
          driver    something calls one of `names` (dotted) or `methods` again and again
          called    the decorated function itself is called once
          external  another program does it
    """

    how: Literal["call", "method", "receiver", "driver", "called", "external"] = "call"
    methods: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Api(Entry, frozen=True, kw_only=True):
    """Base of what is found by name, or by method and receiver."""

    api: str
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    note: str = ""
    evidence: Evidence = "source"


class Timer(Api, frozen=True, kw_only=True):
    """Something that runs code later or again.

    bases         classes whose subclasses are this timer: by an override, or because they are built like the base
    kind          recurring; delayed (once); spawn (a thread, task, greenlet: recurring only if its target loops)
    recurs        always; rearmed (only if the callback starts it again); loops (only if the target loops with a
                  sleep or wait); while-true, while-number, while-again, until-false (the callback's return value
                  decides); never
    only_if       recurring only if one of these holds (not decidable counts as holding); otherwise a single delayed run
    unless        a single delayed run if one of these holds for certain
    inactive_if   never runs if one of these holds for certain (built paused)
    process       where the callback runs; scope: whether it lives as long as the process or dies with a page or session
    on_exception  what an exception in the callback does to later runs: stops, continues, propagates (out of the
                  driving loop), unknown
    keeps_reference   whether the framework keeps the result alive when the caller drops it
    context       thread, loop, pool, greenlet, gui, process or "": what runs the callback
    """

    bases: tuple[str, ...] = ()
    kind: Literal["recurring", "delayed", "spawn"]
    recurs: Literal[
        "always", "rearmed", "loops", "while-true", "while-number", "while-again", "until-false", "never"
    ] = "always"  # fmt: skip
    callback: Callback
    only_if: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    inactive_if: tuple[Condition, ...] = ()
    activation: Activation = Activation()
    interval: Interval | None = None
    process: Process = "same"
    scope: Scope = "process"
    on_exception: Literal["stops", "continues", "propagates", "unknown"] = "unknown"
    keeps_reference: bool = True
    context: Literal["", "thread", "loop", "pool", "greenlet", "gui", "process"] = ""
    version: str = ""

    def repeats(self, given: Given, of: str = "") -> bool:
        """Whether a call with these arguments asks for more than one run by itself; in doubt, yes.

        `of` is "" for the call of the API, or the activating method whose arguments are given ("Start").
        """
        if self.kind != "recurring" and not self.only_if:
            return False
        tests = [condition.holds(given) for condition in self.only_if if condition.of == of]
        if tests and all(result is False for result in tests):
            return False
        return not any(condition.holds(given) is True for condition in self.unless if condition.of == of)

    def inactive(self, given: Given) -> bool:
        """Whether a call with these arguments builds it paused for certain."""
        return any(condition.holds(given) is True for condition in self.inactive_if)


class Sleeper(Api, frozen=True, kw_only=True):
    """A sleep, or a wait that ends after a time.

    timeout        where the time stands; a wait without it, or with a text in `endless`, is no timer
    needs_timeout  False for a sleep, which always ends; then a time of zero means that it only yields
    ends           "returns", "raises" (one of `raises` is the tick) or "body" (`with timeout(x):` or a decorator
                   around a wait)
    awaited        whether it is awaited or async-entered
    unless         no sleep if one of these arguments is given
    """

    timeout: Interval = Interval(position=0)
    needs_timeout: bool = False
    ends: Literal["returns", "raises", "body"] = "returns"
    raises: tuple[str, ...] = ()
    awaited: bool = False
    unless: tuple[Condition, ...] = ()
    endless: tuple[str, ...] = ("None",)

    def sleeps(self, given: Given) -> bool:
        """Whether a call with these arguments lets time pass and ends; in doubt, yes."""
        if any(condition.holds(given) is not False for condition in self.unless):
            return False
        text = argument(given, self.timeout.position, self.timeout.keywords)
        if self.needs_timeout:
            return text is not None and text not in self.endless
        return text is None or text not in _ZERO


class Hook(Api, frozen=True, kw_only=True):
    """Framework wiring: how a function becomes one that the framework calls.

    role       startup (once, when the process starts: look inside for timers), shutdown, request (per request or
               event), command (once, the process is short-lived), task (a job queue's worker calls it), test,
               registration (stored at import, called by whoever looks it up), transparent (the decorated function
               stays what it is)
    only_if    the hook has this role only if one of these holds (not decidable counts as holding)
    few        which arguments of the function, by their places, are each time one of a few that its caller states
    """

    role: Literal["startup", "shutdown", "request", "command", "task", "test", "registration", "transparent"]
    bases: tuple[str, ...] = ()
    callback: Callback
    only_if: tuple[Condition, ...] = ()
    few: tuple[int, ...] = ()
    process: Process = "same"

    def applies(self, given: Given) -> bool:
        """Whether a call with these arguments has this role; in doubt, yes."""
        return not self.only_if or any(condition.holds(given) is not False for condition in self.only_if)


class Pair(Api, frozen=True, kw_only=True):
    """Hooks of which a framework calls one for whatever it called the other for before: opened and closed.

    bases      classes whose subclasses have them as methods; otherwise they are functions under a decorator
    begins     the hooks that come first: methods by their names, functions by the event that the decorator is given, by
               the decorator where that is named so, or by their own names
    ends       those that come last, each of them, or the first that a class has
    before     further methods that run before or with those of `begins`
    subject    the argument of both that tells what they are called for
    keywords   arguments of both that tell it, by their names
    skipped    after which errors the last is not called: none, those of the first (opening), or those of any hook (any)
    """

    bases: tuple[str, ...] = ()
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    before: tuple[str, ...] = ()
    subject: int | None = None
    keywords: tuple[str, ...] = ()
    skipped: Literal["none", "opening", "any"] = "none"


class Forwarder(Api, frozen=True, kw_only=True):
    """Takes a function and calls it once: a plain call edge, not a timer.

    when   now (before it returns); soon (next turn of the loop, after the response); done (when the task or future
           ends, however that is); closed (when a context or test ends, however that is); collected (when the object
           is garbage); exit (of the process); lost (in another process, or not at all); result (gives a callable that
           stands for it, as functools.partial does)
    """

    callback: Callback
    when: Literal["now", "soon", "done", "closed", "collected", "exit", "lost", "result"]


class Method(Entry, frozen=True, kw_only=True):
    """A method of a container that changes it; `key` is the position of the key, -1 for none, and `bulk` says that
    the argument holds the keys (update, extend)."""

    name: str
    key: int = -1
    bulk: bool = False


class BoundArgument(Entry, frozen=True, kw_only=True):
    """The argument that bounds a container.

    keywords, position   where it stands (any of them)
    default              what holds without it: bounded, unbounded, or required (then some bound is given)
    unbounded            texts that switch the bound off; "negative" stands for every negative number
    """

    keywords: tuple[str, ...] = ()
    position: int | None = None
    default: Literal["bounded", "unbounded", "required"] = "required"
    unbounded: tuple[str, ...] = ("None",)


class ContainerKind(Api, frozen=True, kw_only=True):
    """A type, function or decorator that makes something which may grow.

    family        map, set, list, deque, queue, cache, cache-decorator, buffer, storage, local, registry, namespace,
                  disk
    bounded       always; if-arg (see `bound`); never; weak (entries vanish with their referents)
    weak_keys     the keys are weak and the values strong: a value that holds its own key keeps the entry
    expiry        none; lazy (when touched); timer (by itself)
    copies        what a loop walks is a copy, made when the loop begins
    drains        it takes entries out by itself as it works them off
    subscript     `x[k] = v` inserts; `del x[k]` removes for every family that has `__delitem__` among its removals
    attributes    `x.k = v` inserts and `del x.k` removes
    reads_insert  a plain read `x[k]` of a missing key inserts
    calls_insert  a call (of the decorated function, or of this very function) with new arguments inserts
    rebinds       immutable: grows only where its name is bound anew from its old value
    operators_insert, operators_remove   augmented assignments ("|=", "-=")
    inserts, removes, clears             methods; a dotted one is an attribute path ("sync_q.put")
    """

    family: Literal[
        "map", "set", "list", "deque", "queue", "cache", "cache-decorator", "buffer", "storage", "local", "registry",
        "namespace", "disk",
    ]  # fmt: skip
    bounded: Literal["always", "if-arg", "never", "weak"]
    bound: BoundArgument | None = None
    weak_keys: bool = False
    expiry: Literal["none", "lazy", "timer"] = "none"
    copies: bool = False
    drains: bool = False
    subscript: bool = False
    attributes: bool = False
    reads_insert: bool = False
    calls_insert: bool = False
    rebinds: bool = False
    operators_insert: tuple[str, ...] = ()
    operators_remove: tuple[str, ...] = ()
    inserts: tuple[Method, ...] = ()
    removes: tuple[Method, ...] = ()
    clears: tuple[str, ...] = ()

    def inserting(self, method: str) -> Method | None:
        """How the method of this name inserts; None: it does not."""
        return next((known for known in self.inserts if known.name == method), None)

    def removing(self, method: str) -> Method | None:
        """How the method of this name removes single entries; None: it does not (see `clears`)."""
        return next((known for known in self.removes if known.name == method), None)

    @property
    def holds_weakly(self) -> bool:
        """Whether it holds what is put into it weakly: one that only holds its keys so keeps the values."""
        return self.bounded == "weak" and not self.weak_keys

    def is_bounded(self, given: Given) -> bool:
        """Whether one built with these arguments cannot grow without limit (weak ones included); a bound that is
        given but not decidable counts as one."""
        if self.bounded != "if-arg":
            return self.drains or self.bounded != "never"
        bound = self.bound or BoundArgument()
        text = argument(given, bound.position, bound.keywords)
        if text is None:
            return bound.default != "unbounded"
        if text.startswith("-") and "negative" in bound.unbounded:
            return False
        return _forms(text).isdisjoint(bound.unbounded)


class ArgumentFunction(Entry, frozen=True, kw_only=True):
    """A function that changes a container handed to it: positions of container and key (-1: none)."""

    names: tuple[str, ...]
    effect: Literal["insert", "remove", "clear", "neutral"]
    container: int = 0
    key: int = -1
    bulk: bool = False


class Registry(Entry, frozen=True, kw_only=True):
    """A container of another package that functions put things into: their first argument is what it is kept by.

    like      the container of the catalogue that it grows as
    inserts   functions by their dotted names, or methods (".name") of the owners
    removes   the same, where methods of anything foreign count: what may take out is not to be missed
    owners    classes, and what is or gives an object of one, by their dotted names
    tables    dotted names of maps that programs fill by themselves
    asked     names that a test mentions which asks what is there already
    distinct  what is there already is not put in again
    """

    api: str
    like: str
    inserts: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    distinct: bool = False
    note: str = ""


class Loops(Entry, frozen=True, kw_only=True):
    """What tells an endless loop from a bounded one; `streams` give new items for as long as somebody writes."""

    flags: tuple[str, ...]
    endless: tuple[str, ...]
    tickers: tuple[str, ...]
    streams: tuple[str, ...]


class Weights(Entry, frozen=True, kw_only=True):
    """How sure a finding about growth is, by its evidence: an additive model.

    base and the weights are log-odds, the weights by feature; medium and high the least probabilities of their levels;
    words by the field of the evidence whose names they are, then by what they say; together names
    features that say more where all of them are there.
    """

    base: float = 0.0
    medium: float = 0.5
    high: float = 0.5
    words: dict[str, dict[str, frozenset[str]]] = msgspec.field(default_factory=dict)
    together: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    weights: dict[str, float] = msgspec.field(default_factory=dict)


class Data(Entry, frozen=True, kw_only=True):
    """The whole catalogue as it is stored.

    apps are the classes of which a program makes one object, to be served or run: a module that does so is an entry
    point.
    """

    schema: int
    timers: tuple[Timer, ...]
    sleepers: tuple[Sleeper, ...]
    hooks: tuple[Hook, ...]
    pairs: tuple[Pair, ...]
    forwarders: tuple[Forwarder, ...]
    containers: tuple[ContainerKind, ...]
    functions: tuple[ArgumentFunction, ...]
    registries: tuple[Registry, ...]
    key_calls: tuple[KeyCall, ...]
    attributes: tuple[Finite, ...]
    finders: tuple[Finite, ...]
    annotations: tuple[Annotation, ...]
    words: tuple[Words, ...]
    loops: Loops
    apps: tuple[str, ...]
    open_roots: dict[str, Source]
    aliases: dict[str, str]
    names: NameLists = NameLists()
    confidence: Weights = Weights()


def canonical(aliases: Mapping[str, str], dotted: str) -> str:
    """The spelling the catalogue uses: the longest alias that fits is put in place of the beginning."""
    head, tail = dotted, ""
    while head:
        target = aliases.get(head)
        if target is not None:
            return f"{target}{tail}".lstrip(".")
        head, dot, last = head.rpartition(".")
        tail = f"{dot}{last}{tail}"
    return dotted


def argument(given: Given, position: int | None, keywords: tuple[str, ...]) -> str | None:
    """The text of the argument at `position` or under one of `keywords`; None when it is not given."""
    for keyword in keywords:
        if keyword in given:
            return given[keyword]
    if position is not None and position in given:
        return given[position]
    return None


def _forms(text: str) -> frozenset[str]:
    """A text, its callee, and the last component of either."""
    callee = text.partition("(")[0]
    return frozenset({text, text.rpartition(".")[2], callee, callee.rpartition(".")[2]})
