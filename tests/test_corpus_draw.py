"""The naive scan finds what plain syntax shows, and the drawing is fair, repeatable and blind."""

from __future__ import annotations

import json
import random
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import draw, fetch, naive


def tree(top: Path, **files: str) -> Path:
    """A tree with a file for each word, whose `__` are slashes."""
    for name, text in files.items():
        path = top.joinpath(*f"{name}.py".split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return top


def names(top: Path) -> dict[str, tuple[str, str]]:
    return {one.name: (one.container, one.scope) for one in naive.scan(top)}


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("{}", "dict"),
        ("{1: 2}", "dict"),
        ("[]", "list"),
        ("set()", "set"),
        ("dict(a=1)", "dict"),
        ("collections.defaultdict(list)", "defaultdict"),
        ("OrderedDict[str, int]()", "OrderedDict"),
        ("deque()", "deque"),
        ("deque([])", "deque"),
        ("Counter()", "Counter"),
        ("deque(maxlen=3)", None),
        ("deque([], 3)", None),
        ("()", None),
        ("make()", None),
    ],
)
def test_what_a_container_is(tmp_path: Path, made: str, kind: str | None) -> None:
    top = tree(tmp_path, m=f"x = {made}\ndef f(k, v):\n    x[k] = v\n")
    assert names(top) == ({"x": (kind, "module")} if kind else {})


@pytest.mark.parametrize(
    "insert",
    [
        "x[k] = v",
        "x[k] += v",
        "x[k]: int = v",
        "x[k].append(v)",
        "x[k][v] = 1",
        "x.append(v)",
        "x.add(v)",
        "x.setdefault(k, v)",
        "x.update(v)",
        "x.extend(v)",
        "x.insert(0, v)",
        "x.appendleft(v)",
        "global x; x += v",
        "global x; x |= v",
        "return lambda: x.append(v)",
    ],
)
def test_what_an_insert_is(tmp_path: Path, insert: str) -> None:
    assert "x" in names(tree(tmp_path, m=f"x = []\ndef f(k, v):\n    {insert}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "x = {}\nx[1] = 2\n",
        "x = {}\nfor i in y:\n    x[i] = 1\n",
        "x = {}\ndef f(x):\n    x[1] = 2\n",
        "x = []\ndef f():\n    x = []\n    x.append(1)\n",
        "x = []\ndef f():\n    x = []\n    def g():\n        x.append(1)\n",
        "x = {}\ndef f():\n    x.pop(1)\n    return x.get(2), x[3]\n",
        "class A:\n    def __init__(self):\n        self.x = []\n        self.x.append(1)\n",
        "class A:\n    def __init__(self):\n        self.x = []\nclass B:\n    def f(self):\n        self.x += 1\n",
    ],
)
def test_what_is_no_insert(tmp_path: Path, text: str) -> None:
    assert names(tree(tmp_path, m=text)) == {}


def test_attributes_of_classes_and_objects(tmp_path: Path) -> None:
    text = """
class A:
    shared: dict = {}
    both = {}
    rows: list = field(default_factory=list)
    class B:
        def __init__(self):
            self.x = {}
        def f(self, k):
            self.x[k] = 1
    def __init__(self):
        self.both = {}
    def f(self, k):
        self.shared[k] = self.both[k] = 1
        self.rows.append(k)
"""
    assert names(tree(tmp_path, m=text)) == {
        "A.shared": ("dict", "class"),
        "A.both": ("dict", "self"),
        "A.rows": ("list", "self"),
        "A.B.x": ("dict", "self"),
    }


def test_inserts_in_other_files(tmp_path: Path) -> None:
    top = tree(
        tmp_path,
        a="x = {}\ny = {}\nclass A:\n    def __init__(self):\n        self.z = []\n        self.w = []\n",
        b="from a import x\ndef f(k):\n    x[k] = 1\ndef g(k):\n    y[k] = 1\n",
        c="class C(a.A):\n    def f(self):\n        self.z.append(1)\ndef g(a):\n    a.w.append(1)\n",
    )
    assert set(names(top)) == {"x", "A.z", "A.w"}


def test_tests_and_what_others_wrote_are_left_out(tmp_path: Path) -> None:
    grows = "x = []\ndef f():\n    x.append(1)\n"
    files = ("p__m", "p__tests__m", "p__test_m", "p__conftest", "p___vendor__q__m", "p__latest")
    top = tree(tmp_path, **dict.fromkeys(files, grows), p__broken="def")
    assert [one.path for one in naive.scan(top)] == ["p/latest.py", "p/m.py"]


def container(number: int, package: str = "p", stratum: str = "low", kind: str = "library") -> draw.Container:
    return draw.Container(package, "m.py", number, f"x{number}", "1", kind, "dict", stratum)


def test_a_reported_container_counts_once_and_a_naive_one_only_if_not_reported(tmp_path: Path) -> None:
    top = tree(tmp_path, m="x = {}\ny = set()\ndef f(k):\n    x[k] = 1\n    y.add(k)\n", tests__m="")
    row = {"path": "m.py", "line": 1, "symbol": "m:x"}
    findings: list[dict[str, Any]] = [
        {**row, "code": "UBM101", "confidence": "low"},
        {**row, "code": "UBM105", "confidence": "high"},
        {**row, "code": "UBM207", "confidence": "high", "symbol": "m:y", "line": 2},
        {**row, "code": "UBM101", "confidence": "high", "path": "tests/m.py"},
    ]
    package = {"package": "p", "version": "1", "kind": "library"}
    found = [(one.name, one.stratum, one.codes, one.container) for one in draw.frame_of(package, top, findings)]
    assert found == [("x", "high", ("UBM101", "UBM105"), "dict"), ("y", "naive-shared", (), "set")]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("m:x", "x"),
        ("m.n:A.x", "A.x"),
        ("m:A.B.__x", "A.B.__x"),
        ("m:A._B._B__x", "A._B.__x"),
        ("m:A._B__x", "A._B__x"),
    ],
)
def test_a_reader_gets_the_name_that_is_written(symbol: str, name: str) -> None:
    assert draw.as_written(symbol) == name


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{}", "dict"),
        ("y or []", "list"),
        ("{1} if y else None", "set"),
        ("None if y else {1}", "set"),
        ("{y: 1 for y in z}", "dict"),
        ("asyncio.Queue()", "Queue"),
        ("field(default_factory=list)", "list"),
        ("y", "other"),
    ],
)
def test_a_reader_gets_the_type_that_is_written(tmp_path: Path, value: str, kind: str) -> None:
    assert draw.type_at(tree(tmp_path, m=f"\nx = {value}\n") / "m.py", 2) == kind


def test_the_cap_takes_turns_so_that_rare_strata_stay() -> None:
    those = [container(n) for n in range(20)] + [container(n, stratum="high") for n in range(20, 23)]
    kept = draw.capped(those, 8, random.Random(1))
    assert Counter(one.stratum for one in kept) == {"low": 5, "high": 3}
    assert kept == draw.capped(reversed(those), 8, random.Random(1))
    assert kept != draw.capped(those, 8, random.Random(2))


def test_what_is_lacking_is_drawn_from_the_naive_strata() -> None:
    quotas = {"high": 4, "naive-shared": 2, "naive-attribute": 2}
    assert draw.shares({"high": 9, "naive-shared": 9, "naive-attribute": 9}, quotas) == quotas
    assert draw.shares({"high": 1, "naive-shared": 3, "naive-attribute": 9}, quotas) == {
        "high": 1,
        "naive-shared": 3,
        "naive-attribute": 4,
    }
    assert sum(draw.shares({"high": 1, "naive-shared": 1, "naive-attribute": 1}, quotas).values()) == 3


def test_weights_add_up_to_the_frame() -> None:
    frame = [container(n, f"p{n % 5}", ("low", "high")[n % 3 == 0]) for n in range(200)]
    rng = random.Random(3)
    pool = [one for n in range(5) for one in draw.capped((c for c in frame if c.package == f"p{n}"), draw.CAP, rng)]
    chosen = draw.drawn(pool, {**dict.fromkeys(draw.QUOTAS, 0), "high": 30, "low": 30}, rng)
    told = list(draw.weights(frame, pool, chosen))
    assert len(told) == len(chosen) == 60
    for stratum in ("high", "low"):
        size = sum(one.stratum == stratum for one in frame)
        assert {row["frame"] for row in told if row["stratum"] == stratum} == {size}
        assert sum(row["weight"] for row in told if row["stratum"] == stratum) == pytest.approx(size, rel=0.1)


def test_a_batch_has_whole_packages() -> None:
    items = [{"package": f"p{n // 7:02}", "id": n} for n in range(100)]
    parts = list(draw.batches(items, 22))
    assert [item for part in parts for item in part] == items
    assert all(18 <= len(part) <= 26 for part in parts[:-1])
    owners = [{item["package"] for item in part} for part in parts]
    assert sum(map(len, owners)) == len(set.union(*owners))


@pytest.fixture
def drawn_twice(tmp_path: Path) -> tuple[Path, Path]:
    """Two drawings from the same two packages, in one of which the linter failed in a third."""
    grows = "".join(f"x{n} = {{}}\ndef f{n}(k):\n    x{n}[k] = 1\n" for n in range(30))
    listed = [{"package": name, "version": "1", "kind": "library", "source": "wheel"} for name in ("a", "b", "failed")]
    for row in listed:
        tree(tmp_path / "trees" / row["package"], m=grows)
    packages, findings = tmp_path / "packages.jsonl", tmp_path / "findings.jsonl"
    packages.write_text("".join(json.dumps(row) + "\n" for row in listed), encoding="utf-8")
    place = {"code": "UBM101", "path": "m.py"}
    found = [
        {**place, "tree": "a", "symbol": f"m:x{n}", "line": 3 * n + 1, "confidence": ("low", "high")[n % 2]}
        for n in range(10)
    ]
    findings.write_text(
        "".join(json.dumps(row) + "\n" for row in [*found, {"tree": "failed", "code": "failed"}]), encoding="utf-8"
    )
    outs = (tmp_path / "one", tmp_path / "two")
    for out in outs:
        draw.main(["items", str(tmp_path / "trees"), str(findings), str(out), "--packages", str(packages)])
    return outs


def test_a_drawing_is_repeatable_and_blind(drawn_twice: tuple[Path, Path]) -> None:
    one, two = drawn_twice
    written = sorted(path.name for path in one.iterdir())
    assert written == ["batch-01.jsonl", "frame.json", "items.jsonl", "strata.jsonl"]
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in written)
    items, strata = draw.rows(one / "items.jsonl"), draw.rows(one / "strata.jsonl")
    assert [row["id"] for row in items] == [row["id"] for row in strata]
    assert {row["package"] for row in items} == {"a", "b"}
    assert len(items) == 2 * draw.CAP
    assert set(items[0]) == {"id", "package", "version", "kind", "path", "line", "name", "container"}
    assert {row["stratum"] for row in strata} == {"high", "low", "naive-shared"}
    assert all(row["shown"] == (row["stratum"] == "high") for row in strata)


def test_the_report_gives_findings_or_says_that_a_run_failed(tmp_path: Path) -> None:
    packages, findings = tmp_path / "packages.jsonl", tmp_path / "findings.jsonl"
    tree(tmp_path / "a", m="")
    packages.write_text('{"package": "a"}\n', encoding="utf-8")
    said = json.dumps({"findings": [{"code": "UBM101"}]})
    draw.report(tmp_path, findings, packages, f"echo '{said}' #")
    assert draw.rows(findings) == [{"tree": "a", "code": "failed"}]  # the arguments come after, and that is no JSON
    draw.report(tmp_path, findings, packages, "sh -c " + f"\"echo '{json.dumps(said)[1:-1]}'\"")
    assert draw.rows(findings) == [{"tree": "a", "code": "UBM101"}]


def test_only_python_files_come_out_of_an_archive_and_none_outside_the_folder(tmp_path: Path) -> None:
    wheel = tmp_path / "p-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as opened:
        for name in ("p/m.py", "p/data.bin", "../out.py", "/abs.py"):
            opened.writestr(name, "x = 1\n")
    fetch.unpack(wheel, tmp_path / "trees" / "p")
    assert [path.name for path in tmp_path.rglob("*.py")] == ["m.py"]


def test_the_listed_packages_are_well_formed() -> None:
    listed = fetch.packages(fetch.HERE / "packages.jsonl")
    assert len({one.package for one in listed}) == len(listed)
    assert {one.kind for one in listed} == {"application", "library"}
    assert {one.source for one in listed} <= {"wheel", "sdist", "git"}
    assert all(one.version[0].isdigit() for one in listed if one.source != "git")
    cloned = [one for one in listed if one.source == "git"]
    assert all(len(one.version) == 40 and one.repository.count("/") == 1 for one in cloned)


def test_a_commit_of_a_repository_is_fetched_by_git(tmp_path: Path) -> None:
    origin = tmp_path / "repositories" / "owner" / "app"
    (origin / "src").mkdir(parents=True)
    (origin / "src" / "m.py").write_text("A = {}\n")
    (origin / "notes.txt").write_text("none\n")
    (origin / "link.py").symlink_to(tmp_path / "outside.py")
    git = ("git", "-C", str(origin), "-c", "user.name=n", "-c", "user.email=e@example.org")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    (origin / "src" / "m.py").write_text("A = None\n")
    subprocess.run([*git, "commit", "-q", "-a", "-m", "two"], check=True)
    entry = {"package": "app", "version": commit, "kind": "application", "source": "git", "repository": "owner/app"}
    listed = tmp_path / "packages.jsonl"
    listed.write_text(json.dumps(entry) + "\n")
    arguments = [str(tmp_path / "trees"), "--packages", str(listed), "--repositories"]
    assert fetch.main([*arguments, (tmp_path / "repositories").as_uri()]) == 0
    found = {path.name: path.read_text() for path in (tmp_path / "trees" / "app").rglob("*.py")}
    assert found == {"m.py": "A = {}\n"}
    listed.write_text(json.dumps({**entry, "package": "gone", "version": "0" * 40}) + "\n")
    assert fetch.main([*arguments, (tmp_path / "repositories").as_uri()]) == 1


def test_the_listed_leaks_are_well_formed() -> None:
    listed = fetch.packages(fetch.HERE / "leaks.jsonl")
    assert len({one.folder for one in listed}) == len(listed)
    assert all(one.version[0].isdigit() and one.folder.endswith("/leaky") for one in listed)


def test_the_sdist_of_an_old_version_is_asked_for_where_it_has_no_wheel(tmp_path: Path) -> None:
    old = fetch.packages(fetch.HERE / "leaks.jsonl")[0]
    asked = ["sdist" if "--no-binary" in command else "wheel" for command in fetch.commands(old, tmp_path)]
    assert asked == ["wheel", "wheel", "sdist"]
    drawn = old._replace(source="wheel")
    assert not any("--no-binary" in command for command in fetch.commands(drawn, tmp_path))
