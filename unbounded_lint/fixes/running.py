"""What the command, editors and reports ask of the repairs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from unbounded_lint.cache import Cache, open_cache
from unbounded_lint.finding import Finding
from unbounded_lint.fixes.driver import Plan, plan
from unbounded_lint.fixes.shop import about
from unbounded_lint.request import Outcome, Request


def planned(request: Request, findings: Iterable[Finding]) -> Plan:
    """All that can be repaired of some findings of a run, in memory."""
    return plan(request, _cache(request), findings=findings)


def with_fixes(outcome: Outcome, request: Request) -> Outcome:
    """The outcome of a run, each finding with its `fix` where there is one: edits of the files as they are, of which
    each leaves nothing of its finding and brings no other. Those of different findings may concern the same text."""
    made = plan(request, _cache(request), rounds=1, findings=outcome.findings)
    found = {about(done.finding): done.fix for done in made.done}
    findings = tuple(replace(f, fix=found[about(f)]) if about(f) in found else f for f in outcome.findings)
    return replace(outcome, findings=findings)


def _cache(request: Request) -> Cache | None:
    return open_cache(request.project.root, request.settings.cache_dir).cache if request.use_cache else None
