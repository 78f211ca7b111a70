"""What is open in an editor, which projects that is part of, and when each is analysed: nothing of the protocol."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from unbounded_lint.files.discovery import marked_root
from unbounded_lint.lsp.analyst import Analyst, EndedError
from unbounded_lint.lsp.messages import Answer, Encoding, Repair, Report, Spot, Subject, Task

DEBOUNCE_SECONDS = 0.3
"""How long a text must have been left alone before it is analysed."""

CHANGED = "the project has changed in the meantime; ask again"
"""Why a repair is not made of what is no more."""


class Home(NamedTuple):
    """The project at a directory, or, alone, a file that is part of none."""

    path: str
    alone: bool = False


class Document(NamedTuple):
    """An open file: its address as the client writes it, its version, and its text."""

    uri: str
    version: int
    text: str


class Repaired(NamedTuple):
    """A repair with the open files, by path, as they were when it was made."""

    repair: Repair
    documents: Mapping[str, Document]


class _Asked(NamedTuple):
    """A repair that somebody waits for."""

    subject: Subject
    answer: asyncio.Future[Repaired]


@dataclass
class _Project:
    """What is known of a home: the last answer, the files that something is shown in, and the sentences said of it."""

    answer: Answer | None = None
    shown: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()


class Told(NamedTuple):
    """Whom to tell: what is found in a file (its path, and the reports), what went on, what the user has to mend."""

    found: Callable[[str, tuple[Report, ...]], None]
    log: Callable[[str], None]
    fault: Callable[[str], None]
    problem: Callable[[str], None]


Folders: TypeAlias = Callable[[], Iterable[str]]


class Desk:
    """Analyses what has changed, one project at a time, and tells what is found; the last change wins."""

    def __init__(self, told: Told, folders: Folders, encoding: Encoding, markdown: bool, jobs: int) -> None:
        self._told = told
        self._folders = folders
        self._form = (encoding, markdown, jobs)
        self._analyst = Analyst()
        self._open: dict[str, Document] = {}
        self._gone: set[str] = set()
        self._projects: dict[Home, _Project] = {}
        self._shown: dict[str, tuple[Report, ...]] = {}
        self._due: dict[Home, float] = {}
        self._anew: set[Home] = set()
        self._asked: deque[tuple[Home, _Asked]] = deque()
        self._running: Home | None = None
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()

    # --- what happens in the editor ---

    def write(self, path: str, document: Document, *, delay: float = 0.0) -> None:
        """A file is opened, changed, or saved."""
        is_new = self._open.get(path) != document or path in self._gone
        self._open[path] = document
        self._gone.discard(path)
        home = self.home(path)
        # Of a text that is being analysed already there is nothing more to find out once it is saved.
        if is_new or home != self._running or home in self._due:
            self._mark(home, delay)

    def close(self, path: str) -> None:
        """A file is closed: what is on disk counts again."""
        self._open.pop(path, None)
        self._gone.discard(path)
        if not (home := self.home(path)).alone:
            self._mark(home, 0.0)
        self.tidy()

    def touch(self, paths: Collection[str], deleted: Collection[str]) -> None:
        """Files have changed on disk; those that are deleted are no more, though they be open."""
        gone = {path for path in deleted if path in self._open}
        changed = [path for path in paths if path not in self._open or (path in gone) != (path in self._gone)]
        self._gone = (self._gone - set(paths)) | gone
        for home in self._about(changed):
            self._mark(home, DEBOUNCE_SECONDS)
        self.tidy()

    def tidy(self) -> None:
        """Forget the projects that nothing open is part of any more, and that lie in no folder of the editor."""
        at_home = {self.home(path) for path in self._open}
        for home in list(self._projects):
            if home not in at_home and not self._is_home(home):
                self._forget(home)
        for home in at_home - self._projects.keys():
            self._mark(home, 0.0)

    def document(self, path: str) -> Document | None:
        """An open file."""
        return self._open.get(path)

    # --- what is known ---

    def reports(self, path: str) -> tuple[Report, ...]:
        """What was last found in a file."""
        project = self._projects.get(self.home(path))
        return project.answer.reports.get(path, ()) if project is not None and project.answer is not None else ()

    async def spots(self, path: str) -> tuple[Spot, ...]:
        """Where containers are defined or grow in an open file, as it is now; waits for the analysis of that."""
        while path in self._open and (home := self.home(path)) in self._projects:
            answer = self._projects[home].answer
            if answer is not None and home not in self._due and home != self._running:
                if answer.spots is not None or answer.problem or answer.fault:
                    return (answer.spots or {}).get(path, ())
                self._anew.add(home)
                self._mark(home, 0.0)
            await self._settled.wait()
        return ()

    async def repair(self, path: str, subject: Subject) -> Repaired:
        """How a finding in a file can be repaired as all is now; waits for its turn."""
        asked = _Asked(subject, asyncio.get_running_loop().create_future())
        self._asked.append((self.home(path), asked))
        self._changed.set()
        return await asked.answer

    def home(self, path: str) -> Home:
        """What a file is part of: the nearest directory above it that is marked as a project, or else the innermost
        folder of the editor."""
        root = marked_root(Path(path).parent)
        if root is not None:
            return Home(str(root))
        folders = [folder for folder in self._folders() if _is_below(path, folder)]
        return Home(max(folders, key=len)) if folders else Home(path, alone=True)

    def _about(self, paths: Iterable[str]) -> set[Home]:
        """The projects that files on disk may have a part in, settings and what marks a project included."""
        given = list(paths)
        homes = {*self._projects, *(self.home(path) for path in self._open)}
        return {home for home in homes if any(_has_part_in(path, home) for path in given)}

    def _is_home(self, home: Home) -> bool:
        """Whether there is such a project in or around the folders of the editor, though nothing of it be open."""
        folders = set(self._folders())
        if home.alone or (home.path not in folders and marked_root(Path(home.path)) != Path(home.path)):
            return False
        return any(_is_below(f"{home.path}/", folder) or _is_below(folder, home.path) for folder in folders)

    # --- when what is analysed ---

    async def work(self) -> None:
        """Analyse whatever changes, for as long as the editor is there."""
        try:
            while True:
                home, asked = await self._next()
                self._running = home
                try:
                    await (self._analyse(home) if asked is None else self._repair(home, asked))
                except Exception as error:
                    self._told.fault(f"{type(error).__name__}: {error}")
                finally:
                    self._running = None
                    self._settle()
        finally:
            await asyncio.shield(self._analyst.close())

    def _settle(self) -> None:
        """Let those look again who wait for an analysis."""
        waited_for, self._settled = self._settled, asyncio.Event()
        waited_for.set()

    def _mark(self, home: Home, delay: float) -> None:
        due = asyncio.get_running_loop().time() + delay
        self._due[home] = due
        project = self._projects.setdefault(home, _Project())
        # The first analysis of a large project takes long, and what it lays down for the others is not to be lost.
        if home == self._running and project.answer is not None:
            self._analyst.end()
        self._changed.set()

    async def _next(self) -> tuple[Home, _Asked | None]:
        """Wait for the project whose turn it is, to be analysed, or for a repair, which somebody waits for."""
        clock = asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            if self._asked:
                return self._asked.popleft()
            home = min(self._due, key=self._due.__getitem__, default=None)
            left = None if home is None else self._due[home] - clock()
            if home is not None and left is not None and left <= 0:
                del self._due[home]
                return home, None
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)

    async def _analyse(self, home: Home) -> None:
        documents = self._documents(home)
        versions = {path: document.version for path, document in documents.items()}
        try:
            answer = await self._analyst.ask(self._task(home, documents, anew=home in self._anew))
        except EndedError as error:
            if home in self._due:
                await self._analyst.ready()  # while the text is left alone
                return
            answer = _ended(home, error)
        if home in self._projects:
            self._keep(home, answer, versions)
        if answer.spots is not None or home not in self._due:
            self._anew.discard(home)

    async def _repair(self, home: Home, asked: _Asked) -> None:
        documents, answer = self._documents(home), Answer()
        try:
            answer = await self._analyst.ask(self._task(home, documents, repair=asked.subject))
        except EndedError as error:
            answer = Answer(problem=CHANGED) if home in self._due else _ended(home, error)
        finally:
            if not asked.answer.done():
                told = answer.repair or Repair(refused=answer.problem or "its analysis failed, which the log tells of")
                asked.answer.set_result(Repaired(told, documents))
        if answer.fault:
            self._told.fault(answer.fault)

    def _task(self, home: Home, documents: Mapping[str, Document], **more: Any) -> Task:
        encoding, markdown, jobs = self._form
        return Task(
            root=os.path.dirname(home.path) if home.alone else home.path,
            texts={path: document.text for path, document in documents.items()},
            alone=home.alone,
            encoding=encoding,
            markdown=markdown,
            jobs=jobs,
            **more,
        )

    def _documents(self, home: Home) -> dict[str, Document]:
        return {
            path: self._open[path] for path in sorted(self._open) if path not in self._gone and self.home(path) == home
        }

    # --- what is told ---

    def _keep(self, home: Home, answer: Answer, versions: Mapping[str, int]) -> None:
        project = self._projects[home]
        said = frozenset(sentence for sentence in (*answer.notes, answer.problem) if sentence)
        if answer.fault:
            self._told.fault(answer.fault)
        if answer.problem and versions and answer.problem not in project.said:
            self._told.problem(answer.problem)
        for note in answer.notes:
            if note not in project.said:
                self._told.log(note)
        mine = {path: found for path, found in answer.reports.items() if self.home(path) == home}
        self._projects[home] = _Project(answer, frozenset(mine), said)
        for path in sorted({*mine, *versions}):
            document = self._open.get(path)
            # Of a text that has changed since, the next answer tells.
            if document is None or versions.get(path, document.version) == document.version:
                self._tell(path, mine.get(path, ()))
        self._clear(project.shown - {*mine, *versions})

    def _tell(self, path: str, reports: tuple[Report, ...]) -> None:
        """Tell what is found in a file, unless that is shown already; of an open one, in any case: it has a version."""
        if path in self._open or self._shown.get(path, ()) != reports:
            self._told.found(path, reports)
        self._shown[path] = reports
        if not reports:
            del self._shown[path]

    def _clear(self, paths: Iterable[str]) -> None:
        """Tell that nothing is found in files any more, but for those that another project has."""
        others = frozenset[str]().union(*(project.shown for project in self._projects.values()))
        for path in sorted({*paths} - others):
            self._tell(path, ())

    def _forget(self, home: Home) -> None:
        project = self._projects.pop(home)
        self._due.pop(home, None)
        self._anew.discard(home)
        self._clear(project.shown)
        self._settle()


def _ended(home: Home, error: EndedError) -> Answer:
    return Answer(fault=f"the analysis of {home.path} ended before it was done ({error})")


def _has_part_in(path: str, home: Home) -> bool:
    """Whether a file may change what is found in a project: one of its own, or one above it that is none of code."""
    if path == home.path or _is_below(path, home.path):
        return True
    return not path.endswith((".py", ".pyw")) and _is_below(home.path, os.path.dirname(path))


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(os.path.join(directory, ""))
