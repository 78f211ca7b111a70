"""Settings are read from the right place, and what is wrong with them is said with file and key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.programs import request_for
from unbounded_lint.errors import UserError
from unbounded_lint.run import runner
from unbounded_lint.settings.config import (
    Settings,
    json_schema,
    line_in,
    load_settings,
    parse_override,
    settings_file,
)


def load(
    root: Path, *, config: Path | None = None, isolated: bool = False, overrides: dict[str, object] | None = None
) -> Settings:
    return load_settings(root, config=config, isolated=isolated, overrides=overrides or {})


def failure(root: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        load(root, **options)
    return str(caught.value)


@pytest.fixture
def pyproject(tmp_path: Path) -> Path:
    return tmp_path / "pyproject.toml"


def test_defaults_without_any_file(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings == Settings()
    assert settings.min_confidence == "medium" and settings.select is None and "venv" in settings.exclude


def test_pyproject_without_our_table(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text('[tool.ruff]\nselect = ["E"]\n[project]\nname = "x"\n')
    assert load(tmp_path) == Settings()


def test_every_key_is_read_from_pyproject(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text(
        """
        [tool.unbounded-lint]
        src = ["lib"]
        exclude = ["a"]
        extend-exclude = ["b/*"]
        select = ["UBM1"]
        extend-select = ["UBM209"]
        ignore = ["UBM103"]
        min-confidence = "low"
        strict = true
        entry-points = ["app.web:main"]
        sweepers = ["app.jobs:Sweeper.sweep"]
        bounded-types = ["app.lru.Lru"]
        timers = ["app.sched.every:1"]
        spawners = ["app.util.spawn:0"]
        other-process = ["app.worker:main"]
        test-paths = ["checks/"]
        cache-dir = ".c"
        output-format = "json"
        [tool.unbounded-lint.per-file-ignores]
        "gen/*.py" = ["UBM"]
        """
    )
    assert load(tmp_path) == Settings(
        src=("lib",),
        exclude=("a",),
        extend_exclude=("b/*",),
        select=("UBM1",),
        extend_select=("UBM209",),
        ignore=("UBM103",),
        per_file_ignores={"gen/*.py": ("UBM",)},
        min_confidence="low",
        strict=True,
        entry_points=("app.web:main",),
        sweepers=("app.jobs:Sweeper.sweep",),
        bounded_types=("app.lru.Lru",),
        timers=("app.sched.every:1",),
        spawners=("app.util.spawn:0",),
        other_process=("app.worker:main",),
        test_paths=("checks/",),
        cache_dir=".c",
        output_format="json",
    )


def test_own_file_wins_whole(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text('[tool.unbounded-lint]\nstrict = true\nignore = ["UBM101"]\n')
    (tmp_path / "unbounded-lint.toml").write_text('ignore = ["UBM102"]\n')
    assert load(tmp_path) == Settings(ignore=("UBM102",))


def test_named_file_stands_in_for_the_project_file(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text("[tool.unbounded-lint]\nstrict = true\n")
    named = tmp_path / "other.toml"
    named.write_text('min-confidence = "high"\n')
    assert load(tmp_path, config=named) == Settings(min_confidence="high")


def test_named_pyproject_is_read_by_its_table(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text("[tool.unbounded-lint]\nstrict = true\n[project]\nname='x'\n")
    assert load(tmp_path, config=other / "pyproject.toml") == Settings(strict=True)


def test_isolated_reads_nothing_but_overrides_count(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text("this is not [ toml")
    assert load(tmp_path, isolated=True, overrides={"strict": True}) == Settings(strict=True)


def test_overrides_win_over_the_file(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text('[tool.unbounded-lint]\nselect = ["UBM1"]\nstrict = true\n')
    settings = load(tmp_path, overrides={"select": ["UBM2"]})
    assert settings.select == ("UBM2",) and settings.strict


def test_byte_order_mark_is_accepted(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_bytes(b"\xef\xbb\xbf[tool.unbounded-lint]\nstrict = true\n")
    assert load(tmp_path).strict


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("exlude = []", "did you mean `exclude`?"),
        ("extend_exclude = []", "did you mean `extend-exclude`?"),
        ("min-confidance = 'low'", "did you mean `min-confidence`?"),
        ("zzz = 1", "known are src, exclude"),
    ],
)
def test_unknown_key(tmp_path: Path, pyproject: Path, written: str, hint: str) -> None:
    pyproject.write_text(f"[tool.unbounded-lint]\n{written}\n")
    message = failure(tmp_path)
    assert f"{pyproject} [tool.unbounded-lint]: unknown key `{written.partition(' ')[0]}`" in message
    assert hint in message


def test_unknown_key_of_an_override(tmp_path: Path) -> None:
    assert "the command line: unknown key `selekt`; did you mean `select`?" in failure(
        tmp_path, overrides={"selekt": []}
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("strict = 'yes'", '`strict` has a wrong value: it must be true or false, not "yes".'),
        ("select = 'UBM'", '`select` has a wrong value: it must be a list of strings, not "UBM".'),
        ("ignore = ['UBM', 3]", "`ignore` has a wrong value: it must be a list of strings, not 3 (item 2)."),
        ("min-confidence = 'huge'", 'it must be `high`, `low`, `medium` or a number from 0 to 1, not "huge"'),
        ("min-confidence = 'hihg'", 'not "hihg"; did you mean `high`?'),
        ("min-confidence = 2", "or a number from 0 to 1, not 2."),
        ("output-format = 'xml'", "`output-format` has a wrong value: it must be `"),
        ("output-format = 'jsno'", "did you mean `json`?"),
        ("scope = []", "`scope` has a wrong value: it must be `instance` or `process`, not a list."),
        (
            "per-file-ignores = ['a']",
            "`per-file-ignores` has a wrong value: it must be a table of lists of strings, not a list.",
        ),
        ("per-file-ignores = {a = 3}", "a table of lists of strings, not 3 (of `a`)."),
        ("per-file-ignores = {a = ['UBM'], b = ['UBM', 1]}", "a table of lists of strings, not 1 (of `b`, item 2)."),
        ("entry-points = ['a:b', 'main']", 'a list of strings written as "pkg.mod:name", not "main" (item 2).'),
        ("bounded-types = ['a:b:c']", 'a list of strings written as "pkg.mod.Name", not "a:b:c" (item 1).'),
        ("timers = ['app:1:2']", 'written as "pkg.mod.name:0", not "app:1:2" (item 1).'),
        ("timers = ['app.sched.every']", 'written as "pkg.mod.name:0", not "app.sched.every" (item 1).'),
        ("spawners = ['app.util.spawn']", "`spawners` has a wrong value"),
        ("other-process = ['main']", "`other-process` has a wrong value"),
        ("cache-dir = 2024-01-01", "`cache-dir` has a wrong value: it must be a string, not 2024-01-01."),
    ],
)
def test_wrong_type_names_key_and_file(tmp_path: Path, written: str, problem: str) -> None:
    own = tmp_path / "unbounded-lint.toml"
    own.write_text(written + "\n")
    said = failure(tmp_path)
    assert said.startswith(f"{own}: `{written.partition(' =')[0]}` has a wrong value: it must be ")
    assert problem in f"{said}{'' if said.endswith('?') else '.'}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"strict = true\nselect = [\n", ":2: not valid TOML"),
        (b"strict = true\n\nselect == 1\n", ":3: not valid TOML"),
        (b"strict = true\nignore = ['\xff']\n", ":2: not valid TOML"),
        (b"strict = " + b"[" * 100_000, "not valid TOML: it is nested too deeply"),
    ],
)
def test_broken_toml_names_file_and_line(tmp_path: Path, text: bytes, place: str) -> None:
    own = tmp_path / "unbounded-lint.toml"
    own.write_bytes(text)
    message = failure(tmp_path)
    assert message.startswith(str(own)) and place in message


def test_the_file_that_is_read(tmp_path: Path, pyproject: Path) -> None:
    own, other = tmp_path / "unbounded-lint.toml", tmp_path / "other.toml"
    assert settings_file(tmp_path, config=None, isolated=False) is None
    pyproject.touch()
    assert settings_file(tmp_path, config=None, isolated=False) == pyproject
    own.touch()
    assert settings_file(tmp_path, config=None, isolated=False) == own
    assert settings_file(tmp_path, config=other, isolated=False) == other
    assert settings_file(tmp_path, config=None, isolated=True) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("strict = true\nsweepers = ['m:f']\n", 2),
        ('sweepers = [\n    "m:g",\n    "m:f",\n]\n', 3),
        ('timers = ["m:f"]\n\nsweepers = ["m:\\u0066"]\n', 3),
        ("[tool]\nunbounded-lint.sweepers = ['m:f']\n", 2),
        ("'sweepers' = ['m:f']\n", 1),
        ("strict = true\n[tool.unbounded-lint.sweepers]\n'm:g' = 1\n'm:f' = 2\n", 4),
        ("[ 'sweepers' ]\n", 1),
        ("# sweepers\nentry-points = ['m:f']\n", 0),
        ("", 0),
    ],
)
def test_the_line_of_a_value(text: str, line: int) -> None:
    assert line_in(text, "sweepers", "m:f") == line


def test_missing_named_file(tmp_path: Path) -> None:
    assert f"{tmp_path / 'no.toml'}: there is no such settings file" in failure(tmp_path, config=tmp_path / "no.toml")
    assert "it is a directory, not a regular file" in failure(tmp_path, config=tmp_path)


def test_table_that_is_no_table(tmp_path: Path, pyproject: Path) -> None:
    pyproject.write_text("tool = {unbounded-lint = 3}\n")
    assert "must be a table" in failure(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("strict=true", ("strict", True)),
        ("select=['UBM1', \"UBM2\"]", ("select", ["UBM1", "UBM2"])),
        ("min-confidence='low'", ("min-confidence", "low")),
        ("min-confidence = low", ("min-confidence", "low")),
        ("cache-dir=.cache/x=y.d", None),
        ("cache-dir=./cache", ("cache-dir", "./cache")),
        ("per-file-ignores={'a/*.py' = ['UBM1']}", ("per-file-ignores", {"a/*.py": ["UBM1"]})),
        ("strict", None),
        ("=true", None),
        ("strict=", None),
        ("strict=[", None),
        ("strict=true\nselect=[]", None),
        ("a.b=1", None),
    ],
)
def test_parse_override(text: str, expected: tuple[str, object] | None) -> None:
    if expected is None:
        with pytest.raises(UserError, match=r"(?s)`.*`"):
            parse_override(text)
    else:
        assert parse_override(text) == expected


def test_schema_describes_every_key() -> None:
    schema = json_schema()
    json.dumps(schema)
    names = [field.encode_name for field in msgspec.structs.fields(Settings)]
    assert sorted(schema["properties"]) == sorted(names)
    assert schema["additionalProperties"] is False
    for name in names:
        entry = schema["properties"][name]
        assert entry["description"].endswith(".") and "default" in entry, name


def test_schema_defaults_are_what_settings_hold() -> None:
    defaults = {name: entry["default"] for name, entry in json_schema()["properties"].items()}
    assert msgspec.convert(defaults, Settings) == Settings()


def test_the_scope_instance_takes_what_users_make_for_lasting(tmp_path: Path) -> None:
    (tmp_path / "router.py").write_text(
        "class Router:\n    def __init__(self):\n        self._seen = set()\n\n"
        "    def target(self, topic):\n        self._seen.add(topic)\n        return topic\n"
    )
    found = {
        scope: runner.check(request_for(tmp_path, min_confidence="low", scope=scope)).findings
        for scope in ("process", "instance")
    }
    (process,), (instance,) = found["process"], found["instance"]
    assert process.symbol == instance.symbol == "router:Router._seen"
    assert process.probability is not None and instance.probability is not None
    assert process.probability < instance.probability
