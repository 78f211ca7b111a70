"""The same input gives the same bytes, a file alone what it has in its project; a hostile file harms only itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.programs import request_for, write
from unbounded_lint import cli
from unbounded_lint.sources import POOL_BYTES, Sources

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
TOGETHER = (
    "never-removed-entries/every-import-form",
    "never-removed-entries/other-module-insert",
    "unscheduled-sweep/started-only-from-tests",
    "event-only-removal/logout-only",
    "gateway/0_leaky",
)
APART = (
    "never-removed-entries/every-import-form",
    "never-removed-entries/other-module-insert",
    "unscheduled-sweep/started-only-from-tests",
    "gateway/0_leaky",
)

Findings = list[dict[str, Any]]


def copied(fixture: str, to: Path) -> Path:
    """Copy a fixture without its settings, and mark the copy as a project."""
    shutil.copytree(FIXTURES / fixture, to, ignore=shutil.ignore_patterns("__pycache__", "pyproject.toml"))
    (to / "pyproject.toml").write_text("[tool.unbounded-lint]\n", encoding="utf-8")
    return to


# --- the same bytes --------------------------------------------------------------------------------------------------


def padding(number: int) -> str:
    """A module of about 20 kB with containers of its own, and a leak that another module fills."""
    other = f"pad_{(number + 1) % 30:02}"
    functions = "".join(
        f"def step_{n}(request, items):\n"
        f'    """{"One of many steps. " * 20}"""\n'
        f"    found = [item for item in items if item.rank > {n} and item.name in TABLE_{n}]\n"
        f"    if not found:\n        return TABLE_{n}.get(request.path)\n"
        f"    return sorted(found, key=lambda item: item.rank)\n\n\n"
        for n in range(26)
    )
    tables = "".join(f'TABLE_{n} = {{"a": {n}, "b": {number}}}\n' for n in range(26))
    leak = f"LEAK = {{}}\n\n\ndef fill(request):\n    {other}.LEAK[request.id] = request\n\n\n"
    return f"import {other}\n\n{tables}{leak}{functions}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several fixtures side by side and enough beside them for a pool to pay."""
    root = tmp_path_factory.mktemp("large")
    for fixture in TOGETHER:
        (copied(fixture, root / fixture.replace("/", "_")) / "pyproject.toml").unlink()
    sources = json.dumps([".", "pads", *(fixture.replace("/", "_") for fixture in TOGETHER)])
    files = {f"pads/pad_{number:02}.py": padding(number) for number in range(30)}
    return write(root, {"pyproject.toml": f"[tool.unbounded-lint]\nsrc = {sources}\n", **files})


def command(root: Path, *argv: str, seed: int) -> bytes:
    """What the command prints in a process of its own, with another order of hashes each time."""
    done = subprocess.run(
        [sys.executable, "-m", "unbounded_lint", "check", "--output-format", "json", *argv],
        cwd=root,
        capture_output=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)},
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1), done.stderr.decode()
    return done.stdout


def shuffled(root: Path, seed: int) -> list[str]:
    """All that a project has at its top, in another order."""
    paths = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    random.Random(seed).shuffle(paths)
    return paths


def test_the_pool_has_enough_to_do(large: Path) -> None:
    """Otherwise the test below would compare a serial run with itself."""
    sources = Sources(large, request_for(large).project.files, None)
    assert sum(len(sources.data(path)) for path in sources.candidates) > POOL_BYTES


def test_same_bytes_whatever_the_jobs_the_order_and_the_cache(large: Path) -> None:
    shutil.rmtree(large / ".unbounded_lint_cache", ignore_errors=True)
    alone = command(large, "--no-cache", "--jobs", "1", seed=1)
    assert command(large, "--no-cache", "--jobs", "2", *shuffled(large, 1), seed=2) == alone
    assert not (large / ".unbounded_lint_cache").exists()
    assert command(large, "--jobs", "2", *shuffled(large, 2), seed=3) == alone, "cold"
    assert (large / ".unbounded_lint_cache").exists()
    assert command(large, "--jobs", "1", *shuffled(large, 3), seed=4) == alone, "warm"
    assert command(large, "--jobs", "2", seed=5) == alone, "warm, in a pool"
    report = json.loads(alone)
    paths = {finding["path"].partition("/")[0] for finding in report["findings"]}
    assert paths >= {"pads", "gateway_0_leaky", "never-removed-entries_every-import-form"}
    assert {f"pads.pad_{n:02}:LEAK".partition(".")[2] for n in range(30)} <= {f["symbol"] for f in report["findings"]}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "m.py": "A = {}\n\ndef f(request):\n    A[request.id] = 1\n"})
    before = json.loads(command(tmp_path, seed=1))
    write(tmp_path, {"n.py": "import m\nB = {}\n\ndef g(request):\n    B[request.id] = m.A.clear()\n"})
    after = json.loads(command(tmp_path, seed=1))
    assert [(f["symbol"], f["code"]) for f in before["findings"]] == [("m:A", "UBM101")]
    assert [(f["symbol"], f["code"]) for f in after["findings"]] == [("m:A", "UBM102"), ("n:B", "UBM101")]


# --- one file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Findings]:
    """Runs the command in a directory and gives its findings."""

    def run(root: Path, *paths: str) -> Findings:
        monkeypatch.chdir(root)
        status = cli.main(["check", *paths, "--no-cache", "--jobs", "1", "--output-format", "json"])
        out = capsys.readouterr()
        found: Findings = json.loads(out.out)["findings"]
        assert (status, out.err.count("\n")) == (int(bool(found)), 1), out.err
        return found

    return run


@pytest.mark.parametrize("fixture", APART)
def test_a_file_alone_has_the_findings_that_it_has_in_the_project(
    fixture: str, tmp_path: Path, check: Callable[..., Findings]
) -> None:
    root = copied(fixture, tmp_path / "project")
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    whole = check(root)
    assert len(files) > 2
    reported = {finding["path"] for finding in whole}
    assert reported and reported < set(files), "some files have findings, some have none"
    alone = {file: check(root, file) for file in files}
    assert alone == {file: [f for f in whole if f["path"] == file] for file in files}
    assert whole == [finding for file in files for finding in alone[file]]


# --- hostile files ---------------------------------------------------------------------------------------------------

HOSTILE: dict[str, bytes] = {
    "NUL": b"TABLE = {}\nx = '\0'\n",
    "unknown encoding": b"# coding: klingon\nTABLE = {}\n",
    "not in its encoding": b"TABLE = {}\nx = '\xff\xfe'\n",
    "two encodings": b"\xef\xbb\xbf# coding: latin-1\nTABLE = {}\n",
    "nested brackets": b"TABLE = {}\nx = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
    "unclosed brackets": b"TABLE = {}\nx = " + b"[" * 10_000 + b"\n",
    "nested f-string": b"TABLE = {}\nx = " + b"f'{" * 2_000 + b"1" + b"}'" * 2_000 + b"\n",
    "nested blocks": b"TABLE = {}\n" + b"".join(b" " * n + b"if x:\n" for n in range(2_000)) + b" " * 2_000 + b"x\n",
    "broken syntax": b"TABLE = {}\ndef (:\n",
    "Python 2": b"TABLE = {}\nprint 'x'\n",
    "broken indentation": b"TABLE = {}\ndef f():\n        x = 1\n    y = 2\n",
    "not Python": b"TABLE = {}\n{% for x in y %}\n",
}
LEAK = "STORE = {}\n\n\ndef put(request):\n    STORE[request.id] = request\n"


def with_hostile(root: Path) -> Path:
    return write(root, {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/good.py": LEAK, "zz_last.py": LEAK})


def expected(*hostile: str) -> list[tuple[str, str]]:
    return sorted([*((path, "UBM901") for path in hostile), ("pkg/good.py", "UBM101"), ("zz_last.py", "UBM101")])


def found_in(findings: Findings) -> list[tuple[str, str]]:
    return [(finding["path"], finding["code"]) for finding in findings]


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_file(data: bytes, tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    (root / "pkg" / "bad.py").write_bytes(data)
    found = check(root)
    assert found_in(found) == expected("pkg/bad.py")
    (failure,) = (finding for finding in found if finding["code"] == "UBM901")
    assert "\n" not in failure["message"] and len(failure["message"]) < 300


def test_all_hostile_files_at_once_in_a_pool(tmp_path: Path) -> None:
    root = with_hostile(tmp_path)
    for number, data in enumerate(HOSTILE.values()):
        (root / f"bad_{number:02}.py").write_bytes(data)
    # Enough beside them for a pool, so that a crash of one worker would show.
    for number in range(30):
        write(root, {f"pad_{number:02}.py": padding(number)})
    serial = command(root, "--no-cache", "--jobs", "1", seed=1)
    assert command(root, "--no-cache", "--jobs", "2", seed=2) == serial
    failures = [path for path, code in found_in(json.loads(serial)["findings"]) if code == "UBM901"]
    assert failures == [f"bad_{number:02}.py" for number in range(len(HOSTILE))]
    assert ("pkg/good.py", "UBM101") in found_in(json.loads(serial)["findings"])


@pytest.mark.parametrize(
    "text",
    ["-" * 5_000 + "1", "a" + ".b" * 20_000, "1" + " + 1" * 20_000, "f" + "()" * 5_000],
    ids=["signs", "attributes", "sums", "calls"],
)
def test_long_chains_are_read_or_refused(text: str, tmp_path: Path, check: Callable[..., Findings]) -> None:
    """Either is right; neither may take the rest along, or be an internal error."""
    root = with_hostile(tmp_path)
    write(root, {"pkg/bad.py": f"TABLE = {{}}\nx = {text}\n"})
    assert found_in(check(root)) in (expected(), expected("pkg/bad.py"))


def test_file_larger_than_any_code(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    with (root / "pkg" / "bad.py").open("wb") as file:
        file.truncate(50_000_000)
    assert found_in(check(root)) == expected("pkg/bad.py")


def test_unreadable_file(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    bad = root / "pkg" / "bad.py"
    bad.write_text(LEAK, encoding="utf-8")
    bad.chmod(0)
    if os.access(bad, os.R_OK):
        pytest.skip("no permission bit stops this user")
    assert found_in(check(root)) == expected("pkg/bad.py")


def test_symlink_loops(tmp_path: Path, check: Callable[..., Findings]) -> None:
    """A loop of directories is walked once; a link to itself is no file, or one that cannot be read."""
    root = with_hostile(tmp_path)
    (root / "pkg" / "again").symlink_to(root, target_is_directory=True)
    (root / "pkg" / "bad.py").symlink_to("bad.py")
    assert found_in(check(root)) in (expected(), expected("pkg/bad.py"))


def test_a_hostile_file_named_alone(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    (root / "bad.py").write_bytes(HOSTILE["nested brackets"])
    assert found_in(check(root, "bad.py")) == [("bad.py", "UBM901")]
    assert found_in(check(root, "pkg/good.py")) == [("pkg/good.py", "UBM101")]
