"""The comparison tells what came, what went and what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import diff


def row(symbol: str, **changes: Any) -> dict[str, Any]:
    found = {"tree": "t", "code": "UBM101", "symbol": symbol, "message": "grows", "confidence": "low", "line": 1}
    return {**found, **changes}


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def test_each_kind_of_change_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = written(tmp_path / "a", *(row(name) for name in ("same", "gone", "rule", "sure", "words", "moved")))
    after = written(
        tmp_path / "b",
        row("same"),
        row("new"),
        row("rule", code="UBM102"),
        row("sure", confidence="high"),
        row("words", message="shrinks"),
        row("moved", line=2),
    )
    assert diff.main(["compare", str(before), str(after), "--show"]) == 1
    told = {(line.split()[0], line.split(" t ")[1].split(" |")[0]) for line in capsys.readouterr().out.splitlines()[:6]}
    assert told == {
        ("came", "new"),
        ("went", "gone"),
        ("rule", "rule"),
        ("confidence", "sure"),
        ("message", "words"),
        ("detail", "moved"),
    }


def test_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = written(tmp_path / "a", row("x"), row("y"))
    assert diff.main(["compare", str(same), str(same)]) == 0
    assert "2 findings before, 2 after, 0 differ" in capsys.readouterr().out


def test_trees_are_taken_as_the_fetch_script_lays_them(tmp_path: Path) -> None:
    for tree in ("labels/one", "leaks/two/leaky", "more/three"):
        folder = tmp_path / tree
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text("")
        (folder / "m.py").write_text("A = {}\n\n\ndef f(request):\n    A[request.id] = 1\n")
        if not tree.startswith("more"):
            (folder.parent / f".{folder.name}-1.0-wheel.done").touch()
    diff.main(["take", str(tmp_path), str(tmp_path / "out")])
    rows = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [(r["tree"], r["symbol"]) for r in rows] == [
        ("labels/one", "m:A"),
        ("leaks/two/leaky", "m:A"),
        ("more/three", "m:A"),
    ]
