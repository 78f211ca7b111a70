"""The analysis of a project: files to facts to what they mean together to findings, serial or pooled."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeAlias, TypeVar

from unbounded_lint.catalog.load import catalog, extend
from unbounded_lint.comments.declaring import Declarations, UnknownSetting
from unbounded_lint.comments.said import Comments, Unused
from unbounded_lint.disk.cache import Cache
from unbounded_lint.explain.places import Spots
from unbounded_lint.explain.sheets import Sheets
from unbounded_lint.explain.symbols import Explanations, Unknown
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import ProjectFiles
from unbounded_lint.files.documents import Documents
from unbounded_lint.files.showing import Showing
from unbounded_lint.files.source import path_below
from unbounded_lint.files.sources import Sources
from unbounded_lint.findings.finding import Finding, Suppressed
from unbounded_lint.findings.levels import asked, level_of, sureness
from unbounded_lint.findings.sheet import Inventory, Named, Report, Sheet, Spot
from unbounded_lint.findings.wording import plural
from unbounded_lint.link.program.missing import missing
from unbounded_lint.link.project import Project
from unbounded_lint.link.runs.declared import Declared
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.support import weighs
from unbounded_lint.rules import all_rules, internal_error, unknown_declaration, unparsable_file
from unbounded_lint.rules.base import Options, Rule, brief
from unbounded_lint.run.request import Analysis, Listing, Progress, Request, Stats
from unbounded_lint.run.results import settings_text
from unbounded_lint.run.selection import Chosen, is_selected
from unbounded_lint.run.unmatched import Unmatched, unmatched
from unbounded_lint.settings.config import Settings, line_in

Look: TypeAlias = "Callable[[Project, Declarations, Sequence[Finding]], None]"
"""Is handed the linked project before it goes, with what is declared and what the rules say of it."""

T = TypeVar("T")


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
    declared, chosen = Declarations(project, comments), Chosen(request)
    made = _by_rules(request.settings, project, declared)
    failed = list(_failures(sources, project))
    others = [*declared.unknown(chosen.paths), *failed, *_unnamed(request.project)]
    unsettled, told = _of_settings(request, declared)
    unused = Unused(comments, [*made.ever, *others], chosen.is_on, noqa=request.apply_noqa)
    found = [*made.shown, *others, *unsettled, *unused.within(chosen.paths - declared.broken)]
    silenced = [one for one in made.silenced if chosen.has(one.finding)]
    shown, hushed = _by_comments([finding for finding in found if chosen.has(finding)], comments, request.apply_noqa)
    unsure = [finding for finding in made.ever if chosen.hides(finding)]
    unresolved = _unresolved(sources, project)
    if look is not None:
        look(project, declared, made.shown)
    sources.save()
    return Analysis(
        findings=tuple(sorted(shown, key=lambda f: f.sort_key)),
        stats=_stats(request, sources, project),
        unresolved=unresolved,
        of_settings=tuple(told),
        beside=sources.looked_beside,
        documents=documents.rested_on,
        unsure=tuple(sorted({(f.code, f.symbol) for f in made.ever if not chosen.is_sure(f)})),
        hidden=tuple(finding.place.path for finding in _by_comments(unsure, comments, request.apply_noqa)[0]),
        whole=_is_whole(sources, failed),
        suppressed=tuple(sorted([*silenced, *hushed], key=lambda one: one.finding.sort_key)),
    )


def survey(
    request: Request, contents: Contents, cache: Cache | None, paths: Collection[str]
) -> tuple[Analysis, tuple[Sheet, ...]]:
    """As `analyse`, with the fact sheets of the containers that are defined or grow in some files; one that a fault of
    ours keeps from being made is left out."""
    found: list[Sheet] = []

    def look(project: Project, declared: Declarations, shown: Sequence[Finding]) -> None:
        made = _sheets_with(request, project, declared, shown)

        def about(project: Project) -> Iterator[Sheet]:
            for sheet in map(made.of, project.containers):
                if any(place.path in paths for place in (sheet.place, *(insert.place for insert in sheet.inserts))):
                    yield sheet

        found.extend(project.ask(about))

    return analyse(request, contents, cache, look=look), tuple(found)


def sheets(
    request: Request, contents: Contents, cache: Cache | None, symbols: Sequence[str | Spot | Named]
) -> tuple[Sheet | Unknown, ...]:
    """For each symbol or place the fact sheet of the container that it names, or why it names none."""
    sources = Sources(request.project.root, request.project.files, contents, cache)
    comments = Comments(sources)
    project = link(request, comments, thorough=True)
    found = tuple(_sheets(request, sources, comments, project, symbols))
    sources.save()
    return found


def about(
    request: Request,
    contents: Contents,
    cache: Cache | None,
    symbols: Sequence[str],
    answer: Callable[[Project, str, Container | Unknown], T],
) -> tuple[T, ...]:
    """For each symbol an answer about the container that it names, or why it names none."""
    sources = Sources(request.project.root, request.project.files, contents, cache)
    project = link(request, Comments(sources), thorough=True)
    asked = Explanations(project, sources, request.settings.src)
    found = tuple(answer(project, symbol, asked.of(symbol)) for symbol in symbols)
    sources.save()
    return found


def inventory(request: Request, contents: Contents, cache: Cache | None, progress: Progress | None = None) -> Listing:
    """The fact sheet of every long-lived container of the files that a request asks about."""
    sources = Sources(request.project.root, request.project.files, contents, cache)
    comments = Comments(sources)
    documents = Documents(request.project.root, request.settings, contents)
    project = link(request, comments, progress, documents, thorough=True, usages=False)
    made, wanted = _made_by(request, comments, project), request.project.report_on
    found = [container for container in project.containers if wanted is None or container.place.path in wanted]
    told = tuple(made.of(container) for container in found)
    sources.examine_rest()
    failed = list(_failures(sources, project))
    notes = (_unresolved(sources, project), _unseen(len(failed), request))
    sources.save()
    files = len(sources.files) if wanted is None else len(wanted)
    return Listing(
        inventory=Inventory(told, files, tuple(note for note in notes if note)),
        beside=sources.looked_beside,
        documents=documents.rested_on,
        whole=_is_whole(sources, failed),
    )


def _is_whole(sources: Sources, failed: Iterable[Finding]) -> bool:
    """Whether another run over the same files would say the same."""
    return not sources.unread and all(finding.code != internal_error.CODE for finding in failed)


def _unseen(failures: int, request: Request) -> str:
    """What to tell of files, or parts of them, that could not be analysed; "" where all could be."""
    number = failures + len(request.project.unnamed)
    return f"{plural(number, 'file')} could not be analysed in full, which `check` reports" if number else ""


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
    usages: bool = True,
) -> Project:
    """The project that a request is about, from the files that the comments are of and its documentation, None for
    what there is; thorough as in `Project`, which then looks at how its users are shown to use it, unless told not
    to."""
    settings, sources = request.settings, comments.sources
    pages = documents or Documents(request.project.root, settings, sources.contents)
    # It takes time, and changes no finding before something of it has a weight.
    shown = Showing(sources, pages).of if (thorough and usages) or weighs("usage") else None
    reading = partial(progress, "Reading files") if progress is not None else None
    sources.prefetch(sources.candidates, request.jobs, reading)
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
        progress,
    )


class _Made(NamedTuple):
    """What the rules say, without what declarations silence: at the confidence that is asked for, and at any; and what
    declarations silence at the former."""

    shown: tuple[Finding, ...]
    ever: tuple[Finding, ...]
    silenced: tuple[Suppressed, ...]


def _by_rules(settings: Settings, project: Project, declared: Declarations) -> _Made:
    """Rules that are on by default are asked even where they are ignored, since the most specific one speaks for the
    others."""
    options = Options(strict=settings.strict)
    rules = {rule.code: rule for rule in all_rules() if rule.default or is_selected(rule, settings)}
    found = [finding for rule in rules.values() for finding in project.ask(_question(rule, options))]
    above: dict[tuple[str, str], Finding] = {}
    for finding in found:
        for code in rules[finding.code].overrides:
            about = (code, finding.symbol)
            above[about] = max(finding, above.get(about, finding), key=sureness)
    least = asked(settings.min_confidence)
    told = [(f, above.get((f.code, f.symbol)), declared.silencing(f)) for f in found]
    best = [(f, declaration) for f, specific, declaration in told if specific is None or sureness(specific) < least]
    return _Made(
        shown=tuple(f for f, declaration in best if declaration is None),
        ever=tuple(
            f
            for f, specific, declaration in told
            if declaration is None and (specific is None or specific.confidence.rank < f.confidence.rank)
        ),
        silenced=tuple(Suppressed(f, "inSource", declaration.words) for f, declaration in best if declaration),
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


def _of_settings(request: Request, declared: Declarations) -> tuple[list[Finding], list[str]]:
    """What the settings name that is not there: as findings where their file has it, otherwise, such as for the options
    of the command line, as sentences about the run."""
    file, root = request.settings_file, request.project.root
    text = settings_text(request).decode("utf-8-sig", "replace")
    path = path_below(root, os.path.realpath(file)) if file is not None else ""
    is_on = is_selected(unknown_declaration.RULE, request.settings)
    found, told = [], []
    unknown = chain[Unmatched | UnknownSetting](declared.unknown_settings(request.settings), _unmatched(request))
    for one in unknown if is_on else ():
        line = line_in(text, one.key, one.value)
        if line:
            found.append(unknown_declaration.report(path, line, 1, one.why))
        else:
            told.append(brief(one.why))
    return found, told


def _unmatched(request: Request) -> Iterator[Unmatched]:
    """The settings about paths that speak of no file: of those of this project, since others may be for several."""
    if request.has_settings_of_its_own:
        yield from unmatched(request.settings, [each.path for each in request.project.files])


def _by_comments(
    findings: Iterable[Finding], comments: Comments, apply_noqa: bool
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that no comment silences, and those that one does."""
    shown, hushed = [], []
    for finding in findings:
        said = comments.of(finding.place.path)
        directive = said.silencing(finding.code, finding.place.line, noqa=apply_noqa)
        if directive is None:
            shown.append(finding)
        else:
            hushed.append(Suppressed(finding, "inSource", directive.reason))
    return shown, hushed


def _sheets(
    request: Request, sources: Sources, comments: Comments, project: Project, symbols: Sequence[str | Spot | Named]
) -> Iterator[Sheet | Unknown]:
    asked = Explanations(project, sources, request.settings.src)
    spots = Spots(asked)
    found = [_meant(one, asked, spots) for one in symbols]
    if not any(isinstance(one, Spot) for one in symbols) and all(isinstance(one, Unknown) for one in found):
        yield from (one for one in found if isinstance(one, Unknown))
        return
    declared = Declarations(project, comments)
    findings = _by_rules(request.settings, project, declared).shown
    made = _sheets_with(request, project, declared, findings)
    for symbol, one in zip(symbols, found, strict=True):
        known = spots.of(symbol, findings) if isinstance(symbol, Spot) and isinstance(one, Unknown) else one
        yield made.of(known) if isinstance(known, Container) else known


def _meant(asked: str | Spot | Named, explanations: Explanations, spots: Spots) -> Container | Unknown:
    """What a symbol, a place or a name in a file means."""
    if isinstance(asked, Spot):
        return spots.of(asked)
    return spots.named(asked) if isinstance(asked, Named) else explanations.of(asked)


def _made_by(request: Request, comments: Comments, project: Project) -> Sheets:
    """What makes the sheets of a project's containers."""
    declared = Declarations(project, comments)
    return _sheets_with(request, project, declared, _by_rules(request.settings, project, declared).shown)


def _sheets_with(request: Request, project: Project, declared: Declarations, findings: Iterable[Finding]) -> Sheets:
    """What makes the sheets of a project's containers, with these findings on them."""
    chosen = Chosen(request)
    reports: dict[str, list[Report]] = {}
    for finding in sorted(findings, key=lambda f: f.sort_key):
        hidden = _hidden(finding, chosen, declared.comments, request)
        reports.setdefault(finding.symbol, []).append(_report(finding, hidden))
    return Sheets(project, declared, reports)


def _hidden(finding: Finding, chosen: Chosen, comments: Comments, request: Request) -> str:
    """Why a finding is not shown, empty where it is."""
    place = finding.place
    if not chosen.is_on(place.path, finding.code):
        return "the settings leave its rule out"
    if comments.of(place.path).covers(finding.code, place.line, noqa=request.apply_noqa):
        return "a comment silences it"
    return "" if chosen.has(finding) else "less sure than `min-confidence` asks for"


def _report(finding: Finding, hidden: str) -> Report:
    return Report(
        code=finding.code,
        name=finding.name,
        message=finding.message,
        advice=finding.advice,
        confidence=finding.confidence.value,
        probability=sureness(finding),
        reasons=finding.reasons,
        hidden=hidden,
    )
