"""What `check` does with findings that a project has already: accept them in a baseline or by comments, or report only
what is new since a revision.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from unbounded_lint.cli.terminal import PROGRAM, say
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.cli.options import Parser
    from unbounded_lint.files.discovery import ProjectFiles
    from unbounded_lint.findings.finding import Finding
    from unbounded_lint.run.request import Outcome, Request

_CONFLICTS = (
    ("write_baseline", "baseline"),
    ("write_baseline", "add_ignore"),
    ("write_baseline", "diff_base"),
    ("write_baseline", "output"),
    ("stdin_filename", "write_baseline"),
    ("stdin_filename", "add_ignore"),
    ("stdin_filename", "diff_base"),
    ("stdin_filename", "fix"),
    ("write_baseline", "fix"),
    ("add_ignore", "fix"),
    ("write_baseline", "diff"),
    ("add_ignore", "diff"),
)


def add_review_options(parser: Parser) -> None:
    """Add the options about findings that are there already."""
    group = parser.add_argument_group("old findings")
    group.add_argument("--baseline", metavar="FILE", help="do not report the findings that FILE accepts")
    group.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="write all findings of the project into FILE, in place of what it accepted before",
    )
    group.add_argument(
        "--add-ignore",
        metavar="REASON",
        help="write a comment `# ubm: ignore[CODE] REASON` at each finding, so that it is not reported again",
    )
    group.add_argument(
        "--diff-base",
        metavar="REV",
        help="report only what is new since a revision of git (REV... for where the branch left REV)",
    )


def demand_no_conflict(options: argparse.Namespace) -> None:
    """Raises `UserError` for options of which one makes no sense beside the other, or without a value."""
    for option in ("baseline", "write_baseline"):
        if getattr(options, option, None) == "":
            raise UserError(f"{_written(option)} names no file; give one")
    if options.diff_base == "":
        raise UserError("--diff-base names no revision; give one")
    if options.add_ignore is not None:
        from unbounded_lint.comments.ignoring import checked_reason

        if os.path.lexists(options.add_ignore):  # a path that was meant would be taken for it, and all files changed
            path = options.add_ignore
            raise UserError(f'--add-ignore takes a reason, and {path} is a path; write --add-ignore "REASON" {path}')
        options.add_ignore = checked_reason(options.add_ignore)
    for one, other in _CONFLICTS:
        if all(getattr(options, each, None) not in (None, [], False) for each in (one, other)):
            raise UserError(f"{_written(one)} and {_written(other)} cannot be combined; give one of them")


def _written(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def asked(options: argparse.Namespace, request: Request) -> Request:
    """What the runner is asked where these options are given."""
    import msgspec

    if options.write_baseline is not None:
        whole = msgspec.structs.replace(request.project, report_on=None)
        settings = msgspec.structs.replace(request.settings, baseline=None)
        request = msgspec.structs.replace(request, project=whole, settings=settings)
    return msgspec.structs.replace(request, diff_base=options.diff_base or "")


def settled(
    options: argparse.Namespace, project: ProjectFiles, outcome: Outcome, shown: Callable[[str], str]
) -> Outcome:
    """Accept the findings of a run as these options ask, say so, and give the outcome with those that are left. Raises
    `UserError` where a file cannot be written."""
    if options.write_baseline is not None:
        return _write_baseline(options.write_baseline, outcome)
    if options.add_ignore is not None:
        return _add_ignores(options.add_ignore, project, outcome, shown)
    return outcome


def _write_baseline(file: str, outcome: Outcome) -> Outcome:
    from unbounded_lint.findings.wording import plural
    from unbounded_lint.run import baseline

    left, accepted = baseline.write(file, file, outcome.findings)
    say(f"Wrote a baseline of {plural(len(accepted), 'finding')} to {file}.")
    return _with_findings(outcome, left, accepted)


def _add_ignores(reason: str, project: ProjectFiles, outcome: Outcome, shown: Callable[[str], str]) -> Outcome:
    from unbounded_lint.comments.ignoring import ignore
    from unbounded_lint.findings.wording import plural
    from unbounded_lint.reporters.base import printable

    done = ignore(project, outcome.findings, reason)
    for path, count in done.counts.items():
        say(f"{printable(shown(path))}: {plural(count, 'finding')} ignored")
    for path, why in done.reasons.items():
        count = sum(finding.place.path == path for finding in done.left)
        say(f"{PROGRAM}: warning: {printable(shown(path))}: {plural(count, 'finding')} left, since {why}")
    if done.counts:
        say(f"Ignored {plural(sum(done.counts.values()), 'finding')} in {plural(len(done.counts), 'file')}.")
    return _with_findings(outcome, done.left, outcome.accepted)


def _with_findings(outcome: Outcome, findings: tuple[Finding, ...], accepted: tuple[Finding, ...]) -> Outcome:
    import msgspec

    by_code = dict(sorted(Counter(finding.code for finding in findings).items()))
    stats = msgspec.structs.replace(outcome.stats, by_code=by_code)
    return msgspec.structs.replace(outcome, findings=findings, accepted=accepted, stats=stats)


def left_out(options: argparse.Namespace, outcome: Outcome) -> str:
    """How many findings a run has kept to itself, and why, as the end of the summary."""
    counts = [f"{len(outcome.accepted)} more in the baseline"] if outcome.accepted else []
    if outcome.known:
        counts.append(f"{len(outcome.known)} more in {options.diff_base} already")
    return f" ({', '.join(counts)})" if counts else ""
