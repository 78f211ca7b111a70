"""Findings that the golden files are about, with the sources that they point into."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from unbounded_lint.findings.finding import Confidence, Edit, Finding, Fix, Place, Suppressed
from unbounded_lint.reporters.base import View


class Counts(msgspec.Struct, frozen=True):
    """The totals of a made-up run."""

    files: int = 3
    analysed: int = 2
    containers: int = 1
    by_code: dict[str, int] = {}
    unparsed: int = 0


class Case(msgspec.Struct, frozen=True):
    """What one golden file is about."""

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] | None = None
    sources: dict[str, str] = {}

    @property
    def counts(self) -> Counts:
        """The totals of a run that found this."""
        codes = [finding.code for finding in self.findings]
        return Counts(by_code={code: codes.count(code) for code in codes})

    @property
    def view(self) -> View:
        """How it is shown: from a directory beside the project, in a repository above it."""
        return View(
            path=lambda path: f"../{path}",
            source=self.sources.get,
            repository=lambda path: path if path.startswith("/") else f"services/hits/{path}",
            suppressed=self.suppressed,
        )


STORE = "hits: dict[str, float] = {}\nseen: set[str] = set()  # ubm: ignore[UBM101] twelve regions\n"
WEB = """\
from flask import Flask, request

import store

app = Flask(__name__)


@app.post("/hit")
def hit():
    store.hits[request.form["user"]] = 1.0
    return ""
"""
UPKEEP = """\
import threading

import store


def sweep():
    for user in list(store.hits):
        store.hits.pop(user)


def tick():
    sweep()


timer = threading.Timer(60, tick)
"""
SWEPT = Finding(
    code="UBM201",
    name="unscheduled-sweep",
    message="`hits` grows in `hit()` and its sweep `sweep()` hangs on a timer that is never started",
    place=Place("store.py", 1, 1, 1, 28),
    symbol="store:hits",
    confidence=Confidence.HIGH,
    related=(
        Place("web.py", 9, 5, 9, 8, "event", "`hit()` runs per request"),
        Place("web.py", 10, 5, 10, 43, "insert", "`hit()` inserts here; the key: `request.form` comes from a request"),
        Place("web.py", 10, 16, 10, 36, "insert", "another insert"),
        Place("upkeep.py", 15, 1, 15, 34, "timer", "`tick()` would run from here, but nothing starts it"),
        Place("upkeep.py", 12, 5, 12, 12, "call", "`tick()` goes on to `sweep()`"),
        Place("upkeep.py", 8, 9, 8, 29, "sweep", "`sweep()` removes here, by a timer that is never started"),
    ),
    advice="start the timer with the program",
    reasons=("the key: `request.form` comes from a request",),
    probability=0.7812,
)
SURE = Finding(
    code="UBM101",
    name="never-removed-entries",
    message="`seen` grows in `hit()` and nothing ever removes an entry",
    place=Place("store.py", 2, 1, 2, 24),
    symbol="store:seen",
    confidence=Confidence.MEDIUM,
    advice="cap its size",
)
ODD_PATH = "a b/50%, ä::c\nd/ſ[x](1).py"
ODD = Finding(
    code="UBM102",
    name="event-only-removal",
    message='`Größe.by_id[k](1)` grows in 100% of `f()`,\r\nand shrinks: <never> & "rarely" \x1b[2J',
    place=Place(ODD_PATH, 1, 1, 3, 2),
    symbol="größe:Größe.by_id",
    confidence=Confidence.LOW,
    related=(Place("/elsewhere/named, file.toml", 2, 1, 2, 1, "guard", ""),),
    advice="say `::warning::no`, or 5% less\nthan that",
)
BROKEN = Finding(
    code="UBM901",
    name="unparsable-file",
    message="cannot be analysed: it has a NUL byte",
    place=Place("caf\udce9.py", 1, 1, 1, 1),
    symbol="",
    confidence=Confidence.HIGH,
)
REPAIRED = msgspec.structs.replace(
    SURE,
    fix=Fix(
        message="Let `seen` [sic](1) keep\nthe last 10000 entries",
        assumes="an entry that was dropped is as good as one that never came \x1b[2J",
        edits=(
            Edit("store.py", 2, 1, 2, 24, "seen: dict[str, None] = {}\r\nSEEN_MAX_SIZE = 10_000"),
            Edit("store.py", 2, 60, 2, 60, "\r\n"),
            Edit(ODD_PATH, 1, 3, 2, 1, ""),
        ),
    ),
)
SOURCES = {"store.py": STORE, "web.py": WEB, "upkeep.py": UPKEEP}

CASES: Mapping[str, Case] = MappingProxyType(
    {
        "flow": Case((SWEPT,), sources=SOURCES),
        "odd": Case((ODD, BROKEN, BROKEN), sources={ODD_PATH: "by_id = {\n    1: 2,\n}\n"}),
        "none": Case(),
        "repaired": Case((REPAIRED,), sources=SOURCES),
        "suppressed": Case(
            (SURE,),
            suppressed=(
                Suppressed(SWEPT, "inSource", "swept by cron, every night"),
                Suppressed(SURE, "external"),
            ),
            sources=SOURCES,
        ),
    }
)
