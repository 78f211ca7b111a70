"""What `explain` and the inventory say of a container agrees with the findings about it."""

from __future__ import annotations

from pathlib import Path

from tests.programs import request_for, write
from unbounded_lint.explain.symbols import Unknown
from unbounded_lint.findings.sheet import Sheet, Spot
from unbounded_lint.link.verdicts.support import OF_GROWTH
from unbounded_lint.run import runner

STORE = """\
import time

_profiles = {}


def remember(user_id, profile):
    _profiles[user_id] = (time.monotonic(), profile)


def lookup(user_id):
    at, profile = _profiles.get(user_id, (0, None))
    if time.monotonic() - at > 300:
        return None
    return profile
"""
API = """\
import flask
import store

app = flask.Flask(__name__)


@app.route("/<name>")
def handle(name):
    known = store.lookup(name)
    if known is None:
        store.remember(name, flask.request.json)
    return known
"""


def sheet(tmp_path: Path) -> Sheet:
    """The sheet of a container that is reported by another rule than its verdict stands for."""
    request = request_for(write(tmp_path, {"store.py": STORE, "api.py": API}))
    (found,) = runner.explain(request, ["store:_profiles"])
    assert isinstance(found, Sheet), found
    return found


def test_a_sheet_is_as_sure_as_the_surest_finding_of_growth(tmp_path: Path) -> None:
    found = sheet(tmp_path)
    assert found.verdict == "never"
    assert found.findings == ("UBM103",)
    (report,) = found.reports
    assert report.code in OF_GROWTH
    assert (found.probability, found.confidence) == (report.probability, report.confidence)
    assert [weight.feature for weight in found.weights if weight.feature.startswith("code: ")] in (
        [],
        ["code: UBM103"],
    )


def test_each_place_that_a_finding_names_beside_its_calls_can_be_asked_about(tmp_path: Path) -> None:
    request = request_for(write(tmp_path, {"store.py": STORE, "api.py": API}))
    (finding,) = runner.check(request).findings
    places = [finding.place, *(place for place in finding.related if place.role in {"insert", "guard", "removal"})]
    assert len(places) == 3
    for place in places:
        text = f"{place.path}:{place.line}"
        (found,) = runner.explain(request, [Spot(place.path, place.line, 0, text)])
        assert not isinstance(found, Unknown), found
        assert found.symbol == finding.symbol
