"""Path patterns mean what they mean to git and to ruff, and take linear time whatever they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pathspec
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from unbounded_lint import cli
from unbounded_lint.errors import UserError
from unbounded_lint.files.discovery import discover
from unbounded_lint.files.patterns import MOST_WILDCARDS, CodesByPath, Excludes, IgnoreRules
from unbounded_lint.settings.config import Settings

ROOT = Path("/project")
LEAK = "A = {}\n\n\ndef f(request):\n    A[request.id] = 1\n"
MANY = settings(max_examples=500, deadline=None)


def rules(*lines: str) -> IgnoreRules:
    return IgnoreRules.of_file(".gitignore", lines)


def excludes(*patterns: str) -> Excludes:
    return Excludes({"exclude": patterns}, ROOT)


def is_excluded(patterns: Excludes, path: str) -> bool:
    return patterns.match_entry(path, path.rpartition("/")[2])


# --- what git makes of a line ----------------------------------------------------------------------------------------


def is_ignored(found: IgnoreRules, path: str) -> bool:
    """As git walks: what is in an ignored directory is ignored. A directory has a slash at its end."""
    *above, last = path.removesuffix("/").split("/")
    so_far = ""
    for name in (*(f"{part}/" for part in above), last + path[len(path.removesuffix("/")) :]):
        so_far += name
        if found.judge(so_far, name):
            return True
    return False


@pytest.mark.parametrize(
    ("line", "ignored", "kept"),
    [
        ("a.py", ["a.py", "x/a.py", "a.py/"], ["ba.py", "a.pyc"]),
        ("*.py[co]", ["a.pyc", "x/y.pyo"], ["a.py", "a.pyd", "a.pyco"]),
        ("*a*b*c", ["abc", "xaxbxc", "ababc", "d/abc"], ["acb", "abcd", "a/bc"]),
        ("*ab*ab", ["abab", "abaab", "ababab"], ["aba", "ab", "abxa"]),
        ("/*a*b/c*d", ["ab/cd", "xab/cxd"], ["ab/x/cd", "x/ab/cd", "ab/cdx"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/c", "a/b/b/x/y/c"], ["a/c", "a/b", "x/a/b/c"]),
        ("**/a/*b*/**/c", ["a/b/c", "x/a/xbx/y/c", "a/a/b/c"], ["a/c", "a/x/c", "b/c"]),
        ("docs/**", ["docs/a", "docs/a/b", "docs/a/"], ["docs/", "docs", "x/docs/a"]),
        ("docs/**/", ["docs/a/"], ["docs/", "docs/a"]),
        ("docs/*", ["docs/a", "docs/a/"], ["docs/", "docs"]),
        ("gen/", ["gen/", "x/gen/"], ["gen"]),
        ("[!a]x", ["bx"], ["ax", "x"]),
        ("x[!a]y/z", ["xby/z"], ["x/y/z", "xay/z"]),
        ("[^a]x", ["bx", "^x"], ["ax"]),
        ("[]a]x", ["]x", "ax"], ["bx"]),
        ("[!]a]x", ["bx"], ["]x", "ax"]),
        ("[a-c-e]x", ["bx", "-x", "ex"], ["dx"]),
        ("[[:alpha:]_]x", ["bx", "Bx", "_x"], ["1x", ":x"]),
        ("[[:digit:]-z]x", ["1x", "-x", "zx"], ["ax"]),
        ("[[:a]x", ["[x", ":x", "ax"], ["bx"]),
        (r"[\]a]x", ["]x", "ax"], ["\\x"]),
        (r"\#a", ["#a"], ["\\#a"]),
        (r"\!a", ["!a"], ["a"]),
        (r"a\*b", ["a*b"], ["axb"]),
        (r"a\\b", ["a\\b"], ["ab"]),
        ("a  ", ["a"], ["a  "]),
        (r"a\  ", ["a "], ["a", "a  "]),
        ("a\t", ["a\t"], ["a"]),
        (" a", [" a"], ["a"]),
        ("é?", ["éx", "éé"], ["é"]),
        ("a?c", ["abc", "a\nc"], ["a/c", "ac"]),
        ("#a", [], ["#a", "a"]),
        ("[z-a]", [], ["z", "a", "m", "[z-a]"]),
        ("a[", [], ["a", "a["]),
        ("[[:nope:]]", [], ["n", ":", "n]"]),
        ("a\\", [], ["a", "a\\"]),
        ("/", [], ["a", "a/"]),
        ("", [], ["a"]),
    ],
)
def test_lines_of_ignore_files(line: str, ignored: list[str], kept: list[str]) -> None:
    found = rules(line)
    judged = {path: found.judge(path, re.search(r"[^/]*/?\Z", path)[0]) for path in (*ignored, *kept)}  # type: ignore[index]
    assert judged == {**dict.fromkeys(ignored, True), **dict.fromkeys(kept)}


def test_last_line_decides_whatever_its_form() -> None:
    lines = ["*.py", "!keep.py", "k*p.py", "!/keep.py", "x/**/keep.py", "!*eep.py", "keep.p?"]
    for count in range(1, len(lines) + 1):
        assert rules(*lines[:count]).judge("keep.py", "keep.py") is bool(
            [True, False, True, False, False, False, True][count - 1]
        )


WORDS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "*",
        "?",
        "*a",
        "a*",
        "*b*",
        "*a*b",
        "[ab]",
        "[!a]",
        "?b",
        "a.b",
        "*.b",
        "[[:alpha:]]",
        "\\a",
        "b*a*",
    ]
)
SEGMENTS = st.one_of(WORDS, WORDS, WORDS, st.just("**"))
LINES = st.builds(
    lambda sign, start, segments, end: sign + start + "/".join(segments) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "", "/", "/**", " "]),
)
# `**` next to something else is left out: behind a plain beginning git takes it for `**/`, against its documentation.
# So are ranges: git reads what it can of one that runs backwards, we pass over its line.
RAW_LINES = st.text("ab*?[]!^\\/ #:", min_size=1, max_size=8).filter(
    lambda line: "**" not in line and "\\/" not in line
)
NAMES = ["a", "b", "ab", "ba", "a.b", "aab", "abb", "bab", "#a", "!a", "[a]", "a:"]
PLACES = 24


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """A git repository of equal directories, one for each ignore file to try, and the paths in each of them."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "--quiet")
    directories = ["", "a/", "ab/", "a/b/", "a/b/a/", "b.d/", "b.d/ab/"]
    taken = {directory for directory in directories if directory}
    files = [each + name for each in directories for name in NAMES if f"{each}{name}/" not in taken]
    for place in range(PLACES):
        for directory in directories:
            (root / f"d{place}" / directory).mkdir(parents=True, exist_ok=True)
        for file in files:
            (root / f"d{place}" / file).touch()
    yield root, [*sorted(taken), *files]


def git(root: Path, *arguments: str, given: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": str(root / ".none")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        input=given,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return done.stdout


# Not shrunk: each example starts a process, and tells of one directory only.
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(st.lists(st.one_of(LINES, LINES, RAW_LINES), min_size=1, max_size=3), min_size=PLACES, max_size=PLACES))
def test_git_agrees_on_random_lines(repository: tuple[Path, list[str]], files: list[list[str]]) -> None:
    root, paths = repository
    for place, lines in enumerate(files):
        (root / f"d{place}" / ".gitignore").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    asked = [f"d{place}/{path}".rstrip("/") for place in range(PLACES) for path in paths]
    fields = git(root, "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n", given="\0".join(asked)).split("\0")
    said = {
        path: bool(line) and not line.startswith("!") for line, path in zip(fields[2::4], fields[3::4], strict=False)
    }
    for place, lines in enumerate(files):
        found = rules(*lines)
        ours = {path: is_ignored(found, path) for path in paths}
        assert ours == {path: said[f"d{place}/{path}".rstrip("/")] for path in paths}, lines


TEXTS = st.lists(
    st.text("ab.", min_size=1, max_size=5).filter(lambda name: name.strip(".")), min_size=1, max_size=5
).map("/".join)
# What pathspec reads in another way than git: sets, directories only in `**/`, and lines of nothing but stars.
SIMPLE_LINES = LINES.filter(lambda line: "[" not in line and "**/" not in line[-4:] and line.strip("!/ *"))


@MANY
@given(st.lists(SIMPLE_LINES, min_size=1, max_size=3), TEXTS)
def test_pathspec_agrees_on_whole_paths(lines: list[str], path: str) -> None:
    expected = pathspec.GitIgnoreSpec.from_lines(lines, backend="simple").match_file(path)
    assert IgnoreRules.of_setting("test-paths", lines).covers(path) == expected


# --- what ruff makes of a pattern ------------------------------------------------------------------------------------


def naive(pattern: str) -> re.Pattern[str]:
    """A pattern of `exclude` as a plain regular expression, which may take for ever."""
    written = {"*": ".*", "?": ".", "{": "(?:", "}": ")", ",": "|"}
    tokens = re.findall(r"(?:(?<=[/{,])|\A)(?:\*\*/)+|\*+|\[[^]]+\]|.", pattern, re.DOTALL)
    return re.compile(
        "".join(
            "(?:.*/)?"
            if token.endswith("*/")
            else token.replace("[!", "[^")
            if token[0] == "["
            else written.get(token[:1], re.escape(token))
            for token in tokens
        ),
        re.DOTALL,
    )


RUFF_WORDS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "*",
        "?",
        "[ab]",
        "[!a]",
        "/",
        "/",
        "a*",
        "*b",
        "*a*",
        "/**/",
        "{a,bb}",
        "{ab,*}",
        "{a,{b,ab}}",
        "{/**/a,b}",
    ]
)


PATHS = st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5).map("/".join)


@MANY
@given(st.lists(RUFF_WORDS, min_size=1, max_size=6).map("".join), PATHS)
def test_exclude_agrees_with_a_plain_regular_expression(pattern: str, text: str) -> None:
    assume("//" not in pattern and not pattern.startswith("/") and not pattern.endswith("/") and "**/**" not in pattern)
    # Braces are spelled out first, and what then stands side by side may make one wildcard.
    assume(not re.search(r"\*\*\*|\*\{|\}[*{]", pattern))
    assert is_excluded(excludes(pattern), text) == any(
        naive(pattern).fullmatch(each) for each in (text, text.rpartition("/")[2])
    )


@pytest.mark.parametrize(
    ("pattern", "excluded", "left"),
    [
        ("gen", ["gen", "x/gen"], ["gen.py", "x/gens"]),
        ("gen/*", ["gen/x", "gen/x/y"], ["gen", "a/gen/x"]),
        ("**/gen/*.py", ["gen/x.py", "a/b/gen/x/y.py"], ["gen.py", "gen/x"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "b"]),
        ("*a*b*a*", ["aba", "xaxbxax", "a/b/a"], ["ab", "baab"]),
        ("{a,b*}.py", ["a.py", "bc.py", "x/b.py"], ["{a,b*}.py", "ac.py"]),
        ("{a,{b,c}d}{,e}", ["a", "bd", "cde", "ae"], ["b", "c", "ad"]),
        ("[{]a,b}", ["{a,b}"], ["a", "b}"]),
        (r"\{a,b}{c,d}x{", [r"{a,b}{c,d}x{"], ["acx"]),
        (r"a\*", ["a*"], ["ab"]),
        ("nothing{", ["nothing{"], ["nothing"]),
        ("[[:digit:]]", ["1"], ["a"]),
        ("./gen", ["gen"], ["x/gen"]),
        ("/project/gen/", ["gen"], ["x/gen"]),
    ],
)
def test_patterns_of_exclude(pattern: str, excluded: list[str], left: list[str]) -> None:
    patterns = excludes(pattern)
    assert {path: is_excluded(patterns, path) for path in (*excluded, *left)} == {
        **dict.fromkeys(excluded, True),
        **dict.fromkeys(left, False),
    }


# --- settings --------------------------------------------------------------------------------------------------------

SENSELESS = {
    "[z-a]": "the range `z-a` runs backwards",
    "a[bc": "its `[` is never closed",
    "[!]": "its `[` is never closed",
    "[[:nope:]]": "`[:nope:]` is no kind of characters",
    "a\\": "nothing stands behind its last backslash",
    "": "it matches nothing",
    "/": "it matches nothing",
}


def with_pattern(key: str, pattern: str) -> Settings:
    if key == "per-file-ignores":
        return Settings(per_file_ignores={pattern: ("UBM1",)})
    return Settings(**{key.replace("-", "_"): (pattern,)})  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["exclude", "extend-exclude", "per-file-ignores", "test-paths"])
@pytest.mark.parametrize("pattern", SENSELESS)
def test_pattern_without_sense_is_refused_even_where_there_is_no_file(tmp_path: Path, key: str, pattern: str) -> None:
    with pytest.raises(UserError) as caught:
        discover([], tmp_path, with_pattern(key, pattern))
    assert (
        str(caught.value) == f"`{key}` holds the path pattern `{pattern}`, which makes no sense: {SENSELESS[pattern]}."
    )


@pytest.mark.parametrize(
    ("key", "pattern", "reason"),
    [
        ("exclude", "{a}}{", "its `{` is never closed"),
        ("exclude", "{a,b}" * 40, "its braces stand for too many patterns"),
        ("exclude", "{,}" * 40, "its braces stand for too many patterns"),
        ("exclude", "{*,**,*a}" * 40, "its braces stand for too many patterns"),
        ("test-paths", "# a comment", "it matches nothing"),
        ("test-paths", "!", "it matches nothing"),
        ("per-file-ignores", "!a/*.py", "its `!` has no other pattern to make an exception from"),
    ],
)
def test_pattern_that_one_setting_refuses(tmp_path: Path, key: str, pattern: str, reason: str) -> None:
    with pytest.raises(UserError, match=re.escape(reason)) as caught:
        discover([], tmp_path, with_pattern(key, pattern))
    assert f"`{key}`" in str(caught.value) and len(str(caught.value)) < 200


def test_braces_of_all_patterns_are_counted_together() -> None:
    excludes(*(f"{{a,b}}{number}" for number in range(1_000)))
    with pytest.raises(UserError, match="too many patterns"):
        excludes(*(f"{'{a,b}' * 6}{number}" for number in range(1_000)))


@pytest.mark.parametrize("key", ["exclude", "per-file-ignores", "test-paths"])
def test_more_wildcards_than_anybody_writes_are_refused(tmp_path: Path, key: str) -> None:
    patterns = tuple(f"{'*a' * 2000}{number}" for number in range(MOST_WILDCARDS // 2000 + 1))
    few, many = patterns[:-1], patterns
    (tmp_path / "x.py").touch()
    for chosen in (few, many):
        chosen_settings = (
            Settings(per_file_ignores=dict.fromkeys(chosen, ("UBM1",)))
            if key == "per-file-ignores"
            else Settings(**{key.replace("-", "_"): chosen})  # type: ignore[arg-type]
        )
        if chosen is few:
            discover([], tmp_path, chosen_settings)
            continue
        with pytest.raises(UserError, match=f"`{key}`.* more than {MOST_WILDCARDS} wildcards"):
            discover([], tmp_path, chosen_settings)


def test_ignore_file_with_more_wildcards_than_anybody_writes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / ".gitignore").write_text("?a[bc]*\n" * (MOST_WILDCARDS // 3 + 1))
    with pytest.raises(UserError, match=f"{re.escape(str(tmp_path / '.gitignore'))} hold more than"):
        discover([], tmp_path, Settings())


def test_command_names_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.py").write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint.per-file-ignores]\n'[z-a]' = ['UBM1']\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", "--no-cache"]) == 2
    assert "`per-file-ignores` holds the path pattern `[z-a]`, which makes no sense" in capsys.readouterr().err


def test_codes_are_ignored_in_files_that_match_or_lie_below() -> None:
    codes = CodesByPath({"gen/": ("UBM1", "UBM201"), "**/it/*.py": ("UBM2",), "/top.py": ("UBM",), "none": ()})
    found = {
        (path, code): codes.ignores(path, code)
        for path in ("gen/a.py", "x/gen/y/b.py", "it/a.py", "x/it/a.py", "top.py", "x/top.py", "none")
        for code in ("UBM101", "UBM201", "UBM202")
    }
    assert [pair for pair, ignored in found.items() if ignored] == [
        *(("gen/a.py", code) for code in ("UBM101", "UBM201")),
        *(("x/gen/y/b.py", code) for code in ("UBM101", "UBM201")),
        *((path, code) for path in ("it/a.py", "x/it/a.py") for code in ("UBM201", "UBM202")),
        *(("top.py", code) for code in ("UBM101", "UBM201", "UBM202")),
    ]


def test_findings_in_files_that_match_are_not_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old").mkdir()
    for name in ("m.py", "old/n.py"):
        (tmp_path / name).write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint.per-file-ignores]\n'o*/' = ['UBM1']\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", "--no-cache", "--output-format", "concise"]) == 1
    out = capsys.readouterr().out
    assert "m.py:1:1: UBM101" in out and "n.py" not in out


def test_what_is_said_of_a_file_goes_before_what_is_said_of_its_directory() -> None:
    found = IgnoreRules.of_setting("test-paths", ["checks/", "!checks/keep.py", "!checks/lib/", "!lib/x.py"])
    paths = ["checks/a.py", "checks/keep.py", "checks/deep/a.py", "checks/lib/a.py", "lib/x.py", "a.py"]
    assert [path for path in paths if found.covers(path)] == ["checks/a.py", "checks/deep/a.py"]


# --- time ------------------------------------------------------------------------------------------------------------

CPU_SECONDS = 5
MEMORY_BYTES = 2_000_000_000
STARS = "*a" * 12 + "*b"
LONG = "a" * 240 + ".py"
DEEP = "/".join(["a"] * 36) + "/a.py"
HOSTILE: dict[str, tuple[str, ...]] = {
    "a dozen stars": (STARS,),
    "a hundred stars": ("*a" * 100 + "*b",),
    "stars and question marks": ("*?a" * 60 + "b",),
    "stars in every part": ("/".join(["*a*a*a*"] * 36) + "/b",),
    "directories at any depth": ("**/a/" * 25 + "b",),
    "directories at any depth in a row": ("**/" * 25 + "b",),
    "stars below directories at any depth": ("**/*a*a*/" * 25 + "b",),
    "a line of a million letters": ("a" * 1_000_000,),
    "a line of a million stars": ("*" * 999_000 + "b",),
    "a line of half a million stars and letters": ("*a" * 500_000,),
    "a line of a million escapes": ("\\a" * 500_000,),
    "a line of a hundred thousand sets": ("[ab]" * 100_000,),
    "a line of one long set": ("[" + "ab" * 499_000 + "]",),
    "a line of directories at any depth": ("**/a/" * 200_000,),
    "as many stars as are allowed": ("*a" * (MOST_WILDCARDS - 1) + "b",),
    "many lines": tuple(f"p{number}/*x" for number in range(20_000)),
    "many names": tuple(f"name{number}" for number in range(50_000)),
    "many endings": tuple(f"*.x{number}" for number in range(50_000)),
    "many lines that alternate": tuple(f"{'!' * (number % 2)}?{number}" for number in range(20_000)),
}
SENSELESS_HOSTILE: dict[str, tuple[str, ...]] = {
    "a million open brackets": ("[" * 1_000_000,),
    "a million open kinds": ("[" + "[:" * 499_999,),
    "what looks like a regular expression": ("(a+)+$", "(?P<x>a", "a{1,99999}", "^m", "(?#", "a\\"),
    "too many wildcards": ("*a*b*c",) * 100_000,
}
BRACES: dict[str, tuple[str, ...]] = {
    "forty choices": ("{a,b}" * 40,),
    "choices of other lengths": ("{a,aa}" * 10 + "b",),
    "choices with stars": ("{*a,*}" * 10 + "b",),
    "nothing to choose": ("{,}" * 5_000,),
    "deep braces": ("{" * 40_000 + "a" + "}" * 40_000,),
    "deep choices": ("{a," * 20_000 + "a" + "}" * 20_000,),
    "many options": ("{" + ",".join(["ab"] * 30_000) + "}x*",),
}
SCRIPT = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, ({cpu}, {cpu} + 1))
resource.setrlimit(resource.RLIMIT_DATA, ({memory}, {memory}))
from unbounded_lint.settings.config import Settings
from unbounded_lint.files.discovery import discover
from unbounded_lint.errors import UserError
from unbounded_lint.files.patterns import CodesByPath
key, patterns = json.loads(Path(sys.argv[1]).read_text())
if key == "per-file-ignores":
    settings = Settings(per_file_ignores=dict.fromkeys(patterns, ("UBM1",)))
else:
    settings = Settings(**{{key.replace("-", "_"): tuple(patterns)}}) if key else Settings()
try:
    files = discover([Path(sys.argv[2])], Path(sys.argv[2]), settings).files
    codes = CodesByPath(settings.per_file_ignores)
    print([file.path for file in files if codes.ignores(file.path, "UBM101")])
except UserError as error:
    print(str(error)[:300])
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose names are long, deep and many."""
    root = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", LONG, DEEP, *(f"d{number % 30}/m{number}.py" for number in range(300))):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def within_limits(tree: Path, place: Path, key: str, patterns: Sequence[str]) -> str:
    """What a child says that reads the project with the patterns, and that has little time and memory for it."""
    import json

    (place / "patterns.json").write_text(json.dumps([key, patterns]))
    script = SCRIPT.format(cpu=CPU_SECONDS, memory=MEMORY_BYTES)
    done = subprocess.run(
        [sys.executable, "-c", script, str(place / "patterns.json"), str(tree)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


FIRST = list(HOSTILE)[:8]


def by_turns(key: str, name: str, turn: int) -> Any:
    """A setting and a hostile pattern: by default each pattern stands in one of two settings."""
    left = (list(HOSTILE).index(name) + turn) % 2
    return pytest.param(key, name, marks=[pytest.mark.exhaustive, pytest.mark.release] if left else ())


limited = pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")


@limited
@pytest.mark.parametrize(
    ("key", "name"),
    [
        *(by_turns(key, name, at) for at, key in enumerate(["", "exclude"]) for name in HOSTILE),
        # These two are read as the lines of a file are.
        *(by_turns(key, name, at) for at, key in enumerate(["per-file-ignores", "test-paths"]) for name in FIRST),
    ],
)
def test_hostile_patterns_take_little_time(tree: Path, tmp_path: Path, key: str, name: str) -> None:
    with ignore_file(tree, "" if key else "\n".join(HOSTILE[name])):
        said = within_limits(tree, tmp_path, key, HOSTILE[name])
    assert said.startswith("[") or "wildcards" in said


@limited
@pytest.mark.parametrize("name", SENSELESS_HOSTILE)
def test_hostile_lines_without_sense_take_little_time(tree: Path, tmp_path: Path, name: str) -> None:
    lines = SENSELESS_HOSTILE[name]
    with ignore_file(tree, "\n".join(lines)):
        assert within_limits(tree, tmp_path, "", ()).startswith("[") or "wildcards" in name
    assert re.search("holds the path pattern|wildcards", within_limits(tree, tmp_path, "test-paths", lines))


@limited
@pytest.mark.parametrize("name", BRACES)
def test_braces_take_little_time(tree: Path, tmp_path: Path, name: str) -> None:
    said = within_limits(tree, tmp_path, "exclude", BRACES[name])
    assert said.startswith("[") or "too many patterns" in said


class ignore_file:
    """A `.gitignore` in a project while the block runs; none for no text."""

    def __init__(self, root: Path, text: str) -> None:
        self._path = root / ".gitignore"
        self._text = text

    def __enter__(self) -> None:
        if self._text:
            self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
