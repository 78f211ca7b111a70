"""What comments and settings declare: which findings that silences, and what is told of those that name nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.programs import request_for, write
from unbounded_lint.comments.declaring import HINTED
from unbounded_lint.files.discovery import discover
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.link.containers.finding import Containers
from unbounded_lint.run import runner
from unbounded_lint.run.request import Outcome, Request
from unbounded_lint.settings.config import load_settings

GROWS = "\ndef add(request):\n    X[request.id] = request\n"
POPS = "\ndef remove(request):\n    X.pop(request.id, None)\n"
SWEEP = "\ndef sweep():\n    for key, value in list(X.items()):\n        if value.stale:\n            del X[key]\n"
NO_CONTAINER = "`# ubm: bounded` stands where no long-lived container is defined"


def found(root: Path, files: dict[str, str], *, code: str = "UBM", **settings: Any) -> list[tuple[str, int, str]]:
    """The findings of a program whose codes begin with `code`, as (path, line, code)."""
    outcome = runner.check(request_for(write(root, files), min_confidence="low", **settings))
    return [(f.place.path, f.place.line, f.code) for f in outcome.findings if f.code.startswith(code)]


def told(root: Path, files: dict[str, str], *paths: Path, **settings: Any) -> list[str]:
    """What UBM903 says of a program."""
    outcome = runner.check(request_for(write(root, files), *paths, **settings))
    return [f.message for f in outcome.findings if f.code == "UBM903"]


# --- what a declaration silences ---

SILENCED = {
    "bounded": "X = {}  # ubm: bounded(few)\n",
    "bounded on its own line": "# ubm: bounded(few)\nX = {}\n",
    "bounded within the statement": "X = {\n    # ubm: bounded(few)\n}\n",
    "swept by": "X = {}  # ubm: swept-by(m.add)\n",
    "swept by with a colon": "X = {}  # ubm: swept-by(m:add)\n",
}


@pytest.mark.parametrize("name", SILENCED)
def test_what_is_declared_is_not_reported(name: str, tmp_path: Path) -> None:
    assert found(tmp_path / "no", {"m.py": "X = {}\n" + GROWS}) == [("m.py", 1, "UBM101")]
    assert found(tmp_path / "yes", {"m.py": SILENCED[name] + GROWS}) == []


@pytest.mark.parametrize("rest", [GROWS + POPS, GROWS + SWEEP], ids=["UBM102", "UBM201"])
@pytest.mark.parametrize("comment", ["bounded(few)", "swept-by(m.add)"])
def test_both_kinds_silence_what_says_that_it_grows(rest: str, comment: str, tmp_path: Path) -> None:
    assert len(found(tmp_path / "no", {"m.py": "X = {}\n" + rest})) == 1
    assert found(tmp_path / "yes", {"m.py": f"X = {{}}  # ubm: {comment}\n" + rest}) == []


LOSES = """
import asyncio
import time


class Board:
    def __init__(self):
        self.posts = {}  # COMMENT
        try:
            self.task = asyncio.create_task(self.expire())
        except RuntimeError:
            pass

    def post(self, request):
        self.posts[request.id] = time.monotonic()

    async def expire(self):
        while True:
            await asyncio.sleep(60)
            for post_id, at in list(self.posts.items()):
                if time.monotonic() - at > 3600:
                    self.posts.pop(post_id, None)


board = Board()
"""


def test_a_lost_sweeper_is_no_matter_for_what_is_bounded_but_for_what_is_swept(tmp_path: Path) -> None:
    said = {
        comment: found(tmp_path / comment[:9].replace(": ", "_"), {"m.py": LOSES.replace("COMMENT", comment)})
        for comment in ("none", "ubm: bounded(few)", "ubm: swept-by(m:Board.post)")
    }
    assert list(said.values()) == [[("m.py", 8, "UBM205")], [], [("m.py", 8, "UBM205")]]


def test_a_fault_of_a_loop_is_reported_of_what_is_bounded_too(tmp_path: Path) -> None:
    program = "X = {}  # ubm: bounded(few)\n" + GROWS + "\ndef clean():\n    for key in X:\n        del X[key]\n"
    assert found(tmp_path, {"m.py": program}) == [("m.py", 1, "UBM208")]


def test_a_declaration_speaks_for_the_containers_of_its_statement_alone(tmp_path: Path) -> None:
    program = "X = {}; Y = {}  # ubm: bounded(few)\nZ = {}\n\ndef add(request):\n"
    program += "".join(f"    {name}[request.id] = 1\n" for name in "XYZ")
    assert found(tmp_path, {"m.py": program}) == [("m.py", 2, "UBM101")]


def test_an_attribute_is_declared_where_it_gets_its_value(tmp_path: Path) -> None:
    program = (
        "class Store:\n    def __init__(self):\n        self.runs = {}  # ubm: bounded(few)\n\n"
        "    def add(self, request):\n        self.runs[request.id] = 1\n\n\nSTORE = Store()\n"
    )
    assert found(tmp_path, {"m.py": program}) == []


def test_a_function_that_a_comment_names_runs_on_a_timer(tmp_path: Path) -> None:
    """And so sweeps the other containers that it is about."""
    files = {
        "a.py": "Y = {}  # ubm: swept-by(m.sweep) by the host\n\ndef add(request):\n    Y[request.id] = 1\n",
        "m.py": "X = {}\n" + GROWS + SWEEP,
    }
    assert found(tmp_path / "no", {"m.py": files["m.py"]}) == [("m.py", 1, "UBM201")]
    assert found(tmp_path / "yes", files) == []


def test_an_ignore_of_what_is_declared_silences_nothing(tmp_path: Path) -> None:
    program = "X = {}  # ubm: bounded(few) # ubm: ignore[UBM101]\n" + GROWS
    assert found(tmp_path, {"m.py": program}) == [("m.py", 1, "UBM902")]


def test_explain_shows_what_is_declared(tmp_path: Path) -> None:
    program = "# ubm: swept-by(m.add)\nX = {}  # ubm: bounded(few, says the host)\nY = {}\n" + GROWS
    write(tmp_path, {"m.py": program + "    Y[request.id] = 1\n"})
    declared, plain = runner.explain(request_for(tmp_path), ["m:X", "m:Y"])
    assert isinstance(declared, Sheet) and isinstance(plain, Sheet)
    assert declared.declared == ("swept by m.add", "bounded: few, says the host")
    assert declared.bounded_by == "a declared sweep, m.add"
    assert (declared.findings, plain.declared, plain.findings) == ((), (), ("UBM101",))


# --- comments that name nothing ---

UNKNOWN = {
    "unknown word": ("X = {}  # ubm: boundd(few)", "`# ubm: boundd` is no directive; did you mean `bounded`?"),
    "no reason": ("X = {}  # ubm: bounded()", "`# ubm: bounded` gives no reason; write `# ubm: bounded(reason)`"),
    "no container": (
        "LIMIT = 3  # ubm: bounded(few)",
        NO_CONTAINER,
    ),
    "local container": (
        "def f():\n    a = {}  # ubm: bounded(few)\n    return a",
        NO_CONTAINER,
    ),
    "at the end": ("X = {}\n# ubm: bounded(few)", NO_CONTAINER),
    "a space before the colon": (
        "X = {}  # ubm : ignore[UBM101]",
        "`# ubm : ignore` is no directive; write `# ubm: ignore[UBM101]`",
    ),
    "capital letters": (
        "X = {}  # UBM: bounded(few)",
        "`# UBM: bounded` is no directive; write `# ubm: bounded(reason)`",
    ),
    "a code without brackets": (
        "X = {}  # ubm: ignore UBM101",
        "`# ubm: ignore UBM101` has its codes without brackets; write `# ubm: ignore[UBM101]`",
    ),
    "no function": (
        "X = {}  # ubm: swept-by(m.swep)\ndef sweep():\n    X.clear()",
        "`# ubm: swept-by(m.swep)` names no function of the project; did you mean `m:sweep`?",
    ),
    "function of others": (
        "X = {}  # ubm: swept-by(acme.sweep)",
        "`# ubm: swept-by(acme.sweep)` names no function of the project",
    ),
    "unknown code": (
        "X = {}  # ubm: ignore[UBM3001]",
        "`UBM3001` is neither the code nor the name of a rule; did you mean `UBM301`?",
    ),
    "foreign code": ("X = {}  # ubm: ignore[E501]", "`E501` is neither the code nor the name of a rule"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_comment_that_names_nothing_is_reported(name: str, tmp_path: Path) -> None:
    program, message = UNKNOWN[name]
    assert told(tmp_path, {"m.py": program + "\n"}) == [message]


@pytest.mark.parametrize(
    "program",
    [
        "X = {}  # ubm: bounded(few)\n",
        "class A:\n    def __init__(self):\n        self.idle = {}  # ubm: bounded(few)\n\n\nHELD = A()\n",
        "def f(request, seen={}):  # ubm: bounded(few)\n    seen[request.id] = 1\n",
        "X = {}  # ubm: swept-by(m.f)\ndef f():\n    pass\n",
        "X = {}\ndef f():\n    global X\n    X = {}  # ubm: ignore\n",
    ],
    ids=["map", "attribute that nothing fills", "default", "swept by", "blanket"],
)
def test_a_comment_that_names_what_is_there_is_not_reported(program: str, tmp_path: Path) -> None:
    assert told(tmp_path, {"m.py": program}) == []


def test_a_comment_is_reported_where_it_stands(tmp_path: Path) -> None:
    files = {"m.py": "X = {\n    'a': 1,  # ubm: bounde(few)\n}\n"}
    (finding,) = runner.check(request_for(write(tmp_path, files))).findings
    assert (finding.place.line, finding.place.column, finding.confidence.value) == (2, 14, "high")


def test_a_file_that_cannot_be_analysed_is_not_judged(tmp_path: Path) -> None:
    files = {"m.py": "X = {}  # ubm: boundd(few)\nY = (\n", "n.py": "LIMIT = 3  # ubm: bounded(few)\n"}
    assert [found for found in found(tmp_path, files) if found[2] != "UBM901"] == [("n.py", 1, "UBM903")]


def test_a_fault_of_ours_is_no_fault_of_a_declaration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LookupError("made up")

    monkeypatch.setattr(Containers, "of_module", fail)
    assert {code for _, _, code in found(tmp_path, {"m.py": "X = {}  # ubm: bounded(few)\n"})} == {"UBM900"}


def test_only_files_that_are_asked_about_are_judged(tmp_path: Path) -> None:
    files = {"m.py": "LIMIT = 3  # ubm: bounded(few)\n", "n.py": "X = {}  # ubm: boundd(few)\n"}
    assert len(told(tmp_path, files)) == 2
    assert told(tmp_path, files, tmp_path / "m.py") == [
        "`# ubm: bounded` stands where no long-lived container is defined"
    ]


@pytest.mark.parametrize(
    "settings", [{"ignore": ["UBM903"]}, {"per_file_ignores": {"m.py": ["UBM9"]}}, {"select": ["UBM1"]}]
)
def test_the_rule_can_be_off(settings: dict[str, Any], tmp_path: Path) -> None:
    assert told(tmp_path, {"m.py": "X = {}  # ubm: boundd(few)\n"}, **settings) == []


def test_a_finding_about_a_comment_can_be_suppressed(tmp_path: Path) -> None:
    assert found(tmp_path, {"m.py": "X = {}  # ubm: boundd(few)  # noqa: UBM903\n"}) == []


def test_what_goes_on_and_on_is_not_repeated_in_full(tmp_path: Path) -> None:
    program = f"X = {{}}  # ubm: ignored{'x' * 5000}\nY = {{}}  # ubm: swept-by(m{'.f' * 50_000})\n"
    said = told(tmp_path, {"m.py": program})
    assert len(said) == 2 and all(len(one) == 300 and one.endswith("...") for one in said)


def test_many_declarations_at_one_statement_take_linear_time(tmp_path: Path) -> None:
    names = "; ".join(f"X{i} = {{}}" for i in range(1_000))
    assert told(tmp_path, {"m.py": "# ubm: bounded(few)\n" * 20_000 + names + "\n"}) == []


def test_similar_names_are_looked_for_so_often_and_no_more(tmp_path: Path) -> None:
    program = "".join(f"X{i} = {{}}  # ubm: ignore[UBM10{i}Q]\n" for i in range(HINTED + 5))
    said = told(tmp_path, {"m.py": program})
    assert [("did you mean" in one) for one in said] == [True] * HINTED + [False] * 5


# --- settings that name nothing ---

PROGRAM = {
    "app/__init__.py": "",
    "app/jobs.py": "def sweep():\n    pass\n\ndef every(seconds, call):\n    pass\n\nclass Cache(dict):\n    pass\n",
}
NO_FUNCTION = "which is no function of the project"
SETTINGS = {
    "sweepers": ("app.jobs:swep", f"{NO_FUNCTION}; did you mean `app.jobs:sweep`?"),
    "entry-points": ("app.job:sweep", f"{NO_FUNCTION}; did you mean `app.jobs:sweep`?"),
    "other-process": ("app.jobs:Cache.run", NO_FUNCTION),
    "timers": ("app.jobs.evry:1", "and the project has no `app.jobs.evry`; did you mean `app.jobs.every`?"),
    "spawners": ("app.jobs.spawn:0", "and the project has no `app.jobs.spawn`"),
    "bounded-types": ("app.jobs.Cach", "and the project has no `app.jobs.Cach`; did you mean `app.jobs.Cache`?"),
}


def check(root: Path, toml: str, file: str = "pyproject.toml") -> Outcome:
    """A run with the settings of a file."""
    write(root, {**PROGRAM, file: toml})
    settings = load_settings(root, config=root / file, isolated=False, overrides={})
    project = discover([root], root, settings)
    return runner.check(Request(project, settings, use_cache=False, settings_file=root / file))


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_that_names_nothing_is_reported_where_it_stands(key: str, tmp_path: Path) -> None:
    value, why = SETTINGS[key]
    outcome = check(tmp_path, f'[tool.unbounded-lint]\nstrict = false\n{key} = [\n    "{value}",\n]\n')
    (finding,) = outcome.findings
    assert finding.message == f"`{key}` names `{value}`, {why}"
    assert (finding.code, finding.place.path, finding.place.line) == ("UBM903", "pyproject.toml", 4)
    assert outcome.notes == ()


KNOWN = {
    "sweepers": "app.jobs:sweep",
    "entry-points": "app.jobs:every",
    "other-process": "app.jobs:sweep",
    "timers": "app.jobs.every:1",
    "spawners": "acme.util.spawn:0",
    "bounded-types": "cachetools.LRUCache",
}


@pytest.mark.parametrize("key", KNOWN)
def test_a_setting_that_names_what_is_there_or_elsewhere_is_not_reported(key: str, tmp_path: Path) -> None:
    outcome = check(tmp_path, f'{key} = ["{KNOWN[key]}"]\n', "unbounded-lint.toml")
    assert (outcome.findings, outcome.notes) == ((), ())


OTHERWISE = {
    "sweepers": "app.jobs.sweep",
    "entry-points": "app.jobs.every",
    "other-process": "app.jobs.sweep",
    "timers": "app.jobs:every:1",
    "spawners": "acme.util:spawn:0",
    "bounded-types": "app.jobs:Cache",
}


@pytest.mark.parametrize("key", OTHERWISE)
def test_a_dot_does_for_a_colon_and_a_colon_for_a_dot(key: str, tmp_path: Path) -> None:
    outcome = check(tmp_path, f'{key} = ["{OTHERWISE[key]}"]\n', "unbounded-lint.toml")
    assert (outcome.findings, outcome.notes) == ((), ())


SWEPT = {
    "app/jobs.py": (
        "from flask import Flask, request\napp = Flask(__name__)\nX = {}\n"
        "@app.post('/')\ndef put():\n    X[request.form['id']] = 1\n    return ''\n"
        "class Janitor:\n    def sweep(self):\n        for key in list(X):\n            if X[key]:\n"
        "                del X[key]\n"
    ),
}


@pytest.mark.parametrize("symbol", ["app.jobs:Janitor.sweep", "app.jobs.Janitor.sweep"])
def test_a_sweeper_may_be_named_with_a_colon_or_a_dot_in_comments_and_settings(symbol: str, tmp_path: Path) -> None:
    settings = f'[tool.unbounded-lint]\nsweepers = ["{symbol}"]\n'
    commented = SWEPT["app/jobs.py"].replace("X = {}", f"X = {{}}  # ubm: swept-by({symbol})")
    for number, files in enumerate(
        [{**SWEPT, "pyproject.toml": settings}, {"app/jobs.py": commented, "pyproject.toml": "[tool.unbounded-lint]\n"}]
    ):
        root = write(tmp_path / str(number), files)
        told = load_settings(root, config=root / "pyproject.toml", isolated=False, overrides={})
        outcome = runner.check(Request(discover([root], root, told), told, use_cache=False))
        assert (outcome.findings, outcome.notes) == ((), ())
    bare = runner.check(request_for(write(tmp_path / "bare", SWEPT)))
    assert [finding.code for finding in bare.findings] == ["UBM201"]


def test_the_rule_can_be_off_for_the_settings(tmp_path: Path) -> None:
    text = 'sweepers = ["app.jobs:swep"]\n'
    assert len(check(tmp_path, text, "unbounded-lint.toml").findings) == 1
    for off in ('ignore = ["UBM903"]\n', 'per-file-ignores = { "*.toml" = ["UBM903"] }\n'):
        outcome = check(tmp_path, text + off, "unbounded-lint.toml")
        assert (outcome.findings, outcome.notes) == ((), ())


def test_a_finding_about_a_setting_can_be_suppressed(tmp_path: Path) -> None:
    text = 'sweepers = ["app.jobs:swep"]  # ubm: ignore[UBM903] to come\n'
    assert check(tmp_path, text, "unbounded-lint.toml").findings == ()


def test_what_no_file_has_is_told_as_a_note(tmp_path: Path) -> None:
    outcome = runner.check(request_for(write(tmp_path, PROGRAM), sweepers=["app.jobs:swep"]))
    note = f"`sweepers` names `app.jobs:swep`, {NO_FUNCTION}; did you mean `app.jobs:sweep`?"
    assert (outcome.findings, outcome.notes) == ((), (note,))
    silent = runner.check(request_for(tmp_path, sweepers=["app.jobs:swep"], ignore=["UBM903"]))
    assert silent.notes == ()


def test_settings_are_not_judged_where_other_files_are_asked_about(tmp_path: Path) -> None:
    write(tmp_path, PROGRAM)
    outcome = runner.check(request_for(tmp_path, tmp_path / "app" / "jobs.py", sweepers=["app.jobs:swep"]))
    assert (outcome.findings, outcome.notes) == ((), ())
