"""How probable it is that a maintainer agrees with a finding about growth, by its evidence.

The burden is on the finding: what lacks evidence that each event of a normal run adds an entry that stays is kept at
low confidence. The weights stand in `catalog/confidence.toml`; `tests/corpus/fit.py` fits them to labelled containers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from unbounded_lint.catalog.load import catalog
from unbounded_lint.catalog.model import Weights
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.findings.levels import level_of

OF_GROWTH = ("UBM101", "UBM102", "UBM103", "UBM104", "UBM105", "UBM201")
"""The rules whose findings say that a container grows without end, as sure as this evidence is."""

_PASSING = frozenset(
    {"part of closable", "part of element", "part of framework", "part of outside", "part of registered"}
)
"""Owners that somebody else makes, and may let go before the program ends."""


def weights() -> Weights:
    """The weights, as shipped. Raises CatalogError as `catalog` does."""
    return catalog().data.confidence


def weighs(field: str) -> bool:
    """Whether anything that a field of the evidence says has a weight. Raises CatalogError as `catalog` does."""
    return any(name.startswith(f"{field}: ") for name in weights().weights)


def features(evidence: Evidence, code: str) -> tuple[str, ...]:
    """What the model weighs: the pieces of the evidence, what the words of names say but in a sample, the code of the
    finding, and what says more together."""
    said = _said(evidence) if evidence.size == "project" else ()
    found = (*evidence.features, *said, f"code: {code}")
    known = set(found)
    return (*found, *(f"together: {name}" for name, all_of in weights().together.items() if known.issuperset(all_of)))


class Support(NamedTuple):
    """How probable it is that a finding is right, from 0 to 1, and the level of that."""

    probability: float
    level: Confidence

    @classmethod
    def of(cls, evidence: Evidence | None, code: str, *, kept: bool = False) -> Support:
        """What evidence supports of a finding of a rule, `kept` taking the objects that have the container for such
        that last; nothing where nothing makes the container grow."""
        if evidence is None:
            return cls(0.0, Confidence.LOW)
        odds = weights().base + sum(weight for _, weight in contributions(evidence, code, kept=kept))
        probability = 1 / (1 + math.exp(-odds))
        return cls(probability, level_of(probability))


def contributions(evidence: Evidence, code: str, *, kept: bool = False) -> Iterator[tuple[str, float]]:
    """What each piece of evidence that has a weight adds to the log-odds of a finding; `kept` as in `Support`."""
    if kept and evidence.owner in _PASSING:
        evidence = msgspec.structs.replace(evidence, owner="part of module", shared="all")
    known = weights().weights
    yield from ((each, known[each]) for each in features(evidence, code) if each in known)


def _said(evidence: Evidence) -> Iterator[str]:
    words = weights().words
    for field, groups in {**words, "given_names": words["key_names"]}.items():
        names = getattr(evidence, field)
        yield from (f"{field}: {group}" for group, words in groups.items() if not words.isdisjoint(names))
