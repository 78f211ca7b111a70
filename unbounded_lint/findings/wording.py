"""The words for what the analysis knows by a key: verdicts, moments, owners, ways to run; `telling` has the evidence.

One place for all that shows them: messages, `explain`, `inventory` and the reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

OPEN: frozenset[str] = frozenset({"never", "event-only", "unscheduled"})
"""The verdicts that say that nothing bounds a container."""

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "never": "nothing",
        "event-only": "only what its owner asks for",
        "unscheduled": "a sweep that nothing runs",
        "amortised": "a sweep on each insert",
        "replaced": "emptied each cycle",
        "entry-timer": "a timer for each entry",
        "swept": "a sweep on a timer",
        "paired": "the clean-up of each entry",
        "bounded": "its size",
        "closed": "few keys",
        "idle": "nothing fills it",
    }
)
"""What bounds a container, in a few words; the least bounded first."""

MOMENTS: Mapping[str, str] = MappingProxyType(
    {
        "timer": "on a timer",
        "later": "on the entry's own timer",
        "guaranteed": "in a clean-up that always runs",
        "capacity": "when a limit of its size is reached",
        "insert": "as part of an insert",
        "event": "only when it is called",
        "exit": "only at exit",
        "import": "only at import",
        "once": "once, some time after the start",
        "unstarted": "by a timer that is never started",
        "other-process": "in another process",
        "shut": "behind a test of the clock that soon lets nothing through",
        "barred": "behind a condition that never holds",
        "test": "only in tests",
        "dead": "by code that nothing calls",
    }
)
"""When removals run, the surest first."""

FAILING = "only where something fails"
DELAYED = "by a one-shot timer that need not run for each entry"
"""The same of some that no timer, insert or clean-up is sure to come to."""

EXTENTS: Mapping[str, str] = MappingProxyType(
    {
        "sweep": "takes out all that is stale",
        "all": "takes out everything",
        "evict": "takes out the next entry",
        "single": "takes out one entry",
    }
)
"""How much a removal takes."""

RUNS: Mapping[str, str] = MappingProxyType(
    {
        "request": "per request",
        "event": "per event of a framework",
        "loop": "in a loop that goes on",
        "timer": "on a timer",
        "override": "when another package calls a method of its class",
        "decorated": "when a decorator's code calls it",
        "handed": "when code that it is handed to calls it",
        "special": "when an operator or the like calls it",
        "later": "once, after a delay",
        "spawned": "per thread or task that is started",
        "repeated": "in a loop that ends",
        "tested": "when its users call it, as only tests do here",
        "public": "when its users call it",
        "command": "as a script",
        "startup": "once, at start-up",
        "import": "once, at import",
        "once": "once",
        "exit": "at exit",
        "unstarted": "by a timer that is never started",
        "other-process": "in another process",
        "barred": "behind a condition that never holds",
        "test": "in tests",
        "dead": "by code that nothing calls",
    }
)
"""How code comes to run, the most telling first."""

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "call": "",
        "timer": "starts {it}",
        "idle timer": "would start {it}",
        "unstarted": "makes {it} and never starts it",
        "begin": "",
    }
)
"""What a step of a way does, where that is more than to call the next one."""

EXITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "return": ("{who} returns in {where} before that", "{who} returns here, and the entry stays"),
        "break": ("{who} leaves a loop in {where} before that", "{who} leaves a loop here, and the entry stays"),
        "continue": (
            "{who} goes on to the next round of a loop in {where} before that",
            "{who} goes on to the next round here, and the entry stays",
        ),
        "condition": ("the condition in {where} lets it", "this decides whether {who} removes the entry"),
        "raise": ("{who} raises an error in {where} before that", "{who} raises an error here, and the entry stays"),
        "call": ("{what} raises in {where}", "where {what} raises here, the entry stays"),
        "wait": (
            "{what} raises or is cancelled in {where}",
            "where {what} raises or is cancelled here, the entry stays",
        ),
        "yield": (
            "what {who} hands over to in {where} raises or does not come back",
            "where what {who} hands over to here raises or does not come back, the entry stays",
        ),
        "apart": ("{who} adds the entry", "{who} adds an entry here that no clean-up takes out"),
    }
)
"""How a run ends that leaves an entry behind: to follow "unless" ("only if" for a condition), and of the place."""

LIVES: Mapping[str, str] = MappingProxyType(
    {
        "module": "as long as the process, since a module has {it}",
        "class": "as long as the process, since a class has {it}",
        "application": "as long as the application that has {it}",
        "frame": "as long as the function runs that serves with {it}",
        "closure": "as long as the function that captures {it}",
        "registered": "as long as another package keeps {it}",
        "framework": "as long as the framework that makes {it}",
        "element": "as long as {it} stays in a container that lasts",
        "closable": "until its users close {it}",
        "outside": "as long as its users keep {it}",
    }
)
"""How long what has a container lives."""

_MANGLED = re.compile(r"\b_[A-Z]\w*?(?=__[^\W_])")


def readable(text: str) -> str:
    """A text with private names of code as they are written: "self.__data", not "self._Store__data", as far as the
    name alone tells."""
    return _MANGLED.sub("", text) if "__" in text else text


def running(run: str) -> str:
    """How a function comes to run, to follow its name; of one that goes round in a loop the place in that is meant."""
    return f"{'comes here' if run in {'loop', 'repeated'} else 'runs'} {RUNS[run]}"


class Removed(Protocol):
    """When a removal runs: `fails` where only an error leads there, `partly` where it runs so for some entries,
    `delayed` where a one-shot timer runs it."""

    @property
    def when(self) -> str: ...
    @property
    def fails(self) -> bool: ...
    @property
    def partly(self) -> bool: ...
    @property
    def delayed(self) -> bool: ...


def moment(removal: Removed) -> str:
    """When a removal runs, in words."""
    if removal.when == "guaranteed" and removal.partly:
        return "in a clean-up, which does not follow every insert"
    if removal.when == "event" and removal.fails:
        return FAILING
    return DELAYED if removal.when == "event" and removal.delayed else MOMENTS[removal.when]


def leaving(kind: str, who: str, what: str, where: str = "") -> str:
    """How a run of a function leaves its entry behind, by what may raise there; of the place itself, unless it is told
    where that is, as "line 7"."""
    away, here = EXITS[kind]
    return (away if where else here).format(who=who, where=where, what=what or f"what {who} calls")


def step(role: str, it: str = "it") -> str:
    """What a step of a way does, "it" being what comes next; empty where it calls that."""
    return STEPS[role].format(it=it)


def life(owner: str) -> str:
    """How long what has a container lives, by `owner` as in a sheet."""
    kind = owner.removeprefix("part of ")
    return LIVES[kind].format(it="it" if kind == owner else "the object with it")


def plural(count: int, noun: str) -> str:
    """A count of things: "1 file" or "2 files"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
