"""Discovery: the root of the project, its Python files, their module names, and which of them are tests."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from unbounded_lint.disk.reading import SETTINGS_LIMIT, RefusedFile, read_regular
from unbounded_lint.errors import UserError
from unbounded_lint.files.patterns import CodesByPath, Excludes, IgnoreRules
from unbounded_lint.files.source import SourceFile
from unbounded_lint.settings.config import DEFAULT_EXCLUDE, OWN_FILE, Settings

MARKERS = ("pyproject.toml", OWN_FILE, "setup.cfg", "setup.py", ".git")
"""What marks the root of a project."""

_SUFFIXES = (".py", ".pyw")
_TEST_DIRECTORIES = frozenset({"test", "tests", "testing"})
_TEST_FILES = frozenset({"conftest.py", "tests.py"})
_DOCUMENTS = (".md", ".rst")
_DOCUMENT_DIRECTORIES = ("doc", "docs")

DOCUMENT_LIMIT = 1_000_000
"""Bytes of a page of documentation; a larger one is generated."""
DOCUMENTS_LIMIT = 20_000_000
"""Bytes of all pages that are looked at."""


class NoFilesError(UserError):
    """There is nothing to analyse."""


def is_source(path: str) -> bool:
    """Whether a file with this path is one of Python."""
    return path.endswith(_SUFFIXES)


def is_document(path: str) -> bool:
    """Whether a file with this posix path below the root may be a page of documentation."""
    top, _, rest = path.partition("/")
    return path.endswith(_DOCUMENTS) and (top in _DOCUMENT_DIRECTORIES if rest else top.lower().startswith("readme."))


class ProjectFiles(msgspec.Struct, frozen=True):
    """What a run is about.

    root is absolute; files are all Python files of the project, sorted by path; report_on holds the paths that findings
    are wanted for, None for all of them; unnamed those given files that cannot be analysed since their name is no text,
    escaped; idle the patterns of the settings that leave nothing out, each with its key.
    """

    root: Path
    files: tuple[SourceFile, ...]
    report_on: frozenset[str] | None
    unnamed: tuple[str, ...] = ()
    idle: tuple[tuple[str, str], ...] = ()


def find_root(paths: Sequence[Path], unsaved: Sequence[Path] = ()) -> Path:
    """The project root for the given files and directories, absolute, and for `unsaved` files, which need not exist.

    That is the nearest directory at or above all of them with a `pyproject.toml`, `unbounded-lint.toml`, `setup.cfg`,
    `setup.py` or `.git`; without any, their common directory (or the package it is part of, when only files are given).
    Raises `UserError` for a path that does not exist.
    """
    given = _located(paths) + _unsaved(unsaved)
    common = _common_directory(given)
    return marked_root(common) or (common if common in given else _package_top(common))


def marked_root(directory: Path) -> Path | None:
    """The nearest directory at or above an absolute one with a file that marks the root of a project, None for none."""
    return next((above for above in (directory, *directory.parents) if _has_marker(above)), None)


def discover(paths: Sequence[Path], root: Path, settings: Settings, unsaved: Sequence[Path] = ()) -> ProjectFiles:
    """Find all Python files of the project and those of them that the given `paths` ask about.

    Files that git ignores or the settings exclude are left out, except those given by name. Where all given paths lie
    in ignored or excluded directories, they make up a project of their own: its root is in the answer. Directory
    symlinks are not followed, file symlinks only to what the project does not hold itself, and names that are no valid
    text are passed over. Files that somebody is writing, `unsaved`, are asked about too, and need not exist; those that
    git ignores or the settings exclude are left out. Raises `UserError` when a path does not exist or lies outside
    `root`, when a path pattern of any setting makes no sense, or when it or an ignore file holds far too many,
    `NoFilesError` when there are no Python files.
    """
    root = root.resolve()
    written = _unsaved(unsaved)
    given = _located(paths) or (() if written else (root,))
    for path in (*given, *written):
        if not path.is_relative_to(root):
            raise UserError(f"{path} lies outside the project at {root}: give paths of one project.")
        if path.is_dir() and not _is_text(str(path.relative_to(root))):
            raise UserError(f"{_escaped(str(path))} has a name that is not UTF-8: give it another one.")
    # Not used here, but a mistake shall show at once, and also where there is no finding that it could be about.
    CodesByPath(settings.per_file_ignores)
    marks = _TestMarks(settings)
    tree = _Tree(root, settings, _outer_rules(root))
    hidden = [path for path in given if tree.hides(path)]
    if given and len(hidden) == len(given):
        common = _common_directory(given)
        root = common if common in given else _package_top(common)
        tree = _Tree(root, settings, ())
        hidden = [path for path in given if tree.hides(path)]
    found = set(tree.walk(root))
    for path in hidden:
        found.update(tree.walk(path) if path.is_dir() else ())
    given += tuple(path for path in written if path.is_relative_to(root) and not tree.leaves_out(path))
    given_files = [path.relative_to(root).as_posix() for path in given if not path.is_dir()]
    found.update(path for path in given_files if _is_text(path))
    unnamed = tuple(sorted({_escaped(path) for path in given_files if not _is_text(path)}))
    wanted = _wanted(found, [path.relative_to(root).as_posix() for path in given])
    if not wanted and not unnamed and not written:
        raise NoFilesError(f"There are no Python files under {', '.join(map(str, given))}.")
    naming = _Naming(root, settings, given_files)
    files = (SourceFile(path, *naming.module(path), is_test=marks.is_test(path)) for path in sorted(found))
    report_on = None if len(wanted) == len(found) else wanted.union(unnamed)
    return ProjectFiles(root, tuple(files), report_on, unnamed, tuple(tree.idle()))


def alone(file: Path, settings: Settings) -> ProjectFiles:
    """One file that is part of no project, which need not exist, as one of its own."""
    (file,) = _unsaved([file])
    root = _package_top(file.parent)
    path = file.relative_to(root).as_posix()
    name, is_package = _Naming(root, settings, [path]).module(path)
    return ProjectFiles(root, (SourceFile(path, name, is_package, is_test=False),), None)


def documents(root: Path, settings: Settings) -> tuple[str, ...]:
    """The pages of a project's documentation, by path: `README.md` and `README.rst` in its root, and such files below
    `doc` and `docs`, as far as they are none too large and all together no more than their limit.

    What git ignores or the settings exclude is left out, and so is what a link leads to. Raises `UserError` as
    `discover` does.
    """
    found, left = [], DOCUMENTS_LIMIT
    for path in sorted(_Tree(root, settings, _outer_rules(root)).documents()):
        try:
            status = os.stat(root / path, follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_size <= min(DOCUMENT_LIMIT, left):
            found.append(path)
            left -= status.st_size
    return tuple(found)


class _IgnoreFile:
    """The rules of one ignore file, which speak of paths relative to its directory.

    `above` is the way from its directory down to the root, `inside` the way from the root down to its directory; at
    least one is empty, the other ends with a slash.
    """

    def __init__(self, path: str, lines: Iterable[str], above: str = "", inside: str = "") -> None:
        self._above = above
        self._cut = len(inside)
        self._rules = IgnoreRules.of_file(path, lines)

    def decide(self, path: str, name: str) -> bool | None:
        """Judge an entry at `path` below the root, with its last part; directories end with a slash in both."""
        return self.judge(self._above + path[self._cut :], name)

    def judge(self, own_path: str, name: str) -> bool | None:
        """The same for a path relative to this file: True to ignore, False to keep, None when no rule speaks of it."""
        return self._rules.judge(own_path, name)


_Chain = tuple[_IgnoreFile, ...]


def _ignore_file(path: str, above: str = "", inside: str = "") -> _Chain:
    """The rules of the ignore file at `path` as a chain of one, or an empty chain when there are none to read. Raises
    `UserError` for what could not be read to its end."""
    if os.path.islink(path) and os.path.isfile(path):
        return ()  # as git, which follows no link to an ignore file
    data = _steering(path)
    if data is None:
        return ()
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return (_IgnoreFile(path, (line.removesuffix("\r") for line in text.split("\n")), above, inside),)


def _steering(path: str) -> bytes | None:
    """The bytes of a file that says what is left out, None where there is none; raises `UserError` for what is no
    regular file or too large, since a run without it would be about other files."""
    try:
        return read_regular(path, SETTINGS_LIMIT)
    except RefusedFile as error:
        if os.path.isdir(path):
            return None
        raise UserError(f"{path} cannot be read: {error.strerror}; remove it or mend it.") from None
    except (OSError, ValueError):
        return None


def _ignored(chain: _Chain, path: str, name: str) -> bool:
    for rules in reversed(chain):
        verdict = rules.decide(path, name)
        if verdict is not None:
            return verdict
    return False


def _outer_rules(root: Path) -> _Chain:
    """The ignore files of git that lie above `root`, outermost first; none when they ignore the root itself."""
    top = next((directory for directory in (root, *root.parents) if (directory / ".git").exists()), None)
    if top is None:
        return ()
    way = [f"{part}/" for part in root.relative_to(top).parts]
    chain = _ignore_file(str(_git_directory(top / ".git") / "info" / "exclude"), above="".join(way))
    starts = [0] * len(chain)
    for depth, part in enumerate(way):
        rules = _ignore_file(str(Path(top, *way[:depth], ".gitignore")), above="".join(way[depth:]))
        chain += rules
        starts += [depth] * len(rules)
        verdicts = (
            rules.judge("".join(way[start : depth + 1]), part)
            for rules, start in zip(reversed(chain), reversed(starts), strict=True)
        )
        if next((verdict for verdict in verdicts if verdict is not None), False):
            return ()
    return chain


def _git_directory(path: Path) -> Path:
    """Where git keeps what concerns the repository: `.git`, or, for a worktree, what the file of that name leads to.
    Raises `UserError` for a file that is none of git's."""
    data = _steering(str(path))
    if data is None:
        return path
    directory = path.parent / _git_path(path, data)
    common = _steering(str(directory / "commondir"))
    return directory if common is None else directory / _git_path(directory / "commondir", common)


def _git_path(file: Path, data: bytes) -> str:
    """The path that a file of git holds."""
    if b"\0" in data:
        raise UserError(f"{file} holds NUL bytes, so it leads to no git directory; remove it or mend it.")
    return os.fsdecode(data.strip().removeprefix(b"gitdir: "))


class _Tree:
    """The directories of a project, walked by the rules of its settings and of git."""

    def __init__(self, root: Path, settings: Settings, outer: _Chain) -> None:
        self._root = root
        self._inner = f"{os.path.join(root, '')}"
        self._outer = outer
        self._patterns = {"exclude": settings.exclude, "extend-exclude": settings.extend_exclude}
        self._excluded = Excludes(self._patterns, root)
        self._left_out: list[tuple[str, str]] = []

    def walk(self, start: Path) -> Iterator[str]:
        """The posix paths, relative to the root, of the Python files below `start`, itself never left out."""
        relative = start.relative_to(self._root).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        yield from self._walk(start, prefix, self._outer if start == self._root else (), _SUFFIXES)

    def documents(self) -> Iterator[str]:
        """The same of pages of documentation; those that are links included."""
        chain = self._outer + _ignore_file(os.path.join(self._root, ".gitignore"))
        for entry in _entries(str(self._root)):
            name = entry.name
            if name in _DOCUMENT_DIRECTORIES and entry.is_dir(follow_symlinks=False):
                if not self._skips(chain, "", name, "/"):
                    yield from self._walk(self._root / name, f"{name}/", chain, _DOCUMENTS)
            elif name.lower().startswith("readme.") and name.endswith(_DOCUMENTS) and not self._skips(chain, "", name):
                yield name

    def _walk(self, start: Path, prefix: str, chain: _Chain, suffixes: tuple[str, ...]) -> Iterator[str]:
        pending = [(str(start), prefix, chain)]
        while pending:
            directory, prefix, chain = pending.pop()
            entries = _entries(directory)
            if any(entry.name == ".gitignore" for entry in entries):
                chain += _ignore_file(os.path.join(directory, ".gitignore"), inside=prefix)
            for entry in entries:
                name = entry.name
                if name.endswith(suffixes) and self._is_source(entry):
                    if not self._skips(chain, prefix, name):
                        yield prefix + name
                elif entry.is_dir(follow_symlinks=False) and not self._skips(chain, prefix, name, "/"):
                    pending.append((entry.path, f"{prefix}{name}/", chain))

    def hides(self, path: Path) -> bool:
        """Whether the directory `path`, or the one the file `path` lies in, is one that `walk` leaves out."""
        directory = path if path.is_dir() else path.parent
        chain = self._outer
        prefix = ""
        for name in directory.relative_to(self._root).parts:
            chain += _ignore_file(os.path.join(self._root, prefix, ".gitignore"), inside=prefix)
            if self._skips(chain, prefix, name, "/"):
                return True
            prefix += f"{name}/"
        return False

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is one that `walk` leaves out."""
        *above, name = path.relative_to(self._root).parts
        prefix = "".join(f"{part}/" for part in above)
        return self.hides(path) or self._skips(self._chain_for(above), prefix, name)

    def _chain_for(self, above: Sequence[str]) -> _Chain:
        """The ignore files for what is in the directory that these parts below the root lead to."""
        chain = self._outer
        for depth in range(len(above) + 1):
            prefix = "".join(f"{part}/" for part in above[:depth])
            chain += _ignore_file(os.path.join(self._root, prefix, ".gitignore"), inside=prefix)
        return chain

    def _skips(self, chain: _Chain, prefix: str, name: str, end: str = "") -> bool:
        path = prefix + name
        if self._excluded.match_entry(path, name):
            self._left_out.append((path, name))
            return True
        return _ignored(chain, path + end, name + end)

    def idle(self) -> Iterator[tuple[str, str]]:
        """The patterns that have left nothing out in a walk, each with its key: not those of the default list, which is
        for any project, nor what git ignores, which may be there another time."""
        chain = self._outer + _ignore_file(os.path.join(self._root, ".gitignore"))
        for key, patterns in self._patterns.items():
            for pattern in dict.fromkeys(patterns):
                inside = pattern.strip("/")
                if pattern in DEFAULT_EXCLUDE or _ignored(chain, f"{inside}/", f"{inside.rpartition('/')[2]}/"):
                    continue
                alone = Excludes({key: [pattern]}, self._root)
                if not any(alone.match_entry(path, name) for path, name in self._left_out):
                    yield key, pattern

    def _is_source(self, entry: os.DirEntry[str]) -> bool:
        """A regular file, or a link to one that the walk does not come upon anyway."""
        try:
            if not entry.is_symlink():
                return entry.is_file()
            target = os.path.realpath(entry.path)
            return os.path.isfile(target) and not (target.startswith(self._inner) and target.endswith(_SUFFIXES))
        except OSError:
            return False


def _entries(directory: str) -> list[os.DirEntry[str]]:
    """What is in a directory, less what has no name in utf-8; nothing when it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return [entry for entry in entries if _is_text(entry.name)]
    except OSError:
        return []


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def _escaped(name: str) -> str:
    """A name that is no text as one that is: `\\xe9` for a byte that does not decode."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


class _Naming:
    """Module names, by where packages begin."""

    def __init__(self, root: Path, settings: Settings, given_files: Iterable[str]) -> None:
        self._root = root
        self._begun = frozenset(path for path in given_files if path.endswith("__init__.py"))
        self._sources = _source_roots(root, settings.src)
        # A directory that is analysed for itself may be a part of a package, whose other parts stay unseen.
        self._above = () if _has_marker(root) else root.relative_to(_package_top(root).parent).parts
        if not (root / "__init__.py").is_file():
            self._above = ()
        self._packages: dict[str, tuple[str, ...]] = {}

    def module(self, path: str) -> tuple[str, bool]:
        """The dotted name of the file at the posix `path` below the root, and whether it is a package."""
        directory, _, name = path.rpartition("/")
        package = self._packages.get(directory)
        if package is None:
            package = self._packages[directory] = self._package(directory)
        if name == "__init__.py":
            return ".".join(package) or self._root.name or "__init__", True
        stem = name[: name.rindex(".")] if name.endswith(_SUFFIXES) else name
        return ".".join((*package, stem)), False

    def _package(self, directory: str) -> tuple[str, ...]:
        parts = tuple(directory.split("/")) if directory else ()
        if self._above:
            return self._above + parts
        for depth in range(len(parts)):
            path = "/".join((*parts[: depth + 1], "__init__.py"))
            if path in self._begun or (self._root / path).is_file():
                return parts[depth:]
        return next((parts[len(source) :] for source in self._sources if parts[: len(source)] == source), parts)


def _source_roots(root: Path, src: Iterable[str]) -> list[tuple[str, ...]]:
    """The `src` setting as parts below the root, deepest first."""
    found: set[tuple[str, ...]] = set()
    for entry in src:
        path = Path(os.path.normpath(root / entry))
        if path.is_relative_to(root):
            found.add(path.relative_to(root).parts)
    return sorted(found, key=lambda parts: (-len(parts), parts))


class _TestMarks:
    """Which files only tests run, by their path below the root."""

    def __init__(self, settings: Settings) -> None:
        """Raises `UserError` for a pattern in `test-paths` that makes no sense."""
        self._more = IgnoreRules.of_setting("test-paths", settings.test_paths)

    def is_test(self, path: str) -> bool:
        """Whether the posix path is that of a test."""
        *directories, name = path.split("/")
        return (
            not _TEST_DIRECTORIES.isdisjoint(directories)
            or name.startswith("test_")
            or name.endswith(("_test.py", "_test.pyw"))
            or name in _TEST_FILES
            or self._more.covers(path)
        )


def _located(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths, absolute and through all directory symlinks; raises `UserError` for one that does not exist."""
    found: list[Path] = []
    for path in paths:
        try:
            exists = path.exists()
        except (OSError, ValueError):
            exists = False
        if not exists:
            raise UserError(f"{path} does not exist: give files or directories of the project.")
        found.append(path.resolve() if path.is_dir() else path.parent.resolve() / path.name)
    return tuple(found)


def _unsaved(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths of files that need not exist, absolute and through all directory symlinks; raises `UserError` for one
    that can be none of a file."""
    found: list[Path] = []
    for path in paths:
        try:
            may_be_file = "\0" not in str(path) and not path.is_dir()
            found.append(path.parent.resolve() / path.name)
        except (OSError, ValueError):
            may_be_file = False
        if not may_be_file:
            raise UserError(f"{path} is no path of a file: give the one that the text is to be saved as.")
    return tuple(found)


def _common_directory(located: Sequence[Path]) -> Path:
    """The deepest directory that holds, or is, every path; the working directory for none."""
    if not located:
        return Path.cwd()
    try:
        return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in located]))
    except ValueError:
        raise UserError("The paths lie on different drives: give paths of one project.") from None


def _has_marker(directory: Path) -> bool:
    return any((directory / marker).exists() for marker in MARKERS)


def _package_top(directory: Path) -> Path:
    """The outermost of the packages that enclose or are `directory`; itself when it is none."""
    while (directory / "__init__.py").is_file() and (directory.parent / "__init__.py").is_file():
        directory = directory.parent
    return directory


def _wanted(found: Iterable[str], given: Sequence[str]) -> frozenset[str]:
    """Those of the found paths that the given ones are or hold."""
    if "." in given:
        return frozenset(found)
    exact = frozenset(given)
    below = tuple(f"{path}/" for path in given)
    return frozenset(path for path in found if path in exact or path.startswith(below))
