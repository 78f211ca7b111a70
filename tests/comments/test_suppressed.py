"""What comments silence is told of apart from the findings, with the reason that is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.run.runner import check

WEB = """\
from flask import Flask, request

import stores

app = Flask(__name__)


@app.post("/hit")
def hit() -> str:
    stores.hits[request.form["user"]] = 1
    return ""
"""


def silenced(tmp_path: Path, comment: str, **settings: object) -> list[tuple[str, str, str]]:
    """What a comment behind the map of the program silences: (code, kind, reason)."""
    root = write(tmp_path, {"web.py": WEB, "stores.py": f"hits: dict[str, int] = {{}}  # {comment}\n"})
    outcome = check(request_for(root, **settings))
    assert [finding for finding in outcome.findings if finding.code == "UBM101"] == []
    return [(one.finding.code, one.kind, one.justification) for one in outcome.suppressed]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("noqa: UBM101", ""),
        ("ubm: ignore[UBM101] twelve users", "twelve users"),
        ("noqa  # ubm: ignore[UBM101] twelve users", "twelve users"),
        ("ubm: bounded(twelve users)", "bounded: twelve users"),
        ("ubm: swept-by(web.hit)", "swept by web.hit"),
    ],
)
def test_what_a_comment_silences_is_kept_with_its_reason(tmp_path: Path, comment: str, reason: str) -> None:
    assert silenced(tmp_path, comment) == [("UBM101", "inSource", reason)]


def test_what_is_not_selected_is_not_suppressed_either(tmp_path: Path) -> None:
    assert silenced(tmp_path, "ubm: ignore[UBM101] no", ignore=["UBM101"]) == []
    assert silenced(tmp_path, "ubm: bounded(no)", ignore=["UBM101"]) == []


def test_a_run_over_other_files_tells_nothing_of_it(tmp_path: Path) -> None:
    silenced(tmp_path, "noqa: UBM101")
    outcome = check(request_for(tmp_path, tmp_path / "web.py"))
    assert (outcome.findings, outcome.suppressed) == ((), ())


def test_the_result_that_is_kept_has_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBOUNDED_LINT_CACHE_DIR", str(tmp_path / "caches"))
    root = tmp_path / "project"
    first = silenced(root, "ubm: ignore[UBM101] twelve", use_cache=True)
    assert first == silenced(root, "ubm: ignore[UBM101] twelve", use_cache=True) != []
