"""Everything that the evidence may hold has plain words."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from unbounded_lint.catalog.keys import Source
from unbounded_lint.findings import telling, wording
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.link.containers.lifetimes import LifeKind
from unbounded_lint.link.verdicts import evidence
from unbounded_lint.link.verdicts.removals import Extent, Moment
from unbounded_lint.link.verdicts.support import weights
from unbounded_lint.link.verdicts.ways import Left

KEYS = {
    "key": get_args(Source),
    "runs": evidence.RUNS,
    "owner": (*get_args(LifeKind), *(f"part of {kind}" for kind in get_args(LifeKind))),
    "left": get_args(Left),
    "domain": ("open", "unknown", "weak open", "weak unknown", "closed"),
}
JARGON = frozenset(
    {"receiver", "phase", "weak", "bulk", "inner", "callables", "event-only", "unasked", "sample", "guaranteed", "idle"}
)


def test_every_field_of_the_evidence_has_words() -> None:
    assert set(telling.FIELDS) == set(Evidence.__struct_fields__)


@pytest.mark.parametrize("field", KEYS)
def test_every_value_of_a_field_has_words(field: str) -> None:
    for key in KEYS[field]:
        known = telling.VALUES[field]
        assert key.removeprefix("part of ") in known, key
        assert telling.value(field, key)


def test_everything_that_has_a_weight_has_words_that_are_no_key() -> None:
    plain = {"family", "code", "together", "usage", "guards", "project", "guess", "filled", "reads"}
    for name in weights().weights:
        field, _, key = name.partition(": ")
        words = telling.feature(name)
        known = telling.VALUES.get(field, {})
        assert words.partition(": ")[2] and JARGON.isdisjoint(words.replace(":", " ").split()), words
        assert field in plain or field.endswith("names") or field in {"also", "removals", "owner"} or key in known, name


@pytest.mark.parametrize(("when", "extent"), product((*get_args(Moment), "failing"), get_args(Extent)))
def test_every_removal_has_words(when: str, extent: str) -> None:
    words = telling.value("removals", f"{when} {extent}")
    assert wording.EXTENTS[extent].removeprefix("takes out ") in words and len(words.split(", ")) > 1


def test_where_keys_come_from_and_which_there_can_be_stand_on_one_line() -> None:
    assert telling.keys("request", "open") == "a request, ever new"
    assert telling.keys("appended", "open") == "none, appended"
