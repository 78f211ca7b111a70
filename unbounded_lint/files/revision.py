"""The files of a project as a revision of git has them, without a checkout.

Only git's plumbing is asked, which runs no hook, no filter and nothing else that the repository names, and nothing is
fetched. Links and submodules are left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from unbounded_lint.disk.reading import SETTINGS_LIMIT, SOURCE_LIMIT, read_regular
from unbounded_lint.errors import UserError
from unbounded_lint.files.discovery import DOCUMENT_LIMIT, MARKERS, is_document, is_source

_IGNORE_FILE, _PACKAGE_FILE = ".gitignore", "__init__.py"
_MERGE_BASE = "..."
# What would lead git to another repository, or to other objects, than the one that the project lies in.
_ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
# A clone without all objects must not fetch them by whatever means its configuration names.
_ALONE = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_LISTED = re.compile(rb"(?P<mode>\d+) (?P<type>\w+) (?P<id>[0-9a-f]+) +(?P<size>\d+|-)\t(?P<path>.*)", re.DOTALL)


class Revision(NamedTuple):
    """A commit, as the user calls it and by its id, the id of its tree, and the parts of the path from the top of the
    repository down to the project."""

    name: str
    commit: str
    tree: str
    below: tuple[str, ...]


class _Object(NamedTuple):
    """An entry of a tree; size is None for what is no file."""

    mode: str
    id: str
    size: int | None
    path: str


def find(root: Path, name: str) -> Revision:
    """The revision that a user calls by a name, in the repository of the project at `root`; `NAME...` is where the
    branch of now left NAME. Raises `UserError` where there is none, or no git."""
    git = _Git(root)
    below = git.below()
    commit = _merge_base(git, name) if name.endswith(_MERGE_BASE) else _commit(git, name)
    tree = git.answer("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}")
    if tree is None:
        raise UserError(f"--diff-base: this clone lacks files of {name}; fetch them with git first")
    return Revision(name, commit, tree, below)


def _commit(git: _Git, name: str) -> str:
    """Raises `UserError` for what names no commit."""
    bad = not name.strip() or name.startswith("-") or not name.isprintable()
    found = None if bad else git.answer("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found is None:
        raise UserError(f"--diff-base: git knows no revision {name!r}{git.advice()}")
    return found


def _merge_base(git: _Git, name: str) -> str:
    other = _commit(git, name.removesuffix(_MERGE_BASE))
    found = git.answer("merge-base", other, _commit(git, "HEAD"))
    if found is None:
        raise UserError(
            f"--diff-base: HEAD and {name.removesuffix(_MERGE_BASE)!r} have no commit in common{git.advice()}"
        )
    return found.split("\n", 1)[0]


def ground(root: Path, revision: Revision) -> bytes:
    """What the files that `laid_out` gives depend on, beside the tree of the revision."""
    return repr((revision.tree, revision.below, root.name, _markers(root))).encode() + _Git(root).excludes()


def _markers(root: Path) -> list[str]:
    return [name for name in MARKERS if name != ".git" and (root / name).is_file()]


@contextmanager
def laid_out(root: Path, revision: Revision) -> Iterator[Path]:
    """A private directory with the project as the revision has it, which lasts as long as the context; it is empty
    where the revision has no such project. Raises `UserError` where git has not all of it."""
    git = _Git(root)
    with tempfile.TemporaryDirectory(prefix="unbounded-lint-") as made:
        top = Path(os.path.realpath(made), "repository" if revision.below else root.name or "root")
        place = top.joinpath(*revision.below)
        place.mkdir(parents=True)
        git.write(top, list(_wanted(git, revision)), revision.name)
        # What marks the root of the project, and the top of the repository, decides over names and ignored files.
        (top / ".git" / "info").mkdir(parents=True)
        (top / ".git" / "info" / "exclude").write_bytes(git.excludes())
        for name in _markers(root):
            (place / name).touch()
        yield place


def _wanted(git: _Git, revision: Revision) -> Iterator[_Object]:
    """The files to write, by their paths from the top: what decides over names and ignored files on the way down, and
    what a run reads of the project itself."""
    tree, prefix = revision.tree, ""
    for part in revision.below:
        entries = git.entries(tree, revision.name)
        for entry in entries:
            if entry.path in {_IGNORE_FILE, _PACKAGE_FILE} and _is_small(entry, SETTINGS_LIMIT):
                yield entry._replace(path=prefix + entry.path)
        tree = next((entry.id for entry in entries if entry.path == part and entry.mode == "040000"), "")
        if not tree:
            return
        prefix += f"{part}/"
    for entry in git.entries(tree, revision.name, "-r"):
        if _is_small(entry, _limit(entry.path)):
            yield entry._replace(path=prefix + entry.path)


def _is_small(entry: _Object, limit: int) -> bool:
    """Whether an entry is a file of no more bytes than a limit, and no link."""
    return entry.mode.startswith("100") and entry.size is not None and entry.size <= limit and _is_safe(entry.path)


def _limit(path: str) -> int:
    """How many bytes of a file a run reads, -1 for one that it does not read."""
    if path.rpartition("/")[2] == _IGNORE_FILE:
        return SETTINGS_LIMIT
    if is_source(path):
        return SOURCE_LIMIT
    return DOCUMENT_LIMIT if is_document(path) else -1


def _is_safe(path: str) -> bool:
    """Whether a path, which a stranger has put into the repository, leads to a place below a directory everywhere."""
    if os.sep != "/" and (os.sep in path or ":" in path):
        return False
    return all(part not in {"", ".", ".."} and part.lower() != ".git" for part in path.split("/"))


class _Git:
    """Git, asked about the repository that a directory lies in."""

    def __init__(self, root: Path) -> None:
        """Raises `UserError` where git is not installed."""
        program = shutil.which("git")
        # What comes with the project is never run.
        if program is None or Path(os.path.realpath(program)).is_relative_to(os.path.realpath(root)):
            raise UserError("--diff-base needs git, which is not installed; install it, or leave the option out")
        self._root = root
        self._command = (program, "-C", str(root))
        self._environment = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE} | _ALONE

    def _run(self, *arguments: str, stdin: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._command, *arguments], stdin=stdin, capture_output=True, env=self._environment, check=False
        )

    def answer(self, *arguments: str) -> str | None:
        """What git answers, without the last line end; None where it fails."""
        done = self._run(*arguments)
        return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else None

    def below(self) -> tuple[str, ...]:
        """The parts of the way from the top of the repository to the project. Raises `UserError` where there is no
        repository."""
        done = self._run("rev-parse", "--show-prefix")
        if done.returncode == 0:
            return tuple(part for part in os.fsdecode(done.stdout).removesuffix("\n").split("/") if part)
        if b"dubious ownership" in done.stderr:
            raise UserError(
                f"--diff-base: git does not trust the repository of {self._root}, which belongs to another user; "
                "name it in git's setting safe.directory"
            )
        raise UserError(f"--diff-base needs a git repository, and {self._root} lies in none; leave the option out")

    def advice(self) -> str:
        """What to do about a revision that is not there."""
        if self.answer("rev-parse", "--is-shallow-repository") == "true":
            return ", since the clone is shallow; fetch the history first, as with `git fetch --unshallow`"
        return "; fetch it, or give another one"

    def excludes(self) -> bytes:
        """The patterns that this clone alone leaves out."""
        path = self.answer("rev-parse", "--git-path", "info/exclude")
        try:
            return read_regular(self._root / path, SETTINGS_LIMIT) if path else b""
        except (OSError, ValueError):
            return b""

    def entries(self, tree: str, name: str, *options: str) -> list[_Object]:
        """The entries of a tree. Raises `UserError` where git has not all of it."""
        done = self._run("ls-tree", "-z", "-l", "--full-tree", *options, tree)
        if done.returncode:
            raise _lacking(name)
        return [_entry(listed) for listed in done.stdout.split(b"\0") if listed]

    def write(self, top: Path, objects: Sequence[_Object], name: str) -> None:
        """Write files below a directory, by their paths. Raises `UserError` where git has not all of them."""
        with tempfile.TemporaryFile() as asked:
            asked.writelines(f"{one.id}\n".encode() for one in objects)
            asked.seek(0)
            command = [*self._command, "cat-file", "--batch"]
            with subprocess.Popen(
                command, stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment
            ) as process:
                assert process.stdout is not None
                try:
                    for one, data in zip(objects, _blobs(process.stdout, objects, name), strict=True):
                        _put(top / one.path, data)
                except BaseException:
                    process.kill()
                    raise


def _entry(listed: bytes) -> _Object:
    found = _LISTED.fullmatch(listed)
    assert found is not None, listed
    size = None if found["size"] == b"-" else int(found["size"])
    return _Object(found["mode"].decode(), found["id"].decode(), size, os.fsdecode(found["path"]))


def _blobs(stream: IO[bytes], objects: Iterable[_Object], name: str) -> Iterator[bytes]:
    """The bytes of objects as `git cat-file --batch` gives them: a line with id, type and size, and then these."""
    for one in objects:
        head = stream.readline().split()
        if len(head) != 3 or head[0] != one.id.encode():
            raise _lacking(name)
        data = stream.read(int(head[2]) + 1)
        if len(data) != int(head[2]) + 1:
            raise _lacking(name)
        yield data[:-1]


def _put(path: Path, data: bytes) -> None:
    """A path that two entries claim, as on a file system that does not tell case apart, goes to the first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        pass


def _lacking(name: str) -> UserError:
    return UserError(f"--diff-base: this clone lacks files of {name}; fetch them with git first")
