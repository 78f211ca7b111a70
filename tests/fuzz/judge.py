"""What the real pipeline makes of one program: whether it fails, how long it takes, and what it finds."""

from __future__ import annotations

import ctypes
import random
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import libcst as cst
import msgspec

from tests.programs import link, request_for, write
from unbounded_lint.facts.scan import SourceError, scan
from unbounded_lint.facts.stack import run_with_big_stack
from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Options
from unbounded_lint.run import runner

Files = Mapping[str, str]
OWN = frozenset({"UBM900", "UBM901"})


class Answer(NamedTuple):
    """What became of one program: the kinds of its faults (none: all is well), the seconds of the processor that it
    took, its containers, and its findings."""

    faults: tuple[str, ...]
    seconds: float
    containers: int
    findings: tuple[Finding, ...]


class OverTime(BaseException):
    """A program took more of the processor than it may; no `Exception`, so that nothing contains it."""


def judge(files: Files, root: Path, limit: float, *, twice: bool = True) -> Answer:
    """The answer about a program, written to `root` for that. `limit` is in seconds of the processor; twice: the
    files in another order must give the same findings."""
    shutil.rmtree(root, ignore_errors=True)
    write(root, {**files, "pyproject.toml": ""})
    begin = time.process_time()
    try:
        with _limited(limit):
            outcome = runner.check(request_for(root, min_confidence="low"))
            faults = list(_faults(outcome.findings, root, files))
            again = _shuffled(root) if twice and len(files) > 1 and not faults else outcome.findings
    except OverTime as error:
        return Answer((f"slow: {error}",), time.process_time() - begin, 0, ())
    except Exception as error:
        return Answer((f"raised: {_place(error)}",), time.process_time() - begin, 0, ())
    if again != outcome.findings:
        faults.append("findings depend on the order of files")
    seconds = time.process_time() - begin
    return Answer(tuple(faults), seconds, outcome.stats.containers, outcome.findings)


def is_readable(text: str) -> bool:
    """Whether the parser and the guard before it accept a text."""
    try:
        scan(text)
        cst.parse_module(text)
    except (SourceError, cst.ParserSyntaxError):
        return False
    return True


def _shuffled(root: Path) -> tuple[Finding, ...]:
    request = request_for(root, min_confidence="low")
    files = list(request.project.files)
    random.Random(len(files)).shuffle(files)
    project = msgspec.structs.replace(request.project, files=tuple(files))
    return runner.check(msgspec.structs.replace(request, project=project)).findings


def _faults(findings: tuple[Finding, ...], root: Path, files: Files) -> Iterator[str]:
    for finding in findings:
        if finding.code == "UBM901" and is_readable(files[finding.place.path]):
            yield f"UBM901: {finding.message}"
    if any(finding.code == "UBM900" for finding in findings):
        yield from _reasons(root)


def _reasons(root: Path) -> list[str]:
    """Where the faults of ours come from: asked again outside the pipeline, which tells the user less."""

    def asked() -> list[str]:
        project = link(request_for(root))
        for rule in all_rules():
            project.ask(lambda p, rule=rule: rule.check(p, Options()))
        return [f"UBM900: {_place(error)}" for _, _, error in project.failures]

    return list(dict.fromkeys(run_with_big_stack(asked))) or ["UBM900: only in the pipeline"]


def _place(error: Exception) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "unbounded_lint" in f.filename]
    where = f" in {Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raises `OverTime` in the thread at work once the process has used so much of the processor.

    No signal can do it: it comes to the thread at work, while the one that would handle it waits for that.
    """
    over, here = threading.Event(), threading.get_ident()
    end = time.process_time() + seconds

    def watch() -> None:
        while not over.wait(0.1):
            if time.process_time() > end:
                parsing = [t.ident for t in threading.enumerate() if t.name == "unbounded-lint-parse" and t.ident]
                for thread in parsing or [here]:
                    _raise_in(thread)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OverTime))


# --- making it small ---


def shrunk(files: Files, fails: Callable[[Files], bool], attempts: int = 400) -> dict[str, str]:
    """A smaller program that still fails: files and blocks of lines left out as long as it does."""
    budget = iter(range(attempts))
    small = dict(files)
    for path in sorted(small):
        rest = {p: t for p, t in small.items() if p != path}
        if rest and next(budget, None) is not None and fails(rest):
            small = rest
    for path in sorted(small):
        size = max(1, len(small[path].splitlines()) // 2)
        while size:
            lines, at, shorter = small[path].splitlines(), 0, False
            while at < len(lines):
                rest_lines = lines[:at] + lines[at + size :]
                attempt = {**small, path: "\n".join(rest_lines) + "\n"}
                if next(budget, None) is None:
                    return small
                if fails(attempt):
                    small, lines, shorter = attempt, rest_lines, True
                else:
                    at += size
            if size == 1 and not shorter:
                break
            size = max(1, size // 2) if size > 1 or shorter else 0
    return small
