"""The baseline: a file of findings that a project has accepted, which are not reported again.

One finding a line, as its code and what it is about, which stays the same when lines move: the symbol, or path and
message where there is none. Lines are sorted, so that a change of the file says what was accepted and what is gone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from unbounded_lint.disk.reading import SOURCE_LIMIT, RefusedFile, read_regular
from unbounded_lint.disk.writing import write_whole
from unbounded_lint.errors import UserError, clause
from unbounded_lint.findings.finding import Finding
from unbounded_lint.findings.symbols import plain_symbol

VERSION = 1

NEVER_ACCEPTED = frozenset({"UBM900", "UBM904"})
"""A fault of this program, and what is wrong with the baseline itself."""

_HEADER = "# unbounded-lint baseline, version "
_ENTRY = re.compile(r"(?P<code>[A-Z]+\d+) (?:x(?P<count>[1-9]\d{0,8}) )?(?P<subject>.+)")
_LOOKS_COUNTED = re.compile(r"x\d+ ")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\\]|^ | $")


class Key(NamedTuple):
    """What tells one finding from another wherever its lines move: its code, and the symbol, or path and message, on
    one line."""

    code: str
    subject: str

    @classmethod
    def of(cls, code: str, subject: str) -> Key:
        """The key for a code and a symbol, or path and message."""
        return cls(code, _UNPRINTABLE.sub(_escaped, subject))

    @property
    def spelled(self) -> Key:
        """The same, with a private name as people write it: a baseline may have either spelling."""
        return Key(self.code, plain_symbol(self.subject))


def _escaped(found: re.Match[str]) -> str:
    return r"\x20" if found[0] == " " else found[0].encode("unicode_escape").decode()


class Entry(NamedTuple):
    """A line of a baseline, counted from 1: how many findings of a key it accepts."""

    line: int
    key: Key
    accepts: int


class Applied(NamedTuple):
    """Findings without those that a baseline accepts, those that it accepts, and how many of each entry are left
    over."""

    kept: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    left: Mapping[Entry, int]


def key_of(finding: Finding) -> Key:
    """The key of a finding."""
    return Key.of(finding.code, finding.symbol or f"{finding.place.path}: {finding.message}")


def read(path: str, shown: str) -> tuple[Entry, ...]:
    """The entries of the baseline at a path, which messages call `shown`. Raises `UserError` where it is missing,
    cannot be read, or is none of this version."""
    lines = _lines(path, shown)
    if lines[0] != f"{_HEADER}{VERSION}":
        if lines[0].startswith(_HEADER):
            raise UserError(
                f"The baseline {shown} is of another version than {VERSION}, the one that this program reads; "
                f"write it anew with --write-baseline {shown}"
            )
        raise UserError(f"{shown} is no baseline; give one that --write-baseline has written")
    return tuple(_entries(lines, shown))


def _lines(path: str, shown: str) -> list[str]:
    try:
        text = read_regular(path, SOURCE_LIMIT).decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"The baseline {shown} is missing; write it with --write-baseline {shown}, or name another one"
        ) from None
    except UnicodeDecodeError:
        raise UserError(f"{shown} is no baseline; give one that --write-baseline has written") from None
    except (OSError, ValueError) as error:
        raise UserError(f"The baseline {shown} cannot be read: {clause(error)}") from None
    return [line.removesuffix("\r") for line in text.split("\n")]


def _entries(lines: Sequence[str], shown: str) -> Iterator[Entry]:
    seen: set[Key] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _ENTRY.fullmatch(line)
        if found is None:
            raise UserError(
                f"{shown}:{number}: this line of the baseline is not CODE SYMBOL; take it away, or write the baseline "
                f"anew with --write-baseline {shown}"
            )
        key = Key(found["code"], found["subject"])
        # Two branches that are merged may each have brought the line.
        if key.spelled not in seen:
            seen.add(key.spelled)
            yield Entry(number, key, int(found["count"] or 1))


def applied(entries: Iterable[Entry], findings: Iterable[Finding]) -> Applied:
    """What entries accept of findings: of a key as many as they count, the first ones."""
    by_key = {entry.key.spelled: entry for entry in entries}
    left = {entry: entry.accepts for entry in by_key.values()}
    kept: list[Finding] = []
    accepted: list[Finding] = []
    for finding in findings:
        entry = by_key.get(key_of(finding).spelled) if finding.code not in NEVER_ACCEPTED else None
        if entry is not None and left[entry]:
            left[entry] -= 1
            accepted.append(finding)
        else:
            kept.append(finding)
    return Applied(tuple(kept), tuple(accepted), {entry: count for entry, count in left.items() if count})


class Written(NamedTuple):
    """Findings that a baseline cannot accept, and those that it accepts now."""

    left: tuple[Finding, ...]
    accepted: tuple[Finding, ...]


def write(path: str, shown: str, findings: Sequence[Finding]) -> Written:
    """Write a baseline that accepts these findings, as far as it can. Raises `UserError` where it cannot be written, or
    something is there that is no baseline."""
    accepted = tuple(finding for finding in findings if finding.code not in NEVER_ACCEPTED)
    counted = Counter(map(key_of, accepted))
    text = "".join(f"{line}\n" for line in (f"{_HEADER}{VERSION}", *map(_line, sorted(counted), _counts(counted))))
    _demand_no_other(path, shown)
    try:
        write_whole(path, text.encode())
    except (OSError, ValueError) as error:
        raise UserError(f"The baseline {shown} cannot be written: {clause(error)}") from None
    return Written(tuple(finding for finding in findings if finding.code in NEVER_ACCEPTED), accepted)


def _counts(counted: Counter[Key]) -> list[int]:
    return [counted[key] for key in sorted(counted)]


def _line(key: Key, count: int) -> str:
    shown = f"x{count} " if count > 1 or _LOOKS_COUNTED.match(key.subject) else ""
    return f"{key.code} {shown}{key.subject}"


def _demand_no_other(path: str, shown: str) -> None:
    """A slip of the hand must not cost a file of the project."""
    try:
        before = read_regular(path, SOURCE_LIMIT)
    except RefusedFile as error:
        raise UserError(f"The baseline {shown} cannot be written: {error.strerror}; give another name") from None
    except (OSError, ValueError):
        return
    if before.strip() and not before.removeprefix(b"\xef\xbb\xbf").startswith(_HEADER.encode()):
        raise UserError(f"{shown} is there and is no baseline; give --write-baseline another name, or remove it")


def place_of(setting: str, root: str) -> str:
    """The path of a baseline that the settings of the project at `root` name."""
    return os.path.normpath(os.path.join(root, setting))
