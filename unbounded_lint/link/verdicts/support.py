"""How far the evidence carries that each event of a normal run adds an entry that stays."""

from __future__ import annotations

from unbounded_lint.evidence import Evidence
from unbounded_lint.finding import Confidence

_EVENTS = frozenset({"request", "event", "loop", "timer"})
"""What runs an insert again and again for sure: a framework that is known, a loop that serves, a timer."""

_ORDERED = frozenset({"list", "deque", "buffer", "queue"})
"""Families to which each insert adds, whatever is there."""
_PASSING = frozenset({"part of outside", "part of element", "part of registered"})
"""Owners that may pass before the program does."""


def supported(evidence: Evidence | None) -> Confidence:
    """The most that a finding about growth alone may claim, by what speaks for it: a key that is open by its nature, or
    an event that is known to come again and again, and work rather than the making of some object. What lacks that is
    kept at low confidence."""
    if evidence is None:
        return Confidence.LOW
    if evidence.owner == "registered":
        return Confidence.MEDIUM  # what is handed over again and again, be it for each object that is made
    if evidence.phase == "constructor":
        return Confidence.LOW
    happens = _EVENTS.intersection(evidence.runs[:1])
    again = happens or evidence.runs[:1] == ("repeated",)
    is_open = evidence.domain == "open"
    is_part = evidence.owner.startswith("part of")
    appends = evidence.family in _ORDERED or evidence.key == "appended"
    if evidence.left == "emptied" or (evidence.left == "unasked" and not (is_open and again)):
        return Confidence.LOW
    if evidence.phase != "itself" and (appends or not evidence.domain.endswith("open")):
        return Confidence.MEDIUM if happens and not is_part else Confidence.LOW
    if is_part:
        lasts = evidence.shared == "all" and evidence.owner not in _PASSING
        return Confidence.MEDIUM if is_open and (again or lasts) else Confidence.LOW
    return Confidence.HIGH if happens and is_open else Confidence.MEDIUM
