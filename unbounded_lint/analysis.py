"""The analysis of a project: files to facts to what they mean together to findings, serial or pooled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from unbounded_lint.cache import Cache
from unbounded_lint.catalog.load import catalog, extend
from unbounded_lint.comments import Comments, Unused
from unbounded_lint.config import Settings, line_in
from unbounded_lint.contents import Contents
from unbounded_lint.declaring import Declarations
from unbounded_lint.discovery import ProjectFiles
from unbounded_lint.documents import Documents
from unbounded_lint.explaining import Explanations, Sheet, Unknown, sheet_of
from unbounded_lint.finding import Finding
from unbounded_lint.levels import asked, level_of, sureness
from unbounded_lint.link.program.missing import missing
from unbounded_lint.link.project import Project
from unbounded_lint.link.runs.declared import Declared
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.support import weighs
from unbounded_lint.patterns import CodesByPath
from unbounded_lint.request import Analysis, Request, Stats
from unbounded_lint.results import settings_text
from unbounded_lint.rules import all_rules, internal_error, unknown_declaration, unparsable_file
from unbounded_lint.rules.base import Options, Rule, brief
from unbounded_lint.showing import Showing
from unbounded_lint.sources import Sources

Progress = Callable[[int, int], None]
Look: TypeAlias = "Callable[[Project, Declarations, Sequence[Finding]], None]"
"""Is handed the linked project before it goes, with what is declared and what the rules say of it."""


def analyse(
    request: Request,
    contents: Contents,
    cache: Cache | None,
    progress: Progress | None = None,
    look: Look | None = None,
) -> Analysis:
    """What the whole project says, by what the request asks of each of its files."""
    sources = Sources(request.project.root, request.project.files, contents, cache)
    comments = Comments(sources)
    documents = Documents(request.project.root, request.settings, contents)
    project = link(request, comments, progress, documents)
    sources.examine_rest()
    declared, chosen = Declarations(project, comments), _Chosen(request)
    made = _by_rules(request.settings, project, declared)
    failed = list(_failures(sources, project))
    others = [*declared.unknown(chosen.paths), *failed, *_unnamed(request.project)]
    unsettled, told = _of_settings(request, declared)
    unused = Unused(comments, [*made.ever, *others], chosen.is_on, noqa=request.apply_noqa)
    found = [*made.shown, *others, *unsettled, *unused.within(chosen.paths - declared.broken)]
    kept = [finding for finding in found if chosen.has(finding)]
    unresolved = _unresolved(sources, project)
    if look is not None:
        look(project, declared, made.shown)
    sources.save()
    return Analysis(
        findings=tuple(sorted(_unsuppressed(kept, comments, request.apply_noqa), key=lambda f: f.sort_key)),
        stats=_stats(request, sources, project),
        unresolved=unresolved,
        of_settings=tuple(told),
        beside=sources.looked_beside,
        documents=documents.rested_on,
        unsure=tuple(sorted({(f.code, f.symbol) for f in made.ever if not chosen.is_sure(f)})),
        whole=not sources.unread and all(finding.code != internal_error.CODE for finding in failed),
    )


def sheets(
    request: Request, contents: Contents, cache: Cache | None, symbols: Sequence[str]
) -> tuple[Sheet | Unknown, ...]:
    """For each symbol the fact sheet of the container that it names, or why it names none."""
    sources = Sources(request.project.root, request.project.files, contents, cache)
    found = tuple(_sheets(request, sources, symbols))
    sources.save()
    return found


def _stats(request: Request, sources: Sources, project: Project) -> Stats:
    return Stats(
        files=len(sources.files),
        analysed=project.analysed,
        containers=len(project.containers),
        by_code={},
        unparsed=len(sources.failures) + len(request.project.unnamed),
    )


def link(
    request: Request,
    comments: Comments,
    progress: Progress | None = None,
    documents: Documents | None = None,
    *,
    thorough: bool = False,
) -> Project:
    """The project that a request is about, from the files that the comments are of and its documentation, None for
    what there is; thorough as in `Project`."""
    settings, sources = request.settings, comments.sources
    pages = documents or Documents(request.project.root, settings, sources.contents)
    # It takes time, and changes no finding before something of it has a weight.
    shown = Showing(sources, pages).of if thorough or weighs("usage") else None
    sources.prefetch(sources.candidates, request.jobs, progress)
    known = extend(catalog(), timers=settings.timers, spawners=settings.spawners, bounded_types=settings.bounded_types)
    declared = Declared(
        frozenset(settings.entry_points),
        comments.sweepers.union(settings.sweepers),
        frozenset(settings.other_process),
    )
    return Project(
        sources.linked,
        sources.load,
        sources.mentioning,
        sources.in_tests,
        sources.candidates,
        known,
        declared,
        thorough,
        level_of(asked(settings.min_confidence)),
        settings.scope == "instance",
        shown,
    )


class _Made(NamedTuple):
    """What the rules say, without what declarations silence: at the confidence that is asked for, and at any."""

    shown: tuple[Finding, ...]
    ever: tuple[Finding, ...]


def _by_rules(settings: Settings, project: Project, declared: Declarations) -> _Made:
    """Rules that are on by default are asked even where they are ignored, since the most specific one speaks for the
    others."""
    options = Options(strict=settings.strict)
    rules = {rule.code: rule for rule in all_rules() if rule.default or _is_selected(rule, settings)}
    found = [finding for rule in rules.values() for finding in project.ask(_question(rule, options))]
    above: dict[tuple[str, str], Finding] = {}
    for finding in found:
        for code in rules[finding.code].overrides:
            about = (code, finding.symbol)
            above[about] = max(finding, above.get(about, finding), key=sureness)
    least = asked(settings.min_confidence)
    told = [(f, above.get((f.code, f.symbol))) for f in found if not declared.silences(f)]
    return _Made(
        shown=tuple(f for f, specific in told if specific is None or sureness(specific) < least),
        ever=tuple(f for f, specific in told if specific is None or specific.confidence.rank < f.confidence.rank),
    )


def _question(rule: Rule, options: Options) -> Callable[[Project], Iterator[Finding]]:
    return lambda project: rule.check(project, options)


def _failures(sources: Sources, project: Project) -> Iterator[Finding]:
    for failure in sources.failures:
        if failure.internal:
            yield internal_error.report(failure.path, RuntimeError(failure.reason))
        else:
            yield unparsable_file.report(failure.path, failure.line, failure.reason)
    for path, symbol, error in project.failures:
        yield internal_error.report(path, error, symbol)


def _unnamed(files: ProjectFiles) -> Iterator[Finding]:
    for path in files.unnamed:
        yield unparsable_file.report(path, 1, "cannot be read (its name is not UTF-8)")


def _unresolved(sources: Sources, project: Project) -> str:
    """What to tell of imports within the project that lead to no file of it, "" where all do."""
    lost = [one for one in missing(project.program) if one.beside is None or not sources.has_beside(*one.beside)]
    if not lost:
        return ""
    place = project.place(lost[0].scope, lost[0].op, "import", "")
    number = "an import" if len(lost) == 1 else f"{len(lost)} imports"
    example = f"{'' if len(lost) == 1 else 'such as '}`{lost[0].module}` at {place.path}:{place.line}"
    return (
        f"{number} within the project found no file of it, {example}, and what these modules do was not followed; "
        "name the directories that modules are imported from in the setting `src`"
    )


def _matches(code: str, prefixes: tuple[str, ...]) -> int:
    """The length of the longest prefix of a code, 0 for none."""
    return max((len(p) for p in prefixes if code.startswith(p)), default=0)


def _is_selected(rule: Rule, settings: Settings) -> bool:
    """As in ruff: the longer prefix wins, and ignoring wins over selecting by the same one."""
    extended = _matches(rule.code, settings.extend_select)
    chosen = (
        (len(rule.code) if rule.default else 0) if settings.select is None else _matches(rule.code, settings.select)
    )
    by_default = settings.select is None and rule.default and not extended
    ignored = _matches(rule.code, settings.ignore)
    if by_default:
        return not ignored
    return max(chosen, extended) > ignored


class _Chosen:
    """What may be reported: by which rules in which files, and how sure it must be."""

    def __init__(self, request: Request) -> None:
        self.settings = request.settings
        self._least = asked(request.settings.min_confidence)
        self._selected = {rule.code for rule in all_rules() if _is_selected(rule, request.settings)}
        self._hushed = CodesByPath(request.settings.per_file_ignores)
        self.paths = frozenset(file.path for file in request.project.files)

    def is_on(self, path: str, code: str) -> bool:
        """Whether a rule is on in a file."""
        return code in self._selected and not self._hushed.ignores(path, code)

    def is_sure(self, finding: Finding) -> bool:
        """Whether a finding is as sure as is asked for."""
        return sureness(finding) >= self._least

    def has(self, finding: Finding) -> bool:
        """Whether a finding is to be reported."""
        return self.is_sure(finding) and self.is_on(finding.place.path, finding.code)


def _of_settings(request: Request, declared: Declarations) -> tuple[list[Finding], list[str]]:
    """What the settings name that is not there: as findings where their file has it, otherwise, such as for the options
    of the command line, as sentences about the run."""
    file, root = request.settings_file, request.project.root
    text = settings_text(request).decode("utf-8-sig", "replace")
    path = os.path.relpath(os.path.realpath(file), root).replace(os.sep, "/") if file is not None else ""
    is_on = _is_selected(unknown_declaration.RULE, request.settings)
    found, told = [], []
    for one in declared.unknown_settings(request.settings) if is_on else ():
        line = line_in(text, one.key, one.value)
        if line:
            found.append(unknown_declaration.report(path, line, 1, one.why))
        else:
            told.append(brief(one.why))
    return found, told


def _unsuppressed(findings: list[Finding], comments: Comments, apply_noqa: bool) -> Iterator[Finding]:
    for finding in findings:
        if not comments.of(finding.place.path).covers(finding.code, finding.place.line, noqa=apply_noqa):
            yield finding


def _sheets(request: Request, sources: Sources, symbols: Sequence[str]) -> Iterator[Sheet | Unknown]:
    comments = Comments(sources)
    project = link(request, comments, thorough=True)
    declared = Declarations(project, comments)
    asked = Explanations(project, sources, request.settings.src)
    found = [asked.of(symbol) for symbol in symbols]
    codes: dict[str, set[str]] = {}
    if any(isinstance(one, Container) for one in found):
        for finding in _by_rules(request.settings, project, declared).shown:
            codes.setdefault(finding.symbol, set()).add(finding.code)
    for one in found:
        yield _sheet(project, one, codes.get(one.symbol, ()), declared) if isinstance(one, Container) else one


def _sheet(project: Project, container: Container, codes: Iterable[str], declared: Declarations) -> Sheet:
    return sheet_of(project, container, tuple(sorted(codes)), tuple(one.words for one in declared.of(container.symbol)))
