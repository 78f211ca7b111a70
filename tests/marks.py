"""The marks of a program in a test, behind the definition of a container: `# expect: CODE`; `# low: CODE` for what is
only reported at low confidence; `# ok: REASON`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_EXPECT = re.compile(r"#\s*expect:(?P<codes>.*?)(?=#|$)")
_LOW = re.compile(r"#\s*low:(?P<codes>.*?)(?=#|$)")
_OK = re.compile(r"#\s*ok:(?P<reason>.*?)(?=#|$)")
_GAP = re.compile(r"^\s*#\s*known-gap:\s*(?P<reason>.+)$", re.MULTILINE)
_CODE = re.compile(r"UBM\d{3}")


class Report(NamedTuple):
    """One finding, expected or made."""

    path: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code}"


class Marks(NamedTuple):
    """All marks of one fixture."""

    expected: frozenset[Report]
    quiet: frozenset[tuple[str, int]]
    gap: str
    low: frozenset[Report] = frozenset()


def read_marks(directory: Path) -> Marks:
    """The marks in all Python files of a fixture; raises ValueError for one that makes no sense."""
    expected: set[Report] = set()
    low: set[Report] = set()
    quiet: set[tuple[str, int]] = set()
    gap = ""
    for file in python_files(directory):
        path = file.relative_to(directory).as_posix()
        text = file.read_text(encoding="utf-8")
        if found := _GAP.search(text):
            gap = found["reason"]
        for number, line in enumerate(text.splitlines(), 1):
            codes, is_quiet = read_line(line, f"{path}:{number}")
            expected.update(Report(path, number, code) for code in codes)
            unsure = _LOW.search(line)
            if unsure:
                low.update(Report(path, number, code) for code in _listed(unsure, line, f"{path}:{number}"))
            if is_quiet:
                quiet.add((path, number))
    return Marks(frozenset(expected), frozenset(quiet), gap, frozenset(low))


def read_line(line: str, place: str) -> tuple[tuple[str, ...], bool]:
    expect, ok = _EXPECT.search(line), _OK.search(line)
    if expect and ok:
        raise ValueError(f"{place}: a line is either expected to be reported or to stay quiet: {line}")
    if ok and not ok["reason"].strip():
        raise ValueError(f"{place}: `# ok:` needs the rule or the reason: {line}")
    if not expect:
        return (), bool(ok)
    return _listed(expect, line, place), False


def _listed(mark: re.Match[str], line: str, place: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for code in mark["codes"].split(","))
    if not all(_CODE.fullmatch(code) for code in codes):
        raise ValueError(f"{place}: `# expect:` and `# low:` take codes such as UBM101 and nothing else: {line}")
    return codes


def python_files(directory: Path) -> Iterator[Path]:
    return (file for file in sorted(directory.rglob("*.py")) if "__pycache__" not in file.parts)


def definition_lines(file: Path) -> dict[int, int]:
    """Lines of decorators, each with the line of the `def` below: a decorated function is one definition."""
    lines: dict[int, int] = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
            first = min(decorator.lineno for decorator in node.decorator_list)
            lines.update(dict.fromkeys(range(first, node.lineno), node.lineno))
    return lines


def problems(marks: Marks, found: Mapping[Report, str]) -> list[str]:
    """Where marks and findings (each with its message) disagree, in both directions; empty when they agree."""
    lines = [f"missed alarm: {report}" for report in sorted(marks.expected - found.keys())]
    for report in sorted(found.keys() - marks.expected):
        what = "must stay quiet" if (report.path, report.line) in marks.quiet else "nothing is expected here"
        lines.append(f"false alarm:  {report} ({what}): {found[report]}")
    return lines
