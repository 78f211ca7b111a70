"""Levels of confidence and probabilities, each in terms of the other."""

from __future__ import annotations

from unbounded_lint.catalog.load import catalog
from unbounded_lint.findings.finding import Confidence, Finding


def least(level: Confidence) -> float:
    """The least probability of a level. Raises CatalogError as `catalog` does."""
    known = catalog().data.confidence
    return {Confidence.LOW: 0.0, Confidence.MEDIUM: known.medium, Confidence.HIGH: known.high}[level]


def level_of(probability: float) -> Confidence:
    """The highest level that a probability reaches."""
    return max((level for level in Confidence if probability >= least(level)), key=lambda level: level.rank)


def asked(setting: str | float) -> float:
    """The least probability that a setting asks for, which names a level or is a number."""
    return setting if isinstance(setting, float) else least(Confidence(setting))


def sureness(finding: Finding) -> float:
    """How probable a finding is: the least of its level where its rule tells no number."""
    return least(finding.confidence) if finding.probability is None else finding.probability
