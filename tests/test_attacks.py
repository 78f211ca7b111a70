"""What a stranger's repository may try: the real command, in a process with little time and memory, harms nothing.

Each attack is a small project that is made here. The command must end by itself within its limits, with 0, 1 or 2,
without an internal error, and nothing outside its cache may be written, changed or deleted.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.programs import write
from unbounded_lint.disk import cache as cache_module
from unbounded_lint.disk.cache import DIRECTORY_VARIABLE, open_cache
from unbounded_lint.facts import model as m
from unbounded_lint.facts.collect import collect
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
CPU_SECONDS = 5
MEMORY_BYTES = 500_000_000
WALL_SECONDS = 120
LEAK = "A = {}\n\n\ndef f(request):\n    A[request.id] = 1\n"
FOUND = "m.py:1:1: UBM101"


class Ended(NamedTuple):
    """How a run of the command ended: status, output, CPU seconds, and bytes of memory at the peak."""

    status: int
    out: str
    err: str
    cpu: float
    peak: int


# A server that has the command loaded already forks a child for each attack, so that none pays for the start.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["unbounded_lint.cli", "unbounded_lint.run.runner"])


def run_command(
    argv: Sequence[str], cwd: str, variables: dict[str, str], out: str, err: str, usage: Connection
) -> None:
    """What the child does: lower its limits, run the command, and tell what that took."""
    # Twice the limit: one that is passed is then measured, and what has no end is stopped all the same.
    resource.setrlimit(resource.RLIMIT_CPU, (2 * CPU_SECONDS, 2 * CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (4 * MEMORY_BYTES, 4 * MEMORY_BYTES))
    os.chdir(cwd)
    os.environ.update(variables)
    for path, descriptor in (("/dev/null", 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    from unbounded_lint import cli

    status = cli.main(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    used = resource.getrusage(resource.RUSAGE_SELF)
    usage.send((used.ru_utime + used.ru_stime, used.ru_maxrss * 1024))
    os._exit(status)


def attacked(project: Path, *argv: str, **variables: str) -> Ended:
    """Run the command in a project as a child with limits, and demand what must hold after every attack."""
    place = project.parent / "caches"
    before = snapshot(project.parent, place)
    with tempfile.TemporaryDirectory() as streams:
        out, err = os.path.join(streams, "out"), os.path.join(streams, "err")
        receiver, sender = CONTEXT.Pipe(duplex=False)
        given = ["--jobs", "1", *argv]
        environment = {DIRECTORY_VARIABLE: str(place), **variables}
        child = CONTEXT.Process(target=run_command, args=(given, str(project), environment, out, err, sender))
        child.start()
        sender.close()
        child.join(WALL_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
        texts = [Path(path).read_bytes().decode(errors="backslashreplace") for path in (out, err)]
    assert child.exitcode in (0, 1, 2), (child.exitcode, texts[1][-2000:])
    cpu, peak = receiver.recv()
    ended = Ended(child.exitcode, texts[0], texts[1], cpu, peak)
    assert "UBM900" not in ended.out and "internal error" not in ended.err and "Traceback" not in ended.err, texts
    assert ended.cpu < CPU_SECONDS
    assert ended.peak < MEMORY_BYTES
    assert snapshot(project.parent, place) == before, "something outside the cache was touched"
    return ended


def snapshot(top: Path, cache: Path) -> dict[str, object]:
    """What lies below a directory, the cache left out: names, kinds, and what regular files hold."""
    found: dict[str, object] = {}
    for directory, names, files in os.walk(os.fsencode(top)):
        names[:] = [name for name in names if os.path.join(directory, name) != os.fsencode(cache)]
        for name in (*names, *files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            small = os.path.isfile(path) and not os.path.islink(path) and status.st_size < 1_000_000
            content = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest() if small else status.st_size
            found[os.fsdecode(path)] = (status.st_mode, content)
    return found


def one_sentence(ended: Ended, *words: str) -> None:
    """Fail unless the run ended with 2 and one line that has the words."""
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1), ended.err
    assert ended.err.startswith("unbounded-lint: error: ")
    assert [word for word in words if word not in ended.err] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one leak, and a file of the reader's beside it."""
    (tmp_path / "precious.txt").write_text("mine")
    return write(tmp_path / "project", {"pyproject.toml": "", "m.py": LEAK})


# --- the cache -------------------------------------------------------------------------------------------------------


def test_a_database_in_the_tree_is_not_opened(project: Path) -> None:
    """The hot journal of a database names another file, which sqlite deletes; a trigger in it never ends."""
    old = project / ".unbounded_lint_cache"
    old.mkdir()
    with sqlite3.connect(old / "facts.sqlite") as database:
        database.execute("CREATE TABLE facts (key BLOB PRIMARY KEY, used INTEGER, digest BLOB, value BLOB)")
        database.execute(
            "CREATE TRIGGER t BEFORE INSERT ON facts BEGIN "
            "SELECT (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c); END"
        )
    database.close()
    journal = bytes.fromhex("d9d505f920a163d7") + bytes(504) + str(project.parent / "precious.txt").encode()
    (old / "facts.sqlite-journal").write_bytes(journal)
    (project / "pyproject.toml").write_text('[tool.unbounded-lint]\ncache-dir = ".unbounded_lint_cache"\n')
    for argv in ((), ("--config", 'cache-dir=".unbounded_lint_cache"')):
        assert FOUND in attacked(project, *argv).out


def forged(project: Path, facts: m.ModuleFacts | None, monkeypatch: pytest.MonkeyPatch, secret: bytes | None) -> None:
    """Put facts for m.py into the cache of a project, sealed with a stranger's secret or the one of this machine."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(project.parent / "caches"))
    cache, _ = open_cache(project, None)
    assert cache is not None
    if secret is not None:
        cache = cache_module.Cache(cache._folder, secret)
    sources = Sources(project, (), Contents(project, cache), cache)
    value = msgspec.msgpack.encode({"facts": facts, "line": 0, "reason": ""})
    cache.put_many({sources._key("m.py"): value})


def hidden(facts: m.ModuleFacts) -> m.ModuleFacts:
    return collect("pass\n" * 5)


def without_scopes(facts: m.ModuleFacts) -> m.ModuleFacts:
    return m.ModuleFacts(m.SCHEMA, ())


def of_a_scope(number: int, **changes: Any) -> Callable[[m.ModuleFacts], m.ModuleFacts]:
    def changed(facts: m.ModuleFacts) -> m.ModuleFacts:
        scopes = list(facts.scopes)
        scopes[number] = msgspec.structs.replace(scopes[number], **changes)
        return m.ModuleFacts(m.SCHEMA, tuple(scopes))

    return changed


def of_an_operation(**changes: Any) -> Callable[[m.ModuleFacts], m.ModuleFacts]:
    def changed(facts: m.ModuleFacts) -> m.ModuleFacts:
        ops = tuple(msgspec.structs.replace(op, **changes) for op in facts.scopes[0].ops)
        return of_a_scope(0, ops=ops)(facts)

    return changed


def of_a_frame(**changes: Any) -> Callable[[m.ModuleFacts], m.ModuleFacts]:
    def changed(facts: m.ModuleFacts) -> m.ModuleFacts:
        frames = tuple(msgspec.structs.replace(frame, **changes) for frame in facts.scopes[1].frames)
        return of_a_scope(1, frames=frames)(facts)

    return changed


FAR = m.Span(10**6, 1, 10**6, 2)
FORGERIES: dict[str, Callable[[m.ModuleFacts], m.ModuleFacts]] = {
    "no scopes": without_scopes,
    "a scope that is its own parent": of_a_scope(1, parent=1),
    "a scope behind its child": of_a_scope(1, parent=7),
    "a module that is a function": of_a_scope(0, kind="function"),
    "an operation in no frame": of_an_operation(frame=10**6),
    "an operation in a frame before the first": of_an_operation(frame=-1),
    "an operation behind the end": of_an_operation(span=FAR),
    "a definition of nothing": of_an_operation(action=m.Define(99)),
    "a definition of the module": of_an_operation(action=m.Define(0)),
    "a lambda of nothing": of_an_operation(action=m.Eval(m.Lambda(99), "statement")),
    "a lambda that is the module": of_an_operation(action=m.Eval(m.Lambda(0), "statement")),
    "a call behind the end": of_an_operation(action=m.Eval(m.Call(m.Name("f"), (), FAR), "statement")),
    "a frame that is its own parent": of_a_frame(parent=0),
    "a frame behind the operations": of_a_frame(op=10**6),
    "no frames": of_a_scope(1, frames=()),
}


@pytest.mark.parametrize("forgery", [*FORGERIES.values(), hidden], ids=[*FORGERIES, "facts of another file"])
def test_facts_with_a_foreign_seal_are_not_believed(
    project: Path, forgery: Callable[[m.ModuleFacts], m.ModuleFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(project, forgery(collect(LEAK)), monkeypatch, secret=bytes(32))
    assert FOUND in attacked(project).out


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_facts_that_do_not_fit_their_file_are_dropped_whoever_sealed_them(
    project: Path, forgery: Callable[[m.ModuleFacts], m.ModuleFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(project, forgery(collect(LEAK)), monkeypatch, secret=None)
    assert FOUND in attacked(project).out


def test_a_broken_file_cannot_be_said_to_be_sound(project: Path) -> None:
    """The tree brings a whole cache, made on the stranger's machine while the file was another one."""
    settings = '[tool.unbounded-lint]\ncache-dir = ".cache"\n'
    write(project, {"pyproject.toml": settings, "broken.py": "x = 1\n"})
    run_with_home(project, project.parent / "strangers")
    good = {path.name: path.read_bytes() for path in (project / ".cache").iterdir()}
    write(project, {"broken.py": "def (\n"})
    run_with_home(project, project.parent / "strangers")
    for path in (project / ".cache").iterdir():
        path.write_bytes(good.get(path.name, path.read_bytes()))
    out = run_with_home(project, project.parent / "mine")
    assert FOUND in out and "broken.py:1:1: UBM901" in out


def run_with_home(project: Path, home: Path) -> str:
    """What the command prints on a machine whose user has this home."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    environment.pop(DIRECTORY_VARIABLE, None)
    argv = [sys.executable, "-m", "unbounded_lint"]
    return subprocess.run(argv, cwd=project, env=environment, check=False, capture_output=True, text=True).stdout


@pytest.mark.parametrize("setting", ["../outside", "/tmp/outside", "~/outside", ".", "x\\u0000"])
def test_the_settings_of_a_stranger_lead_the_cache_nowhere(project: Path, setting: str) -> None:
    write(project, {"pyproject.toml": f'[tool.unbounded-lint]\ncache-dir = "{setting}"\n'})
    one_sentence(attacked(project, **{DIRECTORY_VARIABLE: ""}), "`cache-dir`")


def test_a_cache_that_is_a_link_is_named_and_not_used(project: Path) -> None:
    assert FOUND in attacked(project).out
    (folder,) = (path for path in (project.parent / "caches").iterdir() if path.is_dir())
    folder.rename(project.parent / "elsewhere")
    folder.symlink_to(project.parent / "elsewhere")
    ended = attacked(project)
    assert FOUND in ended.out and "symbolic link" in ended.err.splitlines()[0]


# --- files that are none ---------------------------------------------------------------------------------------------


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link_to_fifo(path: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    path.symlink_to("pipe")


def link_without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening_socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10_000_000_000)


ODD = (fifo, link_to_fifo, link_without_end, listening_socket, sparse)


@pytest.mark.parametrize("make", ODD)
def test_an_odd_source_named_by_the_user(project: Path, make: Callable[[Path], None]) -> None:
    make(project / "odd.py")
    ended = attacked(project, "odd.py")
    assert ended.status == 1 and ended.out.startswith("odd.py:1:1: UBM901 cannot be analysed: cannot be read (it is ")


@pytest.mark.parametrize("make", ODD)
def test_an_odd_source_in_the_tree(project: Path, make: Callable[[Path], None]) -> None:
    make(project / "odd.py")
    assert FOUND in attacked(project).out


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("name", ["pyproject.toml", "unbounded-lint.toml"])
def test_odd_settings(project: Path, name: str, make: Callable[[Path], None]) -> None:
    (project / name).unlink(missing_ok=True)
    make(project / name)
    one_sentence(attacked(project), name, "cannot be read: it is ")
    one_sentence(attacked(project, "--config", name), name, "cannot be read: it is ")


@pytest.mark.parametrize("make", ODD)
def test_an_odd_ignore_file(project: Path, make: Callable[[Path], None]) -> None:
    (project / "deep").mkdir()
    make(project / "deep" / ".gitignore")
    one_sentence(attacked(project), "deep/.gitignore cannot be read: it is ")


@pytest.mark.parametrize("make", ODD)
def test_a_git_file_that_leads_to_an_odd_list(project: Path, make: Callable[[Path], None]) -> None:
    (project / "git" / "info").mkdir(parents=True)
    make(project / "git" / "info" / "exclude")
    (project / ".git").write_text("gitdir: git\n")
    one_sentence(attacked(project), "info/exclude cannot be read: it is ")


@pytest.mark.parametrize("make", [*ODD, lambda path: path.write_bytes(b"gitdir: \0\n")])
def test_an_odd_git_file(project: Path, make: Callable[[Path], None]) -> None:
    make(project / ".git")
    one_sentence(attacked(project), ".git ")


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unbounded_lint.disk.reading import read_regular

    path = tmp_path / "log.py"
    path.write_bytes(b"x" * 50)
    real = os.read

    def growing(descriptor: int, count: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"y" * 1000)
        return real(descriptor, min(count, 60))

    monkeypatch.setattr("os.read", growing)
    assert len(read_regular(path, 1000)) == 1000


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_file_whose_name_is_no_text(project: Path) -> None:
    name = b"caf\xe9.py"
    Path(os.fsdecode(os.fsencode(project) + b"/" + name)).write_text(LEAK)
    for argv in ((), ("--output-format", "json"), ("--output-format", "full")):
        assert "UBM101" in attacked(project, *argv).out
        ended = attacked(project, os.fsdecode(name), *argv)
        assert ended.status == 1 and "its name is not UTF-8" in ended.out


def test_a_project_whose_name_is_no_text(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write(root, {"pyproject.toml": "", "m.py": LEAK})
    assert FOUND in attacked(root).out
    write(root, {"pyproject.toml": "[tool.unbounded-lint]\nnone = 1\n"})
    one_sentence(attacked(root), "caf\\xe9/pyproject.toml")


# --- settings --------------------------------------------------------------------------------------------------------

TABLE = "[tool.unbounded-lint]\n"
SETTINGS = {
    "a table that is a number": "tool = 5\n[tool.unbounded-lint]\n",
    "our table is a number": "[tool]\nunbounded-lint = 5\n",
    "our table is a list": "[[tool.unbounded-lint]]\nselect = []\n",
    "unknown key": TABLE + "foo = 1\n",
    "a key that commands the terminal": TABLE + '"\\u001b[31m" = 1\n',
    "list that is a number": TABLE + "exclude = 5\n",
    "item that is a number": TABLE + "exclude = [5]\n",
    "flag that is a string": TABLE + "strict = 'yes'\n",
    "table that is a list": TABLE + "per-file-ignores = []\n",
    "string that is a date": TABLE + "cache-dir = 1979-05-27\n",
    "date out of range": TABLE + "cache-dir = 1979-02-31\n",
    "number of 5,000 digits": "a = " + "9" * 5000 + "\n",
    "position of 5,000 digits": TABLE + "timers = ['a:" + "9" * 5000 + "']\n",
    "key of 50,000 parts": "a" + ".a" * 50_000 + " = 1\n",
    "quoted key of 50,000 parts": "'a'" + ' . "a"' * 50_000 + " = 1\n",
    "nested 100,000 deep": "a = " + "[" * 100_000,
    "tables nested 5,000 deep": "a = " + "{a = " * 5_000,
    "not UTF-8": "é".encode("utf-16").decode("latin-1"),
    "NUL": "\0",
    "output format": TABLE + "output-format = 'xml'\n",
    "no rule": TABLE + "select = ['']\n",
}


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings_that_make_no_sense(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_bytes(text.encode("latin-1"))
    one_sentence(attacked(project), "`select`" if text == SETTINGS["no rule"] else "pyproject.toml")


HARMLESS = {
    "header of 50,000 parts": "[a" + ".a" * 50_000 + "]\n",
    "50,000 keys": "".join(f"k{number} = 1\n" for number in range(50_000)),
    "a key of 900,000 letters": "a" * 900_000 + " = 1\n",
    "sources everywhere": TABLE + "src = ['../..', '/', '', 'a\\nb', '\\u0000']\n",
    "types of no name": TABLE + "bounded-types = ['dict', '.', '..', 'a..b']\n",
    "functions of no name": TABLE + "entry-points = ['..:..', 'm:f.<locals>.g']\nsweepers = ['nope:f']\n",
    "a timer of no name": TABLE + "timers = ['.:1', '..:2', 'a.b.c:3']\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_settings_that_are_merely_odd(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    ended = attacked(project)
    assert (ended.status == 2 and ended.err.count("\n") == 1) or FOUND in ended.out


@pytest.mark.parametrize("value", ["timers=['a:" + "9" * 5000 + "']", "strict=" + "9" * 5000, "select=['\\u0000']"])
def test_odd_overrides(project: Path, value: str) -> None:
    one_sentence(attacked(project, "--config", value))


def test_nothing_stored_changes_an_answer(project: Path) -> None:
    """Cold, warm, and after every entry of the cache got the content of another one."""
    first = attacked(project).out
    assert attacked(project).out == first
    (folder,) = (path for path in (project.parent / "caches").iterdir() if path.is_dir())
    entries = sorted(path for path in folder.iterdir() if len(path.name) == 32)
    contents = [path.read_bytes() for path in entries]
    for path, content in zip(entries, [*contents[1:], contents[0]], strict=True):
        path.write_bytes(content)
    assert attacked(project).out == first


def test_the_plugin_opens_nothing_in_the_tree_either(project: Path) -> None:
    old = project / ".unbounded_lint_cache"
    old.mkdir()
    os.mkfifo(old / "facts.sqlite")
    os.mkfifo(old / "facts.sqlite-journal")
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--select", "UBM", "m.py"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), DIRECTORY_VARIABLE: str(project.parent / "caches")},
        check=False,
        capture_output=True,
        text=True,
        timeout=WALL_SECONDS,
    )
    assert (done.returncode, done.stderr) == (1, "") and done.stdout.startswith("m.py:1:1: UBM101")
