"""How far the evidence about growth carries."""

from __future__ import annotations

import msgspec
import pytest

from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.verdicts.support import Support, features, weighs, weights

STRONG = Evidence(
    key="request", domain="open", insert="entry", runs=("request",), guards=(), root="parameter", phase="work",
    guess=False, value="locks", owner="module", shared="all", removals=(), reads=(), project="application",
    family="map", filled=False, names=("seen",), key_names=("session", "id"), function_names=("get",),
)  # fmt: skip

WEAKER = {
    "unknown key": {"key": "unknown", "domain": "unknown"},
    "constants": {"key": "constant", "domain": "unknown"},
    "public function": {"runs": ("public",)},
    "while the program starts": {"runs": ("import",)},
    "in a constructor": {"phase": "constructor"},
    "an object that passes": {"owner": "part of element"},
    "some of its owners pass": {"shared": "some"},
    "emptied by an event": {"removals": ("event all",), "left": "emptied"},
    "removed by its owner": {"removals": ("event single",), "left": "unasked"},
    "removed in a clean-up": {"removals": ("guaranteed single",), "left": "error"},
    "listeners": {"form": "listeners"},
    "registration": {"form": "registration"},
    "table": {"filled": True},
    "by a name alone": {"guess": True},
    "a name of definitions": {"key_names": ("cls",)},
    "a name of set-up": {"function_names": ("register",)},
}


@pytest.mark.parametrize("name", WEAKER)
def test_what_speaks_against_growth_lowers_the_probability(name: str) -> None:
    weaker = msgspec.structs.replace(STRONG, **WEAKER[name])
    assert Support.of(weaker, "UBM101").probability < Support.of(STRONG, "UBM101").probability


def test_strong_evidence_is_more_likely_right_than_not_and_weak_evidence_low() -> None:
    weak = msgspec.structs.replace(STRONG, key="constant", domain="weak unknown", runs=("import",), value="data")
    assert Support.of(STRONG, "UBM101").probability > 0.5
    assert Support.of(weak, "UBM101").level is Confidence.LOW


def test_nothing_is_carried_by_no_evidence() -> None:
    assert Support.of(None, "UBM101") == Support(0.0, Confidence.LOW)


def test_the_level_follows_from_the_probability() -> None:
    known, sample = weights(), msgspec.structs.replace(STRONG, size="sample")
    assert 0 < known.medium < known.high < 1
    for evidence in (STRONG, sample):
        found = Support.of(evidence, "UBM102")
        assert (found.level is Confidence.HIGH) == (found.probability >= known.high)


def test_an_owner_that_others_make_counts_as_one_that_lasts_if_asked() -> None:
    passing = msgspec.structs.replace(STRONG, owner="part of outside", shared="some")
    lasting = msgspec.structs.replace(STRONG, owner="part of module")
    assert Support.of(passing, "UBM101") < Support.of(lasting, "UBM101")
    assert Support.of(passing, "UBM101", kept=True) == Support.of(lasting, "UBM101")


def test_names_say_nothing_in_a_sample() -> None:
    sample = msgspec.structs.replace(STRONG, size="sample", names=("registry",), function_names=("register",))
    renamed = msgspec.structs.replace(sample, names=("x",), function_names=("f",), key_names=("k",))
    assert Support.of(sample, "UBM101") == Support.of(renamed, "UBM101")


def test_every_weight_is_of_something_that_evidence_can_say() -> None:
    fields = {each.partition(":")[0] for each in weights().weights}
    told = msgspec.structs.replace(
        STRONG,
        form="table",
        left="error",
        removers=("public",),
        guess=True,
        filled=True,
        size="sample",
        runs=("request", "once"),
        reads=("handed on",),
    )
    said = {each.partition(":")[0] for each in (*features(told, "UBM101"), *features(STRONG, "UBM101"))}
    assert fields <= said | {"class_names", "given_names", "method_names", "path_names", "together", "value_names"}


def test_a_removal_that_runs_never_raises_the_probability() -> None:
    told = {name: weight for name, weight in weights().weights.items() if name.startswith("removals: ")}
    assert all(weight <= 0 for name, weight in told.items() if name != "removals: none")


def test_what_is_said_without_a_weight_weighs_nothing() -> None:
    assert weighs("key")
    assert not weighs("ke")
    assert not weighs("class_names of")
