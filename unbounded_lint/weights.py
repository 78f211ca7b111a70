"""How sure the evidence about a container makes it that a maintainer would agree.

The probability comes from an additive model (logistic regression): `weights.toml` beside this file holds one weight for
each piece of evidence, fitted by `tests/corpus/fit.py` to labelled containers.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from unbounded_lint.evidence import Evidence
from unbounded_lint.finding import Confidence

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_WORDS = re.compile("[a-z]+")


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An additive model: what each feature adds to the log-odds, on top of a base; from which probability on a
    finding counts as medium and as high; and the groups of words in names."""

    base: float
    medium: float
    high: float
    weights: Mapping[str, float]
    words: Mapping[str, frozenset[str]]

    def probability(self, evidence: Evidence) -> float:
        """How probable it is that a maintainer agrees that the container grows without end."""
        odds = self.base + sum(self.weights.get(feature, 0.0) for feature in evidence.features)
        return 1 / (1 + math.exp(-odds))

    def groups(self, name: str) -> tuple[str, ...]:
        """The groups of words that a name has some of."""
        words = set(_WORDS.findall(name.lower()))
        return tuple(group for group, known in sorted(self.words.items()) if words & known)

    def level(self, probability: float) -> Confidence:
        """The level that a probability is called."""
        if probability >= self.high:
            return Confidence.HIGH
        return Confidence.MEDIUM if probability >= self.medium else Confidence.LOW

    def telling(self, evidence: Evidence) -> tuple[tuple[str, float], ...]:
        """The features that count, the weightiest first, each with its weight."""
        weighed = ((feature, self.weights.get(feature, 0.0)) for feature in evidence.features)
        return tuple(sorted((each for each in weighed if each[1]), key=lambda each: (-abs(each[1]), each[0])))


@cache
def model() -> Model:
    """The model that the package ships."""
    text = resources.files("unbounded_lint").joinpath("weights.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Model)
