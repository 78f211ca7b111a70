"""The script that fits weights to labelled containers: it learns what is there, and no package is judged by itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.corpus import fit
from tests.corpus.fit import Case

ROOT = Path(__file__).parent


def cases(count: int = 120) -> list[Case]:
    """Containers of forty packages: what a counter keys is true, what names key is false, and a sweep tells nothing."""
    made = []
    for at in range(count):
        true = at % 3 == 0
        features = ("key: counter" if true else "key: names", "removals: timer sweep" if at % 2 else "removals: none")
        made.append(Case(f"p{at % 40}", f"c{at}", true, features, 1.0, True))
    return made


def test_weights_tell_true_from_false() -> None:
    fitted = fit.fit(cases(), 0.5)
    told = [fitted.probability(case) for case in cases()]
    assert min(p for p, c in zip(told, cases(), strict=True) if c.true) > 0.8
    assert max(p for p, c in zip(told, cases(), strict=True) if not c.true) < 0.2


def test_a_removal_that_runs_never_raises() -> None:
    odd = [case._replace(features=("removals: timer sweep",) if case.true else ("removals: none",)) for case in cases()]
    assert fit.fit(odd, 0.5).weights.get("removals: timer sweep", 0.0) <= 0.0


def test_history_moves_no_base_rate() -> None:
    past = [Case("old", f"h{at}", True, ("removals: none",), 1.0, False) for at in range(200)]
    fitted = fit.fit([*cases(), *past], 1.0)
    assert np.mean([fitted.probability(case) for case in cases()]) == pytest.approx(1 / 3, abs=0.01)


def test_no_package_is_judged_by_weights_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    learnt = fit.fit

    def watched(some: list[Case], penalty: float) -> fit.Fitted:
        seen.append({case.package for case in some})
        return learnt(some, penalty)

    monkeypatch.setattr(fit, "fit", watched)
    fit.crossed(cases(), 1.0, 1)
    everyone = {case.package for case in cases()}
    assert len(seen) == fit.FOLDS
    left_out = [everyone - packages for packages in seen]
    assert all(left_out) and sum(map(len, left_out)) == len(everyone)


def test_labels_are_joined_by_file_and_name() -> None:
    evidence = {
        "key": "request", "domain": "open", "insert": "entry", "runs": ["request"], "guards": [], "value": "data",
        "owner": "module", "shared": "all", "removals": [], "reads": [], "project": "library", "family": "map",
        "filled": False, "names": ["seen", "ids"], "root": "parameter", "phase": "work", "guess": False,
    }  # fmt: skip
    rows = [
        {"tree": "pkg", "code": "UBM101", "path": "pkg/a.py", "symbol": "pkg.a:SEEN", "evidence": evidence},
        {"tree": "pkg", "code": "UBM207", "path": "pkg/b.py", "symbol": "pkg.b:OTHER", "evidence": evidence},
    ]
    labels = [
        {"package": "pkg", "path": "pkg/a.py", "name": "SEEN", "judgement": "TRUE", "weight": 2.0},
        {"package": "pkg", "path": "pkg/b.py", "name": "OTHER", "judgement": "TRUE", "weight": 3.0},
        {"package": "pkg", "path": "pkg/a.py", "name": "SEEN", "judgement": "ARGUABLE"},
    ]
    joined = fit.labelled(rows, labels)
    assert [(case.true, case.weight) for case in joined.cases] == [(True, 2.0)]
    told = {"key: request", "runs: request", "removals: none", "names: seen", "code: UBM101"}
    assert told <= set(joined.cases[0].features)
    assert joined.unreported == 3.0


def test_weights_are_written_where_the_linter_reads_them() -> None:
    page = (ROOT.parent / "unbounded_lint" / "catalog" / "confidence.toml").read_text(encoding="utf-8")
    written = fit.rewritten(page, fit.Fitted(-1.5, {"key: request": 0.5, "runs: once": -1.0, "key: time": 0.75}))
    assert "\nbase = -1.50\n" in written
    assert written.endswith('[confidence.weights]\n"key: time" = 0.75\n"key: request" = 0.50\n"runs: once" = -1.00\n')


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 0, 0.0, 1.0), (9, 10, 0.596, 0.982), (50, 100, 0.404, 0.596)]
)
def test_wilson(hits: int, total: int, low: float, high: float) -> None:
    assert fit.wilson(hits, total) == pytest.approx((low, high), abs=0.001)


def test_threshold_is_as_low_as_the_precision_holds() -> None:
    some = [Case("p", str(at), at in {0, 1, 3}, (), 1.0, True) for at in range(6)]
    assert fit.threshold(np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), some, 0.75) == 0.6


def test_every_label_says_all_that_the_guide_asks_for() -> None:
    labels = [json.loads(line) for line in (ROOT / "corpus" / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(labels) >= 500 and len({label["package"] for label in labels}) >= 100
    assert len({label["id"] for label in labels}) == len(labels)
    for label in labels:
        assert label["judgement"] in {"TRUE", "FALSE", "ARGUABLE"} and label["why"] and label["weight"] > 0, label["id"]
        assert label["cite"], label["id"]
        assert label["judgement"] != "TRUE" or len(label["readings"]) == 2, label["id"]
