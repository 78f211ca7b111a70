"""Comments that ignore findings, written into the source files that they are about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from unbounded_lint.comments.placing import At, NoCommentError, Remark, with_comments
from unbounded_lint.comments.suppress import suppressions
from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.disk.writing import write_whole
from unbounded_lint.errors import UserError, clause
from unbounded_lint.files.discovery import ProjectFiles
from unbounded_lint.findings.finding import Finding

NEVER_IGNORED = frozenset({"UBM900"})
"""A fault of this program."""


class Ignored(NamedTuple):
    """What became of findings: the count of those that comments ignore now by file, the others, and by file why these
    are left."""

    counts: Mapping[str, int]
    left: tuple[Finding, ...]
    reasons: Mapping[str, str]


def checked_reason(reason: str) -> str:
    """The reason as comments will give it. Raises `UserError` for one that they cannot."""
    plain = " ".join(reason.split())
    said = suppressions(f"x = 1  # ubm: ignore[UBM101] {plain}\n")
    read = [one.reason for one in said.directives] if not (said.malformed or said.declarations) else []
    if not plain or not plain.isprintable() or read != [plain]:
        raise UserError("--add-ignore takes a reason in words, without `#` but for numbers as in #12; give one")
    return plain


def ignore(project: ProjectFiles, findings: Iterable[Finding], reason: str) -> Ignored:
    """Write comments with a reason into the files of a project that findings are about. Raises `UserError` where one
    cannot be written."""
    sources = {file.path for file in project.files}
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.place.path, []).append(finding)
    counts: dict[str, int] = {}
    left: list[Finding] = []
    reasons: dict[str, str] = {}
    for path, about in sorted(by_path.items()):
        wanted = {(one.place.line, one.code) for one in about if one.code not in NEVER_IGNORED}
        try:
            if path not in sources:
                raise NoCommentError("it is no Python file of the project")
            done = _ignore_in(project.root, path, wanted, reason)
        except NoCommentError as error:
            done, reasons[path] = frozenset(), str(error)
        rest = [one for one in about if (one.place.line, one.code) not in done]
        left += rest
        if len(rest) < len(about):
            counts[path] = len(about) - len(rest)
        if rest:
            ours = all(one.code in NEVER_IGNORED for one in rest)
            reasons.setdefault(path, "it is a fault of this program" if ours else "no comment can stand there")
    return Ignored(counts, tuple(left), reasons)


def _ignore_in(root: Path, path: str, wanted: Iterable[At], reason: str) -> frozenset[At]:
    """Write the comments into one file; gives what is ignored now."""
    place = os.path.join(root, path)
    if os.path.realpath(place) != os.path.join(os.path.realpath(root), *path.split("/")):
        raise NoCommentError("it is reached by a symbolic link")
    try:
        data = read_regular(place, SOURCE_LIMIT, follow=False)
    except (OSError, ValueError):
        raise NoCommentError("it cannot be read") from None
    new, done = with_comments(data, wanted, Remark("ignore", reason))
    if new != data:
        try:
            write_whole(place, new)
        except OSError as error:
            raise UserError(f"{place} cannot be written: {clause(error)}") from None
    return done
