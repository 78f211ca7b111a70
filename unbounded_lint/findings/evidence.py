"""What is known about the growth of one container, as named evidence."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_SINGLE = ("key", "domain", "insert", "root", "phase", "value", "owner", "shared", "project", "family")
"""The fields with one value each."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the growth of a container.

    key       what the key of its clearest insert is made of: request, counter, object, constant, unknown ... (the
              sources of `link/keys/origins`)
    domain    open, unknown, or either with "weak" where it rests on a name or a missing annotation
    insert    entry, inner (into a container inside an entry), append, or bulk
    runs      when that insert runs, the most telling first: request, event, loop (of a program that goes on), timer,
              override (of another package's class), decorated, handed (to code that may call it), special (by an
              operator and the like), later, spawned, repeated, tested, public (only its users call it), command (a
              script's body), startup, import, once
    root      what the names in that key hang on: parameter (of the function), receiver (its object), other, none
    phase     constructor where only the making of some object comes to the insert; itself where a method puts its own
              object in; otherwise work
    guess     whether all that leads there does so by a name alone, where the receiver is not known
    guards    what stands before it: an error (an `except` around it), a refusal (a key that is there already raises), a
              test of the key, a condition (of anything else)
    value     locks, tasks, threads, objects, results, callables, constant, container, or data
    owner     what makes it last (`link/containers/lifetimes`), "part of ..." for attributes
    shared    whether every object that has it lasts, or some pass: all, some
    removals  what takes entries out, each "moment extent", without those that never run; "failing" where only an error
              leads to it; "dead" or "test" for those of which no call is seen, or one by tests alone
    reads     what is done to it besides: iterated, looked up, tested, measured, handed on, taken out inside (some
              of what is in an entry is)
    project   application or library
    family    map, set, list, deque, queue, cache, buffer
    filled    whether it is written out with entries, as a table is
    form      registration (a public function that only keeps what it is given), listeners, table (filled where it is
              written, then handed on), or empty
    size      sample where the program has so few functions that those who use it cannot be among them, else project
    names     the words of its name, which prove nothing; nor do those of the class that has it (class_names), those of
              its methods' names that tell what it is for (method_names), the words of its key or of what is appended
              (key_names), of what callers pass for that (given_names), of its annotation and of what is stored under a
              key (value_names), of the function that inserts and those around it (function_names), and of the path to
              that (path_names)
    left      where only events remove, the way on which an entry stays: success, error, condition, emptied, unasked
              (`link/verdicts/ways`)
    exit      what leads past the removal then, or may end a run before it, where that can be named
              (`link/verdicts/exits`)
    removers  when the removals run that only events come to, as `runs`
    usage     how tests, examples and documentation call what only users call (`link/verdicts/usages`), or "never
              shown"; empty for what the project calls, and in `check` as long as nothing of it has a weight
    """

    key: str
    domain: str
    insert: str
    runs: tuple[str, ...]
    guards: tuple[str, ...]
    root: str
    phase: str
    guess: bool
    value: str
    owner: str
    shared: str
    removals: tuple[str, ...]
    reads: tuple[str, ...]
    project: str
    family: str
    filled: bool
    form: str = ""
    size: str = "project"
    names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    method_names: tuple[str, ...] = ()
    key_names: tuple[str, ...] = ()
    given_names: tuple[str, ...] = ()
    value_names: tuple[str, ...] = ()
    function_names: tuple[str, ...] = ()
    path_names: tuple[str, ...] = ()
    left: str = ""
    exit: str = ""
    removers: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The pieces that say something about growth, each "field: value": code that only reads says nothing."""
        return tuple(self._features())

    def _features(self) -> Iterator[str]:
        for field in _SINGLE:
            yield f"{field}: {getattr(self, field)}"
        yield f"runs: {self.runs[0] if self.runs else 'never'}"
        for field in ("guards", "removals"):
            values: tuple[str, ...] = getattr(self, field)
            yield from (f"{field}: {value}" for value in values or ("none",))
        yield from (f"also: {run}" for run in self.runs[1:])
        if "handed on" in self.reads:
            yield "reads: handed on"
        if self.form:
            yield f"form: {self.form}"
        if self.size == "sample":
            yield "size: sample"
        yield from (f"usage: {word}" for word in self.usage)
        if self.left:
            yield f"left: {self.left}"
            yield f"exit: {self.exit or 'none'}"
        if self.removers:
            yield f"removers: {self.removers[0]}"
        if self.guess:
            yield "guess: yes"
        if self.filled:
            yield "filled: yes"
