"""The fact sheet of a container, as data: what makes it grow, what takes entries out, and how sure that is."""

from __future__ import annotations

import msgspec

from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Place


class Spot(msgspec.Struct, frozen=True):
    """A place that a user asks about: the path relative to the project's root, the 1-based line, the column (0 for the
    whole line), and the text as written."""

    path: str
    line: int
    column: int
    text: str

    @property
    def place(self) -> Place:
        """The place, to be shown."""
        return Place(self.path, self.line, max(1, self.column), self.line, max(1, self.column))


class Named(msgspec.Struct, frozen=True):
    """A name in a file that a user asks about: the path relative to the project's root, the name, and the text as
    written."""

    path: str
    name: str
    text: str


class Way(msgspec.Struct, frozen=True):
    """One way in which code comes to a place.

    run      how often it goes that way: a key of `wording.RUNS`
    timer    the timer that begins it, by its name in the catalogue; empty where none does
    steps    from where it begins, each the place that leads to the next function, with the function it stands in as its
             text and its role, as in `link/runs/chains`; none where it begins in the function of the place itself
    """

    run: str
    timer: str = ""
    steps: tuple[Place, ...] = ()


class Insert(msgspec.Struct, frozen=True):
    """Where entries are added: the place with a sentence, the function it stands in, whether it makes the container
    grow, what the key is made of and which keys there can be (empty where it does not), why that is so, and how code
    comes there."""

    place: Place
    function: str
    grows: bool
    key: str
    domain: str
    why: str
    ways: tuple[Way, ...]


class Removal(msgspec.Struct, frozen=True):
    """Where entries are taken out: the place with a sentence, the function it stands in, how much it takes (sweep, all,
    evict, single), when it runs (a key of `wording.MOMENTS`), whether it takes entries while the program is at work,
    whether only an error leads there, how code comes there, whether it runs so for some entries alone, and whether a
    one-shot timer runs it."""

    place: Place
    function: str
    extent: str
    when: str
    works: bool
    fails: bool
    ways: tuple[Way, ...]
    partly: bool = False
    delayed: bool = False


class Weight(msgspec.Struct, frozen=True):
    """What one piece of the evidence adds to the log-odds of growth without end, with the piece in words."""

    feature: str
    words: str
    weight: float


class Report(msgspec.Struct, frozen=True):
    """A finding about the container; hidden says why `check` does not show it, empty where it does."""

    code: str
    name: str
    message: str
    advice: str
    confidence: str
    probability: float
    reasons: tuple[str, ...] = ()
    hidden: str = ""


class Remedy(msgspec.Struct, frozen=True):
    """A comment at the container's definition that silences its findings, and where it is the right one."""

    comment: str
    where: str


class Sheet(msgspec.Struct, frozen=True):
    """The fact sheet of one container.

    family       map, set, list, deque, queue, cache, buffer
    owner        what makes it last: a key of `wording.LIVES`, "part of ..." where an object in between has it
    verdict      what bounds it (a key of `wording.VERDICTS`), with the reasons in words
    bounded_by   the same in a few words, or what a comment says
    is_open      whether nothing bounds it, or a finding says that what does is broken
    probability  that of its growth without end, None where something bounds it
    weights      what that was added up from, the heaviest first, onto `base`
    declared     what comments say of it, such as "bounded: the reason"
    findings     the codes of `reports`
    """

    symbol: str
    place: Place
    constructor: str
    verdict: str
    confidence: str
    probability: float | None
    reasons: tuple[str, ...]
    declared: tuple[str, ...]
    evidence: Evidence | None
    inserts: tuple[Insert, ...]
    removals: tuple[Removal, ...]
    timers: tuple[Place, ...]
    findings: tuple[str, ...]
    family: str = "map"
    owner: str = "module"
    bounded_by: str = ""
    is_open: bool = False
    base: float = 0.0
    weights: tuple[Weight, ...] = ()
    reports: tuple[Report, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    @property
    def shown(self) -> tuple[Report, ...]:
        """The findings that `check` shows."""
        return tuple(report for report in self.reports if not report.hidden)

    @property
    def risk(self) -> float:
        """How probable it is that something is wrong with it, from 0 to 1: what is known to be bounded has none."""
        found = [report.probability for report in self.shown]
        return max([*found, self.probability or 0.0] if self.is_open else found, default=0.0)


class Inventory(msgspec.Struct, frozen=True):
    """The long-lived containers of the files that a run asks about; files is their number; notes are sentences about
    the run itself, such as files that could not be read."""

    sheets: tuple[Sheet, ...]
    files: int
    notes: tuple[str, ...] = ()
