"""Discovery finds the files that git and the settings leave in, and names their modules as imports do."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from unbounded_lint.errors import UserError
from unbounded_lint.files.discovery import ProjectFiles, discover, find_root
from unbounded_lint.settings.config import Settings

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def make(root: Path, *names: str) -> Path:
    """Make empty files (a name with a slash at its end is a directory) and a `pyproject.toml` at the root."""
    return plain(root, "pyproject.toml", *names)


def plain(root: Path, *names: str) -> Path:
    """The same without a marker of a project."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return root


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def find(*paths: Path, **settings: tuple[str, ...]) -> ProjectFiles:
    return discover(paths, find_root(paths), Settings(**settings))  # type: ignore[arg-type]


def names(project: ProjectFiles) -> list[str]:
    return [file.path for file in project.files]


def modules(project: ProjectFiles) -> dict[str, str]:
    return {file.path: file.module for file in project.files}


def git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": str(root / ".none")}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def git_files(root: Path) -> list[str]:
    """The Python files that git does not ignore."""
    listed = git(root, "ls-files", "--others", "--cached", "--exclude-standard", "-z").split("\0")
    return sorted(name for name in listed if name.endswith(".py"))


# --- the root --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", ["pyproject.toml", "unbounded-lint.toml", "setup.cfg", "setup.py", ".git"])
def test_root_is_the_nearest_marked_directory(tmp_path: Path, marker: str) -> None:
    make(tmp_path, f"a/{marker}", "a/b/c/x.py", "a/b/d/y.py")
    assert find_root([tmp_path / "a/b/c/x.py"]) == tmp_path / "a"
    assert find_root([tmp_path / "a/b/c", tmp_path / "a/b/d/y.py"]) == tmp_path / "a"
    assert find_root([tmp_path / "a"]) == tmp_path / "a"


def test_root_of_paths_in_two_projects_lies_above_both(tmp_path: Path) -> None:
    make(tmp_path, "a/setup.py", "a/x.py", "b/setup.py", "b/y.py")
    assert find_root([tmp_path / "a", tmp_path / "b"]) == tmp_path


def test_directory_without_marker_is_its_own_root(tmp_path: Path) -> None:
    plain(tmp_path, "pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/x.py")
    assert find_root([tmp_path / "pkg/sub"]) == tmp_path / "pkg/sub"


def test_file_without_marker_brings_its_package(tmp_path: Path) -> None:
    plain(tmp_path, "pkg/__init__.py", "pkg/y.py", "pkg/sub/__init__.py", "pkg/sub/x.py")
    project = find(tmp_path / "pkg/sub/x.py")
    assert project.root == tmp_path / "pkg"
    assert modules(project)["sub/x.py"] == "pkg.sub.x"
    assert project.report_on == {"sub/x.py"}


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/x.py", "y.py")
    monkeypatch.chdir(tmp_path / "a")
    assert find_root([Path(".")]) == tmp_path
    assert find(Path(".")).report_on == {"a/x.py"}
    assert find(Path("..")).report_on is None
    assert names(discover([], tmp_path, Settings())) == ["a/x.py", "y.py"]


# --- which files -----------------------------------------------------------------------------------------------------


def test_python_files_sorted_by_path(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/z.py", "a.pyw", "a-b/c.py", "x.pyi", "y.txt", "z.pyc", "d.py/e.py", "README")
    assert names(find(tmp_path)) == ["a-b/c.py", "a.pyw", "a/z.py", "b.py", "d.py/e.py"]


def test_the_order_of_arguments_does_not_matter(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py", "c/z.py")
    one = find(tmp_path / "a", tmp_path / "b/y.py")
    assert one == find(tmp_path / "b/y.py", tmp_path / "a")
    assert one.report_on == {"a/x.py", "b/y.py"} and names(one) == ["a/x.py", "b/y.py", "c/z.py"]


def test_report_on_is_none_for_the_whole(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py")
    assert find(tmp_path).report_on is None
    assert find(tmp_path, tmp_path / "a").report_on is None
    assert find(tmp_path / "a", tmp_path / "b").report_on is None


def test_names_that_merely_begin_alike_are_not_reported(tmp_path: Path) -> None:
    make(tmp_path, "app/x.py", "app2/y.py", "app.py")
    assert find(tmp_path / "app").report_on == {"app/x.py"}


def test_default_excludes(tmp_path: Path) -> None:
    make(tmp_path, ".venv/a.py", "venv/a.py", "x/node_modules/a.py", "build/a.py", "dist/a.py", ".tox/py/a.py")
    make(tmp_path, "x/__pycache__/a.py", "x/site-packages/a.py", ".git/a.py", "x/builder/a.py", "x/venv.py")
    assert names(find(tmp_path)) == ["x/builder/a.py", "x/venv.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("gen", ["a/gen.py", "a/x.py", "gen_a/x.py", "x.py"]),
        ("gen/", ["a/gen.py", "a/x.py", "gen_a/x.py", "x.py"]),
        ("a/gen", ["a/gen.py", "a/x.py", "gen/x.py", "gen_a/x.py", "x.py"]),
        ("./gen", ["a/gen.py", "a/gen/x.py", "a/x.py", "gen_a/x.py", "x.py"]),
        ("./g*n", ["a/gen.py", "a/gen/x.py", "a/x.py", "gen_a/x.py", "x.py"]),
        ("gen*", ["a/x.py", "x.py"]),
        ("x.py", ["a/gen.py"]),
        ("a/*.py", ["gen/x.py", "gen_a/x.py", "x.py"]),
        ("*/gen/*", ["a/gen.py", "a/x.py", "gen/x.py", "gen_a/x.py", "x.py"]),
        ("**/gen/*", ["a/gen.py", "a/x.py", "gen_a/x.py", "x.py"]),
        ("**/x.py", ["a/gen.py"]),
        ("{a,gen}", ["gen_a/x.py", "x.py"]),
        ("[!x].py", ["a/gen.py", "a/gen/x.py", "a/x.py", "gen/x.py", "gen_a/x.py", "x.py"]),
        ("[x].p?", ["a/gen.py"]),
        ("nothing{", ["a/gen.py", "a/gen/x.py", "a/x.py", "gen/x.py", "gen_a/x.py", "x.py"]),
    ],
)
def test_exclude_patterns(tmp_path: Path, pattern: str, left: list[str]) -> None:
    make(tmp_path, "x.py", "a/x.py", "a/gen.py", "a/gen/x.py", "gen/x.py", "gen_a/x.py")
    assert names(find(tmp_path, exclude=(pattern,))) == left
    assert names(find(tmp_path, extend_exclude=(pattern,))) == left


def test_exclude_pattern_of_an_absolute_path(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/x.py", "b/a/x.py")
    assert names(find(tmp_path, exclude=(f"{tmp_path.as_posix()}/a",))) == ["b/a/x.py", "b/x.py"]


def test_exclude_pattern_that_makes_no_sense(tmp_path: Path) -> None:
    make(tmp_path, "x.py")
    with pytest.raises(UserError, match=r"\[z-a\]"):
        find(tmp_path, exclude=("[z-a]",))


def test_given_file_that_is_excluded_is_reported_on(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "a/y.py", "gen.py", "script", "stub.pyi")
    write(tmp_path / ".gitignore", "y.py")
    project = find(tmp_path / "gen.py", tmp_path / "a/y.py", exclude=("gen.py",))
    assert names(project) == ["a/x.py", "a/y.py", "gen.py"]
    assert project.report_on == {"a/y.py", "gen.py"}
    script = find(tmp_path / "script")
    assert modules(script)["script"] == "script" and script.report_on == {"script"}


def test_given_directory_that_is_excluded_becomes_the_root(tmp_path: Path) -> None:
    make(tmp_path, "x.py", "venv/lib/pkg/__init__.py", "venv/lib/pkg/build/x.py", "venv/lib/pkg/m.py", "venv/y.py")
    project = find(tmp_path / "venv/lib")
    assert project.root == tmp_path / "venv/lib" and project.report_on is None
    assert modules(project) == {"pkg/__init__.py": "pkg", "pkg/m.py": "pkg.m"}
    inner = find(tmp_path / "venv/lib/pkg/build")
    assert inner.root == tmp_path / "venv/lib/pkg/build" and modules(inner) == {"x.py": "x"}


def test_given_file_in_an_excluded_directory_brings_its_package(tmp_path: Path) -> None:
    make(tmp_path, "x.py", "venv/lib/pkg/__init__.py", "venv/lib/pkg/sub/__init__.py", "venv/lib/pkg/sub/m.py")
    project = find(tmp_path / "venv/lib/pkg/sub/m.py")
    assert project.root == tmp_path / "venv/lib/pkg" and project.report_on == {"sub/m.py"}
    assert modules(project) == {"__init__.py": "pkg", "sub/__init__.py": "pkg.sub", "sub/m.py": "pkg.sub.m"}


def test_given_directory_that_git_ignores_becomes_the_root(tmp_path: Path) -> None:
    make(tmp_path, "x.py", "out/a.py", "out/deep/b.py")
    write(tmp_path / ".gitignore", "/out", "*.py")
    for path in ("out", "out/deep"):
        project = find(tmp_path / path)
        assert project.root == tmp_path / path and project.files and project.report_on is None


def test_given_directories_of_which_one_is_excluded(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/x.py", "venv/y.py", "venv/build/z.py", "build/w.py")
    project = find(tmp_path / "a", tmp_path / "venv")
    assert project.root == tmp_path
    assert names(project) == ["a/x.py", "b/x.py", "venv/y.py"]
    assert project.report_on == {"a/x.py", "venv/y.py"}
    both = find(tmp_path / "build", tmp_path / "venv")
    assert both.root == tmp_path and both.report_on == {"build/w.py", "venv/y.py"}


def test_missing_path(tmp_path: Path) -> None:
    make(tmp_path, "x.py")
    for path in (tmp_path / "no.py", Path("nul\0"), tmp_path / "x.py" / "y"):
        with pytest.raises(UserError, match="does not exist"):
            find_root([path])
        with pytest.raises(UserError, match="does not exist"):
            discover([path], tmp_path, Settings())


def test_directory_without_python_files(tmp_path: Path) -> None:
    make(tmp_path, "x.py", "docs/a.md", "empty/")
    for name in ("docs", "empty"):
        with pytest.raises(UserError, match=f"no Python files under .*{name}"):
            find(tmp_path / name)
    assert find(tmp_path / "docs", tmp_path / "x.py").report_on is None


def test_path_outside_the_root(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py")
    with pytest.raises(UserError, match="outside the project"):
        discover([tmp_path / "b"], tmp_path / "a", Settings())


# --- what the file system may hold -----------------------------------------------------------------------------------


def test_symlinks_neither_loop_nor_double_nor_lead_out(tmp_path: Path) -> None:
    root = make(tmp_path / "project", "a/m.py", "x/a/m.py", "build/real.py")
    plain(tmp_path, "outside/o.py", "outside/lone.py", "outside/tool")
    (root / "a/loop").symlink_to(root)
    (root / "again").symlink_to(root / "a")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "self.py").symlink_to(root / "self.py")
    (root / "broken.py").symlink_to(root / "nowhere.py")
    (root / "copy.py").symlink_to(root / "a/m.py")
    (root / "lone.py").symlink_to(tmp_path / "outside/lone.py")
    (root / "tool.py").symlink_to(tmp_path / "outside/tool")
    (root / "dir.py").symlink_to(root / "a")
    assert names(find(root)) == ["a/m.py", "lone.py", "tool.py", "x/a/m.py"]


def test_given_symlink_to_a_directory_is_where_it_leads(tmp_path: Path) -> None:
    make(tmp_path / "real", "a/m.py", "n.py")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    project = find(tmp_path / "link/a")
    assert project.root == (tmp_path / "real").resolve() and project.report_on == {"a/m.py"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_regular_file_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "x.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert names(find(tmp_path)) == ["x.py"]


def test_names_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "žluť.py", "x.py")
    try:
        with open(os.fsencode(tmp_path) + b"/bad\xff.py", "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes only text as names")
    assert names(find(tmp_path)) == ["x.py", "žluť.py"]


def test_unreadable_directory_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/x.py", "secret/y.py")
    real = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert names(find(tmp_path)) == ["a/x.py"]


@pytest.mark.exhaustive
def test_ten_thousand_files(tmp_path: Path) -> None:
    for directory in range(200):
        path = tmp_path / f"pkg{directory % 10}" / f"sub{directory}"
        path.mkdir(parents=True)
        for number in range(50):
            (path / f"module_{number}.py").touch()
    write(tmp_path / ".gitignore", *(f"name{number}/" for number in range(40)), "*.py[cod]", "*.log", "/docs/_build/")
    (tmp_path / "pyproject.toml").touch()
    best = min(_seconds(tmp_path) for _ in range(3))
    assert best < 1.5, f"{best:.2f} s"


def _seconds(root: Path) -> float:
    started = time.process_time()
    assert len(find(root).files) == 10_000
    return time.process_time() - started


# --- .gitignore ------------------------------------------------------------------------------------------------------

TREE = (
    *("a.py", "b.py", "keep.py", "gen/a.py", "gen/keep.py", "gen/sub/a.py", "src/a.py", "src/gen/a.py"),
    *("src/keep/a.py", "src/keep/deep/b.py", "src/pkg/a.py", "src/pkg/b.py", "docs/a.py", "docs/x/a.py"),
    "docs/x/y/a.py",
    *("#odd.py", "!odd.py", "sp ace.py", "sp/ace.py", "foo.py/a.py", "x.log/a.py"),
)

IGNORE_FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "names": {".gitignore": ("gen", "b.py")},
    "directories only": {".gitignore": ("gen/", "a.py/", "foo.py/")},
    "anchored": {".gitignore": ("/gen", "/a.py", "src/pkg")},
    "wildcards": {".gitignore": ("?.py", "!a.py", "sr*", "!src/")},
    "negation": {".gitignore": ("*.py", "!keep.py", "!src/", "!/docs/x/")},
    "negation below an ignored directory": {".gitignore": ("gen/", "!gen/keep.py", "!keep.py")},
    "all but one": {".gitignore": ("/*", "!/src", "/src/*", "!/src/keep")},
    "contents": {".gitignore": ("gen/**", "!gen/keep.py", "docs/**/a.py")},
    "contents of a directory anywhere": {".gitignore": ("**/keep/**", "!**/deep/")},
    "leading stars": {".gitignore": ("**/pkg", "**/x/a.py")},
    "everything": {".gitignore": ("**", "!docs/", "!docs/a.py")},
    "star": {".gitignore": ("*", "!*/", "!a.py")},
    "only directories": {".gitignore": ("*/",)},
    "comments and escapes": {".gitignore": ("# a.py", "\\#odd.py", "\\!odd.py", "", "   ", "sp\\ ace.py", "b.py  ")},
    "ranges": {".gitignore": ("[ab].py", "![!a].py", "[z-a].py", "[")},
    "nested": {".gitignore": ("*.py",), "src/.gitignore": ("!*.py", "pkg"), "src/keep/.gitignore": ("a.py",)},
    "nested and anchored": {"src/.gitignore": ("/a.py", "pkg/b.py"), "docs/.gitignore": ("/x/",)},
    "nested undoes": {".gitignore": ("a.py", "/docs"), "docs/.gitignore": ("!a.py",), "src/.gitignore": ("!a.py",)},
    "info/exclude": {".git/info/exclude": ("a.py", "keep"), "src/.gitignore": ("!a.py", "!keep")},
    "line ends of Windows": {".gitignore": ("gen\r", "b.py\r")},
    "directories below": {".gitignore": ("src/**/", "/**/x/", "docs/**/y"), "src/.gitignore": ("!/", "!/pkg")},
    "all directories": {"docs/.gitignore": ("/**/",), "src/.gitignore": ("**/",)},
    "slashes": {".gitignore": ("/", "//", "gen//", "/docs//")},
    "bad lines": {".gitignore": ("!", "***", "gen", "\\")},
    "byte order mark": {".gitignore": ("\ufeffgen", "b.py")},
}


def tree(root: Path, files: Iterable[str]) -> Path:
    root.mkdir(exist_ok=True)
    git(root, "init", "--quiet")
    return plain(root, *files)


@needs_git
@pytest.mark.parametrize("name", IGNORE_FILES)
def test_agrees_with_git(tmp_path: Path, name: str) -> None:
    root = tree(tmp_path / "repo", TREE)
    for path, lines in IGNORE_FILES[name].items():
        write(root / path, *lines)
    expected = git_files(root)
    assert expected == (names(find(root, exclude=())) if expected else [])
    assert len(expected) < len(TREE) or name == "slashes"


@needs_git
@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_git_on_random_rules(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root = tree(tmp_path / "repo", TREE)
    words = ("a.py", "*.py", "gen", "src", "keep", "docs", "x", "*", "**", "?.py", "k*", "pkg", "sub", "[ab].py")
    for _ in range(4):
        for place in (".gitignore", "src/.gitignore", "docs/.gitignore"):
            lines = [
                chance.choice(("", "", "!"))
                + chance.choice(("", "", "/", "**/"))
                + "/".join(chance.choices(words, k=chance.choice((1, 1, 1, 2, 3))))
                + chance.choice(("", "", "/", "/**"))
                for _ in range(chance.choice((0, 1, 2, 4)))
            ]
            write(root / place, *lines)
        expected = git_files(root)
        found = names(find(root, exclude=())) if expected else []
        rules = {place: (root / place).read_text() for place in (".gitignore", "src/.gitignore", "docs/.gitignore")}
        assert found == expected, rules


@needs_git
def test_rules_above_the_root_count(tmp_path: Path) -> None:
    root = tree(tmp_path / "repo", ("packages/app/pyproject.toml", "packages/app/a.py", "packages/app/sub/b.py"))
    plain(root, "packages/app/gen/c.py", "packages/app/keep.py", "packages/app/sub/keep.py")
    write(root / ".gitignore", "packages/*/gen", "keep.py", "b.py")
    write(root / "packages/.gitignore", "!b.py", "/app/sub/keep.py")
    write(root / "packages/app/.gitignore", "!/keep.py")
    write(root / ".git/info/exclude", "packages/app/a.py")
    project = find(root / "packages/app")
    assert project.root == root / "packages/app"
    assert names(project) == git_files(root / "packages/app") == ["keep.py", "sub/b.py"]


@needs_git
def test_rules_above_that_ignore_the_root_do_not_count(tmp_path: Path) -> None:
    root = tree(tmp_path / "repo", ("vendor/app/pyproject.toml", "vendor/app/a.py"))
    write(root / ".gitignore", "/vendor", "*.py")
    assert names(find(root / "vendor/app")) == ["a.py"]


@needs_git
def test_exclude_list_of_a_worktree_is_that_of_the_repository(tmp_path: Path) -> None:
    root = tree(tmp_path / "repo", ("a.py",))
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    git(root, "add", ".")
    git(root, *identity, "commit", "--quiet", "-m", "one")
    git(root, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    plain(tmp_path / "tree", "b.py", "c.py")
    write(root / ".git/info/exclude", "b.py")
    assert names(find(tmp_path / "tree")) == git_files(tmp_path / "tree") == ["a.py", "c.py"]


def test_gitignore_counts_without_git_but_not_from_above(tmp_path: Path) -> None:
    make(tmp_path / "project", "a.py", "b.py", "c.py")
    write(tmp_path / ".gitignore", "a.py")
    write(tmp_path / "project/.gitignore", "b.py")
    assert names(find(tmp_path / "project")) == ["a.py", "c.py"]


def test_gitignore_that_cannot_be_read(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "sub/b.py", "sub/.gitignore/", "link/c.py")
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe.py\nsub/b.py\n")
    write(tmp_path / "rules", "*.py")
    (tmp_path / "link/.gitignore").symlink_to(tmp_path / "rules")
    assert names(find(tmp_path)) == ["a.py", "link/c.py"]


# --- module names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "others", "module"),
    [
        ("x.py", (), "x"),
        ("pkg/__init__.py", (), "pkg"),
        ("pkg/sub/m.py", ("pkg/__init__.py", "pkg/sub/__init__.py"), "pkg.sub.m"),
        ("pkg/plain/m.py", ("pkg/__init__.py",), "pkg.plain.m"),
        ("ns/sub/m.py", (), "ns.sub.m"),
        ("src/x.py", (), "x"),
        ("src/ns/m.py", (), "ns.m"),
        ("src/pkg/m.py", ("src/pkg/__init__.py",), "pkg.m"),
        ("lib/python/pkg/m.py", ("lib/python/pkg/__init__.py",), "pkg.m"),
        ("lib/python/m.py", (), "lib.python.m"),
        ("my-scripts/run-it.py", (), "my-scripts.run-it"),
        ("gui.pyw", (), "gui"),
        ("a.b.py", (), "a.b"),
        ("pkg/__main__.py", ("pkg/__init__.py",), "pkg.__main__"),
    ],
)
def test_module_names(tmp_path: Path, path: str, others: tuple[str, ...], module: str) -> None:
    make(tmp_path, path, *others)
    file = next(file for file in find(tmp_path).files if file.path == path)
    assert file.module == module
    assert file.is_package == path.endswith("__init__.py")


def test_src_setting_names_the_directories_of_namespace_packages(tmp_path: Path) -> None:
    make(tmp_path, "lib/ns/m.py", "lib/deep/ns/m.py", "x/m.py")
    found = modules(find(tmp_path, src=("./lib/", "lib/deep", "../elsewhere")))
    assert found == {"lib/ns/m.py": "ns.m", "lib/deep/ns/m.py": "ns.m", "x/m.py": "x.m"}


def test_init_file_beside_the_settings_makes_no_package_of_the_project(tmp_path: Path) -> None:
    make(tmp_path / "proj", "__init__.py", "config.py", "app/__init__.py", "app/m.py")
    assert modules(find(tmp_path / "proj")) == {
        "__init__.py": "proj",
        "config.py": "config",
        "app/__init__.py": "app",
        "app/m.py": "app.m",
    }


def test_package_without_marker_keeps_its_name(tmp_path: Path) -> None:
    plain(tmp_path, "outer/__init__.py", "outer/inner/__init__.py", "outer/inner/m.py", "outer/inner/ns/k.py")
    assert modules(find(tmp_path / "outer/inner")) == {
        "__init__.py": "outer.inner",
        "m.py": "outer.inner.m",
        "ns/k.py": "outer.inner.ns.k",
    }


# --- tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/helper.py", True),
        ("pkg/test/deep/x.py", True),
        ("pkg/testing/x.py", True),
        ("test_x.py", True),
        ("pkg/x_test.py", True),
        ("pkg/conftest.py", True),
        ("app/tests.py", True),
        ("x.py", False),
        ("testing.py", False),
        ("pkg/latest.py", False),
        ("pkg/contest.py", False),
        ("my_tests/x.py", False),
        ("attest/x.py", False),
    ],
)
def test_what_is_a_test(tmp_path: Path, path: str, is_test: bool) -> None:
    # The directories above the root say nothing: this very project may be checked out below one named `tests`.
    root = make(tmp_path / "tests" / "project", path)
    assert [file.is_test for file in find(root).files] == [is_test]


def test_test_paths_mark_more(tmp_path: Path) -> None:
    make(tmp_path, "checks/x.py", "checks/deep/y.py", "bench/a.py", "bench/keep.py", "x.py")
    project = find(tmp_path, test_paths=("checks/", "bench/*.py", "!keep.py"))
    assert [file.path for file in project.files if file.is_test] == ["bench/a.py", "checks/deep/y.py", "checks/x.py"]
