"""Repairs as reports carry them: who makes the changes that stand there gets what `--fix` writes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from tests.fixes.test_cases import CASES, NAMES
from tests.fixes.test_driver import APP as STORE_APP
from tests.fixes.test_driver import STORE, recipe
from tests.fixes.test_fix_command import APP, REPAIRED
from tests.processes import python
from tests.programs import request_for, write
from unbounded_lint.cli import main
from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.driver import Done, NotDone, each, plan
from unbounded_lint.fixes.text import Change

SCHEMA = Path(__file__).parents[1] / "reporters" / "schemas" / "sarif-schema-2.1.0.json"
Capture = pytest.CaptureFixture[str]


def report(root: Path, capsys: Capture) -> dict[str, Any]:
    """The one run of a report on a project, which keeps to the schema."""
    main(["check", "--no-cache", "--select", "UBM", "--unsafe-fixes", "--output-format", "sarif", str(root)])
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def fixes(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The repairs in a report."""
    return [fix for result in run["results"] for fix in result.get("fixes", ())]


def made(root: Path, run: dict[str, Any], given: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """The files that repairs change with their new bytes, by what the standard says of regions; what several of them do
    in the same way is done once."""
    assert run["columnKind"] == "unicodeCodePoints"
    wanted: dict[str, dict[str, tuple[dict[str, int], str]]] = {}
    for fix in given:
        for change in fix["artifactChanges"]:
            assert change["artifactLocation"]["uriBaseId"] == "SRCROOT"
            for one in change["replacements"]:
                text = one.get("insertedContent", {}).get("text", "")
                about = wanted.setdefault(unquote(change["artifactLocation"]["uri"]), {})
                about[json.dumps(one, sort_keys=True)] = (one["deletedRegion"], text)
    return {path: replaced((root / path).read_bytes(), list(about.values())) for path, about in wanted.items()}


def replaced(data: bytes, changes: list[tuple[dict[str, int], str]]) -> bytes:
    """The bytes of a file with regions of it replaced."""
    mark, text = (data[:3], data[3:].decode()) if data.startswith(b"\xef\xbb\xbf") else (b"", data.decode())
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    spans = [
        (offset(region["startLine"], region["startColumn"]), offset(region["endLine"], region["endColumn"]), inserted)
        for region, inserted in changes
    ]
    for start, end, inserted in sorted(spans, key=lambda span: span[:2], reverse=True):
        text = text[:start] + inserted + text[end:]
    return mark + text.encode()


ALTERNATIVES = ("sweeps-of-two-maps", "three-maps")
"""Cases whose repairs put different text in the place of the same."""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ALTERNATIVES])
def test_the_changes_of_a_report_make_what_a_repair_writes(name: str, tmp_path: Path, capsys: Capture) -> None:
    root = write(tmp_path / name, {"pyproject.toml": ""})
    shutil.copytree(CASES / name / "before", root, dirs_exist_ok=True)
    run = report(root, capsys)
    assert all("fixes" in result for result in run["results"])
    after = {
        file.relative_to(CASES / name / "after").as_posix(): file for file in (CASES / name / "after").rglob("*.py")
    }
    assert made(root, run, fixes(run)) == {path: file.read_bytes() for path, file in after.items()}


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_each_of_two_repairs_of_the_same_text_stands_alone(name: str, tmp_path: Path, capsys: Capture) -> None:
    root = write(tmp_path / name, {"pyproject.toml": ""})
    shutil.copytree(CASES / name / "before", root, dirs_exist_ok=True)
    run = report(root, capsys)
    for number, fix in enumerate(fixes(run)):
        alone = shutil.copytree(root, tmp_path / str(number))
        for path, data in made(root, run, [fix]).items():
            (alone / path).write_bytes(data)
        left = report(alone, capsys)["results"]
        assert len(left) == len(run["results"]) - 1


PLACES = {
    "capped in one statement": STORE.replace("_seen[user] = True", "_seen[user] = _heard[user] = True"),
    "swept from one statement": (
        "import time\n\n_seen = {}\n_heard = {}\n\n\n"
        "def seen(user):\n    _seen[user] = _heard[user] = time.time()\n\n\n"
        "def heard(user):\n    return user in _seen or user in _heard\n"
    ),
    "constants of one module": (
        '"""Text."""\n\nimport os\n\n\nclass A:\n    names = {}\n\n\nclass B:\n    names = {}\n\n\n'
        "def seen(user):\n    A.names[user] = os.name\n\n\ndef heard(user):\n    B.names[user] = os.name\n"
    ),
    "weak in one function": (
        "import weakref\n\n_seen = weakref.WeakKeyDictionary()\n_heard = weakref.WeakKeyDictionary()\n\n\n"
        "def seen(user):\n    _seen[user] = lambda: print(user)\n    _heard[user] = lambda: print(user)\n\n\n"
        "def heard(user):\n    _seen.get(user)()\n"
    ),
}
"""Programs in which two repairs put something at the same place."""


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("order", [1, -1])
def test_two_repairs_at_the_same_place_are_right_together(
    name: str, order: int, tmp_path: Path, capsys: Capture
) -> None:
    root = write(tmp_path, {"pyproject.toml": "", "app.py": STORE_APP, "store.py": PLACES[name]})
    run = report(root, capsys)
    both = fixes(run)[::order]
    assert len(both) == len(run["results"]) == 2
    for path, data in made(root, run, both).items():
        (root / path).write_bytes(data)
    assert not report(root, capsys)["results"]
    assert python("-c", "import store", cwd=root).returncode == 0


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("_seen = {}\n", "_seen = {}  # \U0001f600 ä\n"),
        lambda text: text.replace('    return "noted"\n\n\n@app.post("/known")', '\n\n@app.post("/known")'),
        lambda text: text[: text.index("    return")].rstrip("\n"),
    ],
)
def test_whatever_the_file_is_like(form: Callable[[str], str], tmp_path: Path, capsys: Capture) -> None:
    root = write(tmp_path, {"pyproject.toml": ""})
    (root / "app.py").write_bytes(form(APP).encode())
    run = report(root, capsys)
    expected = {path: after for path, (_, after) in plan(request_for(root)).files.items()}
    assert b"_SEEN_MAX_SIZE" in expected["app.py"]
    assert made(root, run, fixes(run)) == expected


def test_a_repair_is_told_with_what_it_assumes(tmp_path: Path, capsys: Capture) -> None:
    root = write(tmp_path, {"pyproject.toml": "", "app.py": APP})
    run = report(root, capsys)
    (fix,) = fixes(run)
    assert fix["description"]["text"] == (
        "Let `_seen` keep the last 10000 entries; this assumes that an entry that was dropped is as good as one that "
        "never came."
    )
    assert made(root, run, [fix]) == {"app.py": REPAIRED.encode()}


def whole_text(bench: Bench) -> Repair:
    """Takes one insert out of a file, and puts the whole text anew."""
    text = bench.home.text
    new = text.replace(f"{bench.container.name}[user] = True", "pass")
    return Repair("Do it", "it helps", (Change(bench.home.path, 0, len(text), new),))


def test_two_repairs_of_the_same_text_are_both_of_the_files_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_for(write(tmp_path, {"app.py": STORE_APP, "store.py": STORE}))
    with recipe(monkeypatch, whole_text):
        found = each(request, None, {("UBM101", "store:_seen"), ("UBM101", "store:_heard"), ("UBM101", "store:none")})
    kept = {key[1]: one.fix.edits[0].text.count("= True") for key, one in found.items() if isinstance(one, Done)}
    assert kept == {"store:_seen": 1, "store:_heard": 1}
    assert all(len(one.fix.edits) == 1 for one in found.values() if isinstance(one, Done))


def test_what_is_not_asked_for_is_not_repaired_and_what_is_refused_says_why(tmp_path: Path) -> None:
    request = request_for(write(tmp_path, {"app.py": APP}))
    (found,) = each(request, None, {("UBM101", "app:_known"), ("UBM102", "app:_seen")}).items()
    assert found[0] == ("UBM101", "app:_known") and isinstance(found[1], NotDone)
    assert found[1].reason.startswith("its entries do not say when they were made")


def test_without_being_asked_a_report_carries_none(tmp_path: Path, capsys: Capture) -> None:
    root = write(tmp_path, {"pyproject.toml": "", "app.py": APP})
    main(["check", "--no-cache", "--output-format", "sarif", str(root)])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["results"] and not fixes(run)
