"""The JSON document, compared as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable

from unbounded_lint.findings.finding import Finding
from unbounded_lint.reporters import json as reporter
from unbounded_lint.reporters.base import Totals, View


def test_document(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    document = json.loads("\n".join(reporter.render([finding], counts, view_of())))
    assert document == {
        "version": 1,
        "findings": [
            {
                "code": "UBM101",
                "name": "never-removed-entries",
                "message": "`_runs` grows in `register()` and nothing removes an entry",
                "path": "app/store.py",
                "line": 4,
                "column": 1,
                "end_line": 4,
                "end_column": 6,
                "symbol": "app.store:_runs",
                "confidence": "high",
                "probability": None,
                "reasons": ["the key is a parameter", "no removal in the project"],
                "advice": "remove the entry when the run ends, or sweep from a timer",
                "evidence": None,
                "related": [
                    {
                        "role": "insert",
                        "path": "app/api.py",
                        "line": 5,
                        "column": 5,
                        "end_line": 5,
                        "end_column": 30,
                        "text": "store._runs[run_id] = run",
                    },
                    {
                        "role": "call",
                        "path": "app/gone.py",
                        "line": 7,
                        "column": 1,
                        "end_line": 7,
                        "end_column": 2,
                        "text": "called per request",
                    },
                ],
                "fingerprint": finding.fingerprint,
            }
        ],
        "stats": {"files": 2, "analysed": 2, "containers": 1, "by_code": {"UBM101": 1}, "unparsed": 0},
    }


def test_shown_path_does_not_change_the_fingerprint(finding: Finding, counts: Totals) -> None:
    view = View(path=lambda path: f"../{path}", source=lambda path: None)
    document = json.loads("\n".join(reporter.render([finding], counts, view)))
    assert document["findings"][0]["path"] == "../app/store.py"
    assert document["findings"][0]["fingerprint"] == finding.fingerprint


def test_statistics_stand_in_place_of_the_findings(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    document = json.loads("\n".join(reporter.render([finding], counts, view_of(statistics=True))))
    assert document == [{"code": "UBM101", "name": "never-removed-entries", "count": 1}]


def test_undecodable_path_is_still_json(finding: Finding, counts: Totals) -> None:
    view = View(path=lambda path: "caf\udce9.py", source=lambda path: None)
    text = "\n".join(reporter.render([finding], counts, view))
    assert text.isascii()
    assert json.loads(text)["findings"][0]["path"] == "caf\udce9.py"
