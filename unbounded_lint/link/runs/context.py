"""One way in which code comes to run."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import msgspec

from unbounded_lint.catalog.model import Hook
from unbounded_lint.link.program.module import Place, ScopeId

ContextKind: TypeAlias = Literal[
    "import", "startup", "main", "run", "api", "tested", "timer", "later", "exit", "test", "dead", "other-process",
    "unstarted", "barred",
]  # fmt: skip
EVERY: frozenset[ContextKind] = frozenset(get_args(ContextKind))
LIVE: frozenset[ContextKind] = frozenset({"import", "startup", "main", "run", "api", "timer", "later", "exit"})
By: TypeAlias = Literal["request", "hook", "override", "special", "decorated", "handed"]
"""What it rests on that something runs again and again: a framework's wiring for requests, or other wiring, that the
catalogue knows; a method of a class that derives from another package's; a method that Python itself runs; a decorator
or other code, of whatever package, that is handed the function."""
AGAIN: frozenset[ContextKind] = frozenset({"run", "timer", "later"})
"""While the program is at work, again and again, whoever uses it."""
RUNTIME: frozenset[ContextKind] = AGAIN | {"api"}
STARTING: frozenset[ContextKind] = frozenset({"import", "startup", "main", "exit", "test", "tested"})
"""While a program starts or ends, or for tests."""


class Sort(msgspec.Struct, frozen=True, gc=False):
    """One sort of ways in which code comes to run, wherever they begin.

    kind     import, startup (once, before serving), main (a script's body), run (per request, event or callback), api
             (public and called by nobody here), tested (public and called by tests alone), timer, later (once, after
             a delay), exit, test, dead (private and called by nobody), other-process, unstarted (handed to a timer
             that nothing starts), barred (behind a condition that never holds)
    looped   a loop stands on the way (meaningful for main and startup)
    cleanup  a `finally` or `__exit__` stands on the way
    timer    the catalogue's entry, for timer, later, unstarted and other-process
    failing  only an exception leads there, one that is no answer (a time-out, a missing key)
    by       what it rests on that it runs again and again, for run
    endless  the loop on the way has no end of its own (meaningful for main and startup)
    guess    a call on the way is taken for one by its name alone, since its receiver is not known
    """

    kind: ContextKind
    looped: bool
    cleanup: bool
    timer: str = ""
    failing: bool = False
    by: By | None = None
    endless: bool = False
    guess: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it happens again and again while the program is at work, whoever uses it."""
        return self.kind in AGAIN or (self.looped and self.kind in {"main", "startup"})


class Context(Sort, frozen=True, gc=False, kw_only=True):
    """One way in which code comes to run.

    root     where the way begins: scope and operation
    target   the function that the timer runs, or that holds the loop; None where nothing here hands it over
    """

    root: Place
    target: ScopeId | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """By what ways are put in order: their sorts, then where they begin."""
        marks = (self.looped, self.cleanup, self.failing, self.timer, self.by or "", self.endless, self.guess)
        return (self.kind, *marks, self.begin)

    @property
    def begin(self) -> tuple[Place, ScopeId]:
        """Where it begins, to be put in order."""
        return self.root, self.target or self.root[0]


class Step(msgspec.Struct, frozen=True, gc=False):
    """A scope that runs another, by an operation in a loop, a clean-up or a handler of its own, or by none."""

    scope: ScopeId
    looped: bool = False
    cleanup: bool = False
    failing: bool = False
    endless: bool = False
    guess: bool = False


Mark: TypeAlias = Literal["guess", "endless", "failing", "cleanup", "looped"]
MARKS: tuple[Mark, ...] = get_args(Mark)
"""What a step adds to the ways that come to what is behind it."""

_BY_ROLE: dict[str, ContextKind] = {
    "startup": "startup", "shutdown": "exit", "command": "main", "test": "test", "task": "other-process",
}  # fmt: skip


def by_hook(hook: Hook, here: Place) -> Context:
    """How what is wired to a framework at a place comes to run."""
    kind = _BY_ROLE.get(hook.role, "run")
    by: By = "request" if hook.role == "request" else "hook"
    return Context(kind, kind == "run", False, root=here, by=by if kind == "run" else None)
