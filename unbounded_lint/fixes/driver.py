"""Repairs findings until nothing more can be: proposes, applies in memory, looks again, and takes back what did not
help."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from unbounded_lint.disk.cache import Cache
from unbounded_lint.findings.finding import Finding, Fix
from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.layout import laid_out
from unbounded_lint.fixes.recipes import recipes_for
from unbounded_lint.fixes.refused import NotConcerned, Refused
from unbounded_lint.fixes.shop import About, Shop, about, fresh
from unbounded_lint.fixes.style import line_length
from unbounded_lint.fixes.text import Change
from unbounded_lint.run.request import Request

ROUNDS = 6
"""How often what is left, or could not be done at the same time, is looked at again."""

_OF_FILES = "UBM9"
"""How the codes begin of what is said of files and comments."""

FAILED = "the recipe failed, which is a fault of this program"
"""How a reason begins that is none of the code that would be repaired."""


@dataclass(frozen=True)
class Done:
    """A finding and its repair."""

    finding: Finding
    repair: Repair
    fix: Fix


@dataclass(frozen=True)
class NotDone:
    """A finding and why it is not repaired, in one clause."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Plan:
    """What can be repaired: the repairs in their order, what is refused, what is left to report, and the files that
    change with their bytes before and after."""

    done: tuple[Done, ...]
    refused: tuple[NotDone, ...]
    remaining: tuple[Finding, ...]
    files: Mapping[str, tuple[bytes, bytes]]


@dataclass
class _Tries:
    """How far the recipes for each finding have been tried, why those before refused, and why others were for another
    one."""

    next: dict[About, int] = field(default_factory=dict)
    reasons: dict[About, str] = field(default_factory=dict)
    others: dict[About, str] = field(default_factory=dict)

    def reason(self, key: About) -> str:
        """Why a finding is not repaired, "" if nothing has been tried."""
        return self.reasons.get(key) or self.others.get(key, "")


def plan(
    request: Request, cache: Cache | None = None, rounds: int = ROUNDS, findings: Iterable[Finding] | None = None
) -> Plan:
    """Repair in memory all that a run reports and a recipe knows how to, or of that what is about the same as some
    findings."""
    start = shop = Shop(request, cache, {})
    wanted = None if findings is None else frozenset(about(finding)[1] for finding in findings)
    tries, done = _Tries(), list[Done]()
    for _ in range(rounds):
        proposed = list(_proposals(shop, tries, lambda key: wanted is None or key[1] in wanted))
        if not proposed:
            break
        shop, accepted = _Round(shop, tries).accept(proposed)
        done += accepted
    repaired = {about(one.finding) for one in done}
    refused = [f for f in start.shown if about(f) not in repaired and tries.reason(about(f))]
    return Plan(
        done=tuple(done),
        refused=tuple(NotDone(f, tries.reason(about(f))) for f in refused),
        remaining=shop.shown,
        files={path: (start.data(path), data) for path, data in sorted(shop.changed.items())},
    )


def each(request: Request, cache: Cache | None, wanted: Collection[About]) -> Mapping[About, Done | NotDone]:
    """Repairs of findings of a run, each of the files as they are now, or why there is none; nothing of one that is not
    found. Those of different findings may concern the same text."""
    shop = Shop(request, cache, {})
    tries, done = _Tries(), dict[About, Done | NotDone]()
    for _ in range(ROUNDS):
        proposed = list(_proposals(shop, tries, lambda key: key in wanted and key not in done))
        if not proposed:
            break
        done.update((about(one.finding), one) for one in _Round(shop, tries).accept(proposed)[1])
    for finding in shop.shown:
        key = about(finding)
        if key in wanted and tries.reason(key):
            done.setdefault(key, NotDone(finding, tries.reason(key)))
    return done


def _proposals(shop: Shop, tries: _Tries, is_wanted: Callable[[About], bool]) -> Iterator[Done]:
    """For each finding what the first recipe proposes that was not tried and does not refuse."""
    length = line_length(shop.request.project.root)
    for finding in shop.shown:
        key, recipes = about(finding), recipes_for(finding.code)
        if not is_wanted(key):
            continue
        if not recipes and not finding.code.startswith(_OF_FILES):
            tries.reasons.setdefault(key, "there is no recipe for this rule")
        while tries.next.get(key, 0) < len(recipes):
            recipe = recipes[tries.next.get(key, 0)]
            try:
                bench = Bench(shop.project, finding, shop.file, length)
                repair = laid_out(bench, recipe(bench))
                yield Done(finding, repair, _fix(shop, repair))
                break
            except NotConcerned as other:
                if str(other) or key not in tries.others:
                    tries.others[key] = str(other) or "no recipe is for what it holds"
            except Refused as refusal:
                tries.reasons[key] = str(refusal)
            except OSError:
                tries.reasons[key] = "a file could not be read"
            except Exception as error:
                tries.reasons[key] = f"{FAILED} ({type(error).__name__}: {error})"
            tries.next[key] = tries.next.get(key, 0) + 1


def _fix(shop: Shop, repair: Repair) -> Fix:
    by_path: dict[str, list[Change]] = {}
    for change in repair.changes:
        by_path.setdefault(change.path, []).append(change)
    edits = (edit for path, changes in sorted(by_path.items()) for edit in shop.file(path).edits(changes))
    return Fix(repair.message, repair.assumes, tuple(edits))


class _Round:
    """Proposals that are all about one state of the project."""

    def __init__(self, shop: Shop, tries: _Tries) -> None:
        self._shop = shop
        self._tries = tries

    def accept(self, proposed: Sequence[Done]) -> tuple[Shop, list[Done]]:
        """The project with all that helps and goes together. What does not go together waits for the next round."""
        return self._settled(self._shop, [], self._disjoint(proposed))

    def _settled(self, shop: Shop, accepted: list[Done], group: list[Done]) -> tuple[Shop, list[Done]]:
        """The project with what was accepted, and with what of a group helps. Each look at a project takes as long as
        a run: a group is looked at as a whole, and in halves where it cannot be told what of it does harm."""
        if not group:
            return shop, accepted
        after = self._applied([*accepted, *group])
        faults = {} if after is None else self._faults([*accepted, *group], after)
        if after is not None and not faults:
            return after, [*accepted, *group]
        told = [one for one in group if id(one) in faults]
        if told or len(group) == 1:
            for one in told or group:
                self._give_up(one.finding, faults.get(id(one)) or faults.get(0) or "its changes cannot be made")
            return (
                self._settled(shop, accepted, [one for one in group if one not in told]) if told else (shop, accepted)
            )
        half = len(group) // 2
        shop, accepted = self._settled(shop, accepted, group[:half])
        return self._settled(shop, accepted, group[half:])

    def _give_up(self, finding: Finding, reason: str) -> None:
        key = about(finding)
        self._tries.next[key] = self._tries.next.get(key, 0) + 1
        self._tries.reasons[key] = reason

    def _disjoint(self, proposed: Sequence[Done]) -> list[Done]:
        """Those whose changes concern different text; the first ones win."""
        taken: dict[str, list[Change]] = {}
        chosen = []
        for one in proposed:
            others = [other for c in one.repair.changes for other in taken.get(c.path, ()) if _clash(c, other)]
            if not others:
                chosen.append(one)
                for change in one.repair.changes:
                    taken.setdefault(change.path, []).append(change)
        return chosen

    def _applied(self, done: Sequence[Done]) -> Shop | None:
        """The project with these repairs made, None where their changes do not go together."""
        by_path: dict[str, list[Change]] = {}
        for one in done:
            for change in one.repair.changes:
                by_path.setdefault(change.path, []).append(change)
        changed = dict(self._shop.changed)
        try:
            changed.update({path: self._shop.file(path).changed(changes) for path, changes in by_path.items()})
        except Refused:
            return None
        return self._shop.with_changed(changed)

    def _faults(self, done: Sequence[Done], after: Shop) -> Mapping[int, str]:
        """Why repairs are no good: by the identity of each that can be told, under 0 for the others."""
        found = {id(one): _still(one.finding, after) for one in done if about(one.finding) in after.about}
        for new in fresh(self._shop, after, [one.finding for one in done]):
            told = next((id(one) for one in done if one.finding.symbol == new.symbol), 0)
            found.setdefault(told, f"{new.code} would be reported then: {new.message}")
        return found


def _still(finding: Finding, after: Shop) -> str:
    """That a finding would still be there, and what it would say then, where that is something else."""
    said = next((f.message for f in after.found if about(f) == about(finding)), finding.message)
    return f"the finding would still be there{'' if said == finding.message else f': {said}'}"


def _clash(one: Change, other: Change) -> bool:
    """Whether two changes cannot be made both: the same import twice is one."""
    if one == other:
        return False
    return (one.start < other.end and other.start < one.end) or one.start == other.start
