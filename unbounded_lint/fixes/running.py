"""What the command, editors and reports ask of the repairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from unbounded_lint.disk.cache import Cache, open_cache
from unbounded_lint.findings.finding import Finding
from unbounded_lint.fixes import driver
from unbounded_lint.fixes.driver import Done, NotDone, Plan
from unbounded_lint.fixes.shop import About, about
from unbounded_lint.run.request import Outcome, Request


def planned(request: Request, findings: Iterable[Finding]) -> Plan:
    """All that can be repaired of some findings of a run, in memory."""
    return driver.plan(request, _cache(request), findings=findings)


def repairs(request: Request, wanted: Collection[About]) -> Mapping[About, Done | NotDone]:
    """As `driver.each`, with the cache of the request."""
    return driver.each(request, _cache(request), wanted)


def with_fixes(outcome: Outcome, request: Request) -> Outcome:
    """The outcome of a run, each finding with its `fix` where there is one: edits of the files as they are, of which
    each leaves nothing of its finding and brings no other. Those of different findings may concern the same text."""
    made = repairs(request, frozenset(map(about, outcome.findings)))
    found = {key: one.fix for key, one in made.items() if isinstance(one, Done)}
    findings = tuple(replace(f, fix=found[about(f)]) if about(f) in found else f for f in outcome.findings)
    return replace(outcome, findings=findings)


def _cache(request: Request) -> Cache | None:
    return open_cache(request.project.root, request.settings.cache_dir).cache if request.use_cache else None
