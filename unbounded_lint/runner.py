"""The pipeline: files to facts to project to findings, serial or pooled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from unbounded_lint.cache import Opened, open_cache
from unbounded_lint.catalog.load import catalog, extend
from unbounded_lint.config import Settings
from unbounded_lint.discovery import ProjectFiles
from unbounded_lint.explaining import Explanations, Sheet, Unknown, sheet_of
from unbounded_lint.finding import Confidence, Finding
from unbounded_lint.link.program.missing import missing
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.patterns import CodesByPath
from unbounded_lint.rules import all_rules, internal_error, unparsable_file
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.source import DecodeError, decode
from unbounded_lint.sources import Sources
from unbounded_lint.suppress import Suppressions, suppressions

Progress = Callable[[int, int], None]


class Request(msgspec.Struct, frozen=True):
    """One run. jobs is the number of processes (1: none but this one); apply_noqa is False where flake8 applies
    them."""

    project: ProjectFiles
    settings: Settings
    jobs: int = 1
    use_cache: bool = True
    apply_noqa: bool = True


class Stats(msgspec.Struct, frozen=True):
    """files in the project, analysed with libcst or from the cache, containers found, findings by code, files without
    facts."""

    files: int
    analysed: int
    containers: int
    by_code: dict[str, int]
    unparsed: int


class Outcome(msgspec.Struct, frozen=True):
    """The findings of a run, in their order, after selection, confidence, ignores and suppressions.

    notes are sentences about the run itself, such as a cache that is not used.
    """

    findings: tuple[Finding, ...]
    stats: Stats
    notes: tuple[str, ...] = ()


def check(request: Request, progress: Progress | None = None) -> Outcome:
    """Analyse the whole project and report on the files asked for."""
    return _check(request, progress)


def explain(request: Request, symbols: Sequence[str]) -> tuple[Sheet | Unknown, ...]:
    """For each symbol the fact sheet of the container that it names, flagged or not, or why it names none."""
    return _explain(request, symbols)


@contextmanager
def _opened(request: Request) -> Iterator[tuple[Sources, str]]:
    """The sources of a run, and a note for the user where the cache is not used; what was read is kept at the end."""
    files, settings = request.project, request.settings
    opened = open_cache(files.root, settings.cache_dir) if request.use_cache else Opened(None)
    sources = Sources(files.root, files.files, opened.cache)
    yield sources, opened.note
    sources.save()


def _link(request: Request, sources: Sources, progress: Progress | None, thorough: bool = False) -> Project:
    settings = request.settings
    sources.prefetch(sources.candidates, request.jobs, progress)
    known = extend(catalog(), timers=settings.timers, bounded_types=settings.bounded_types)
    return Project(
        sources.linked,
        sources.load,
        sources.mentioning,
        sources.in_tests,
        sources.candidates,
        known,
        frozenset(settings.entry_points),
        frozenset(settings.sweepers),
        thorough,
    )


def _check(request: Request, progress: Progress | None) -> Outcome:
    with _opened(request) as (sources, note):
        project = _link(request, sources, progress)
        sources.examine_rest()
        found = [*_by_rules(request.settings, project), *_failures(sources, project), *_unnamed(request.project)]
        unparsed = len(sources.failures) + len(request.project.unnamed)
        hushed = CodesByPath(request.settings.per_file_ignores)
        kept = [f for f in found if _is_wanted(f, request) and not hushed.ignores(f.place.path, f.code)]
        shown = tuple(sorted(_unsuppressed(kept, sources, request.apply_noqa), key=lambda f: f.sort_key))
        by_code = Counter(f.code for f in shown)
        stats = Stats(
            files=len(sources.files),
            analysed=project.analysed,
            containers=len(project.containers),
            by_code=dict(sorted(by_code.items())),
            unparsed=unparsed,
        )
        notes = (note, _unresolved(sources, project))
        return Outcome(shown, stats, tuple(each for each in notes if each))


def _by_rules(settings: Settings, project: Project) -> Iterator[Finding]:
    """What the rules say. Those that are on by default are asked even where they are ignored, since the most specific
    one speaks for the others."""
    options = Options(strict=settings.strict)
    rules = {rule.code: rule for rule in all_rules() if rule.default or _is_selected(rule, settings)}
    found = [finding for rule in rules.values() for finding in project.ask(_question(rule, options))]
    least = Confidence(settings.min_confidence).rank
    overridden = {
        (code, finding.symbol)
        for finding in found
        if finding.confidence.rank >= least
        for code in rules[finding.code].overrides
    }
    return (f for f in found if (f.code, f.symbol) not in overridden)


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


def _is_wanted(finding: Finding, request: Request) -> bool:
    settings, wanted = request.settings, request.project.report_on
    path = finding.place.path
    rule = next(rule for rule in all_rules() if rule.code == finding.code)
    return (
        (wanted is None or path in wanted)
        and _is_selected(rule, settings)
        and finding.confidence.rank >= Confidence(settings.min_confidence).rank
    )


def _unsuppressed(findings: list[Finding], sources: Sources, apply_noqa: bool) -> Iterator[Finding]:
    by_path: dict[str, Suppressions] = {}
    for finding in findings:
        path = finding.place.path
        if path not in by_path:
            by_path[path] = suppressions(_text(sources, path))
        if not by_path[path].covers(finding.code, finding.place.line, noqa=apply_noqa):
            yield finding


def _text(sources: Sources, path: str) -> str:
    try:
        return decode(sources.data(path))
    except DecodeError:
        return ""


def _explain(request: Request, symbols: Sequence[str]) -> tuple[Sheet | Unknown, ...]:
    with _opened(request) as (sources, _):
        project = _link(request, sources, None, thorough=True)
        asked = Explanations(project, sources, request.settings.src)
        found = [asked.of(symbol) for symbol in symbols]
        codes: dict[str, set[str]] = {}
        for finding in _by_rules(request.settings, project) if any(isinstance(one, Container) for one in found) else ():
            codes.setdefault(finding.symbol, set()).add(finding.code)
        return tuple(
            sheet_of(project, one, tuple(sorted(codes.get(one.symbol, ())))) if isinstance(one, Container) else one
            for one in found
        )
