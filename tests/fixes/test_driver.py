"""What the driver makes of proposals: what does not help is taken back, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.programs import request_for, write
from unbounded_lint.errors import UserError
from unbounded_lint.fixes import driver, recipes
from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.driver import Plan, plan
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.text import Change, Text
from unbounded_lint.fixes.writing import write as put
from unbounded_lint.run.runner import check

APP = """\
from flask import Flask, request
import store

app = Flask(__name__)


@app.post("/seen")
def seen():
    store.seen(request.form["user"])
    store.heard(request.form["user"])
    return "noted"
"""
STORE = """\
_seen = {}
_heard = {}


def seen(user):
    _seen[user] = True


def heard(user):
    _heard[user] = True
"""


def repaired(root: Path, store: str = STORE, **settings: object) -> Plan:
    return plan(request_for(write(root, {"app.py": APP, "store.py": store}), **settings))


@contextmanager
def recipe(monkeypatch: pytest.MonkeyPatch, *given: Callable[[Bench], Repair]) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(recipes, "RECIPES", MappingProxyType({"UBM101": given}))
        yield


def replacing(old: str, new: str) -> Callable[[Bench], Repair]:
    """A recipe that puts one text of a file in the place of another."""

    def repair(bench: Bench) -> Repair:
        at = bench.home.text.index(old)
        return Repair("Do it", "it helps", (Change(bench.home.path, at, at + len(old), new),))

    return repair


def test_a_repair_that_does_not_help_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recipe(monkeypatch, replacing("True", "1")):
        made = repaired(tmp_path)
    assert not made.done and not made.files and len(made.remaining) == 2
    assert {one.reason for one in made.refused} == {"the finding would still be there"}


def test_a_finding_that_says_something_else_then_is_told(tmp_path: Path) -> None:
    text = """\
import asyncio
import time

from flask import Flask, request

app = Flask(__name__)


class Notes:
    def __init__(self):
        self.noted = {}
        try:
            loop = asyncio.get_running_loop()
            loop.create_task(self.sweep())
        except RuntimeError:
            pass

    async def sweep(self):
        while True:
            await asyncio.sleep(60)
            for key, at in list(self.noted.items()):
                if time.time() - at > 60:
                    self.noted.pop(key, None)


notes = Notes()


@app.post("/notes")
def note():
    notes.noted[request.form["key"]] = time.time()
    return "noted"
"""
    made = plan(request_for(write(tmp_path, {"app.py": text}), min_confidence="low"))
    (refused,) = made.refused
    assert not made.done and refused.reason.startswith("the finding would still be there: `Notes.noted` grows in")
    assert refused.reason.endswith(
        "`Notes.__init__()` runs at import, where no event loop runs, and swallows the error"
    )


def test_a_repair_that_brings_another_finding_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recipe(monkeypatch, replacing("_seen[user] = True", "_other[user] = True\n\n\n_other = {}")):
        made = repaired(tmp_path)
    assert not made.done and not made.files
    assert any(one.reason.startswith("UBM101 would be reported then: `_other` grows") for one in made.refused)


def test_a_repair_that_breaks_the_file_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recipe(monkeypatch, replacing("_seen = {}", "_seen = {")):
        made = repaired(tmp_path)
    assert not made.done and not made.files
    assert any(one.reason.startswith("UBM901 would be reported then") for one in made.refused)


def test_the_next_recipe_is_tried_where_one_does_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recipe(monkeypatch, replacing("True", "1"), *recipes.RECIPES["UBM101"]):
        made = repaired(tmp_path)
    assert len(made.done) == 2 and not made.remaining


def test_repairs_of_the_same_text_come_one_after_the_other(tmp_path: Path) -> None:
    made = repaired(tmp_path, "_seen = {}\n_heard = {}\n\n\ndef seen(user):\n    _seen[user] = _heard[user] = True\n")
    assert len(made.done) == 2 and not made.remaining
    assert made.files["store.py"][1].decode().count("MAX_SIZE") == 4


def test_a_recipe_that_fails_is_told_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = recipes.RECIPES["UBM101"][-1]

    def failing(bench: Bench) -> Repair:
        if bench.container.name == "_seen":
            raise KeyError("oops")
        return limit(bench)

    with recipe(monkeypatch, failing):
        made = repaired(tmp_path)
    assert [one.finding.symbol for one in made.done] == ["store:_heard"]
    assert [one.reason for one in made.refused] == [f"{driver.FAILED} (KeyError: 'oops')"]


def test_only_files_that_were_asked_about_change(tmp_path: Path) -> None:
    app = APP.replace('store.seen(request.form["user"])', 'store._seen[request.form["user"]] = True')
    store = STORE.replace("_seen[user] = True", "print(user)")
    root = write(tmp_path, {"app.py": app, "store.py": store})
    made = plan(request_for(root, root / "store.py"))
    assert list(made.files) == ["store.py"]
    assert {one.finding.symbol: one.reason for one in made.refused} == {
        "store:_seen": "`app.py` would have to change too, which was not asked about"
    }


def test_only_findings_that_are_given_are_repaired(tmp_path: Path) -> None:
    request = request_for(write(tmp_path, {"app.py": APP, "store.py": STORE}))
    heard = [finding for finding in check(request).findings if finding.symbol == "store:_heard"]
    made = plan(request, findings=heard)
    assert [one.finding.symbol for one in made.done] == ["store:_heard"] and not made.refused


def test_the_analysis_of_a_plan_writes_nothing(tmp_path: Path) -> None:
    made = repaired(tmp_path)
    assert made.files and (tmp_path / "store.py").read_text() == STORE


# --- bytes ---


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(STORE.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + STORE.encode(), id="byte order mark"),
        pytest.param(b"# coding: latin-1\n# \xe9\xa4\n" + STORE.encode(), id="latin-1"),
        pytest.param(STORE.replace("    ", "\t").encode(), id="tabs"),
        pytest.param(STORE.rstrip().encode(), id="no line end at the end"),
        pytest.param(STORE.replace("\n\n\n", "\n\n\x0c\n").encode(), id="form feeds"),
    ],
)
def test_all_other_bytes_stay(tmp_path: Path, data: bytes) -> None:
    root = write(tmp_path, {"app.py": APP})
    (root / "store.py").write_bytes(data)
    before, after = plan(request_for(root)).files["store.py"]
    assert before == data
    rest = after
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    indent = b"\t" if b"\t" in data else b"    "
    for name in (b"seen", b"heard"):
        limit = b"_%s_MAX_SIZE" % name.upper()
        for line in (
            b"%s = 10_000" % limit,
            indent + b"if len(_%s) > %s:" % (name, limit),
            indent * 2 + b"_%s.pop(next(iter(_%s)), None)" % (name, name),
        ):
            assert line in rest
            rest = rest.replace(line + newline, b"", 1).replace(newline + line, b"", 1)
    assert rest == data


def test_a_file_whose_encoding_loses_something_is_refused() -> None:
    with pytest.raises(Refused, match="byte by byte"):
        Text("x.py", b"# coding: utf-7\nx = '+AGE-'\n")


def test_changes_that_overlap_are_refused() -> None:
    text = Text("x.py", b"one two three\n")
    with pytest.raises(Refused, match="same text"):
        text.changed([Change("x.py", 0, 7, "1"), Change("x.py", 4, 9, "2")])


# --- writing ---


def test_a_file_that_someone_else_changed_stays(tmp_path: Path) -> None:
    made = repaired(tmp_path)
    (tmp_path / "store.py").write_text("changed = True\n")
    with pytest.raises(UserError, match=r"store\.py was changed by someone else meanwhile; nothing was changed"):
        put(tmp_path, made.files)
    assert (tmp_path / "store.py").read_text() == "changed = True\n"


def test_a_link_out_of_the_project_is_never_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(STORE)
    root = write(tmp_path / "project", {"app.py": APP})
    (root / "store.py").symlink_to(outside)
    made = plan(request_for(root))
    assert not made.files and outside.read_text() == STORE
    with pytest.raises(UserError, match="leads out of the project"):
        put(root, {"store.py": (STORE.encode(), b"")})
    assert outside.read_text() == STORE


def test_a_written_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    made = repaired(tmp_path)
    (tmp_path / "store.py").chmod(0o640)
    put(tmp_path, made.files)
    assert (tmp_path / "store.py").read_bytes() == made.files["store.py"][1]
    assert (tmp_path / "store.py").stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["app.py", "store.py"]
