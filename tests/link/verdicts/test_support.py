"""How far the evidence about growth carries."""

from __future__ import annotations

import msgspec
import pytest

from unbounded_lint.evidence import Evidence
from unbounded_lint.finding import Confidence
from unbounded_lint.link.verdicts.support import supported

STRONG = Evidence(
    key="request", domain="open", insert="entry", runs=("request",), guards=(), root="parameter", phase="work",
    guess=False, value="data", owner="module", shared="all", removals=(), reads=(), project="application", family="map",
    filled=False, names=("seen",),
)  # fmt: skip

LEVELS = {
    "open key of a request": ({}, Confidence.HIGH),
    "open key, of a public function": ({"runs": ("public",)}, Confidence.MEDIUM),
    "open by a word alone": ({"domain": "weak open"}, Confidence.MEDIUM),
    "unknown key of a request": ({"domain": "unknown"}, Confidence.MEDIUM),
    "unknown key of a public function": ({"domain": "unknown", "runs": ("public",)}, Confidence.LOW),
    "appended by each request": ({"family": "list"}, Confidence.MEDIUM),
    "appended by a public function": ({"family": "list", "runs": ("public",)}, Confidence.LOW),
    "in a constructor": ({"phase": "constructor"}, Confidence.LOW),
    "an object that appends itself": ({"phase": "itself", "family": "list", "runs": ("public",)}, Confidence.MEDIUM),
    "a registry of the standard library": ({"phase": "constructor", "owner": "registered"}, Confidence.MEDIUM),
    "attribute of what lasts": ({"owner": "part of module", "runs": ("public",)}, Confidence.MEDIUM),
    "attribute of what may pass": ({"owner": "part of element", "runs": ("public",)}, Confidence.LOW),
    "attribute of what partly passes": (
        {"owner": "part of module", "shared": "some", "runs": ("public",)},
        Confidence.LOW,
    ),
    "attribute, unknown key": ({"owner": "part of module", "domain": "unknown"}, Confidence.LOW),
    "each entry waits for its own event": ({"left": "unasked", "runs": ("public",)}, Confidence.LOW),
    "the same, for requests": ({"left": "unasked"}, Confidence.HIGH),
    "emptied as a whole": ({"left": "emptied"}, Confidence.LOW),
    "an error in between": ({"left": "error", "runs": ("public",)}, Confidence.MEDIUM),
}


@pytest.mark.parametrize("name", LEVELS)
def test_what_evidence_carries(name: str) -> None:
    changes, level = LEVELS[name]
    assert supported(msgspec.structs.replace(STRONG, **changes)) is level


def test_nothing_is_carried_by_no_evidence() -> None:
    assert supported(None) is Confidence.LOW
