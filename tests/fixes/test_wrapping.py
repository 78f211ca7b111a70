"""Statements that are too long, spread over lines: a formatter leaves them as they are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.fixes.formatters import RUFF, reformatted
from unbounded_lint.fixes.syntax import Syntax
from unbounded_lint.fixes.wrapping import Bounds, wrapped

STATEMENTS = (
    "N.pop(next(iter(N)), None)",
    "del N[:-LIMIT]",
    "del N[k]",
    "del N[k][:-LIMIT]",
    "N.append(M)",
    "N[k].append(M)",
    "N.setdefault(k, []).append(M)",
    "N[:] = [entry for entry in N if now - entry[0] <= M]",
    "N.setdefault(k, []).append(lambda: M().at)",
    "N(k).add(v).append(M)",
    "N = M(k).get(v)",
    "N = {k: v for k, v in M.items() if v.at > limit}",
    "N = M()",
    "N: dict[str, int] = M()",
    "N: int = M(k)",
    "N[k] = M(k, v)",
    "N[k] = M()",
    "N[k] = M",
    "N[k].at = M()",
    "N.at = M()",
    "N(k).at = M()",
    "N[k].at = M - k",
    "N[k].at = M(k)",
    "N.at[k] = M",
    "N[k] = M[v] = Lock()",
    'N[k] = {"value": v, "at": M()}',
    'N[k] = {"at": M()}',
    "N[k] = (v, M())",
    "N = await M(k, v)",
    "N += M",
    "a, b = M(k)",
    "N = M[k]",
    "N = M.at",
    "N = M(k).start()",
    "N = asyncio.create_task(M())",
    "N = task = asyncio.create_task(M(), name=k)",
    "N(target=M, args=(k,), daemon=True).start()",
    "N.add_done_callback(M.discard)",
    "N = now() - M",
    "N = M - len(k)",
    "N = M + k - 1",
    "return N.setdefault(k, M())",
    "return N",
    "return N - M",
    "return await N(M)",
    'logger.exception("N failed")',
    "if len(N) > M:",
    "if not N:",
    "if not N[M]:",
    "if N:",
    "if N(M):",
    "if N[k] <= 0:",
    "if N[k] is None and N[k].at < M:",
    "if N and M:",
    "if N and not M and k:",
    "if N and M(k):",
    "if N or M or k:",
    "if N and M or k:",
    "if k in N:",
    "if now - N < M:",
    "if now - N < M(k):",
    "while not N and not M:",
    "while N(M):",
    "for key, entry in list(N.items()):",
    "for key in list(N):",
    "for key in [k for k, at in N.items() if at < M]:",
    "for entry in N:",
    "with N.setdefault(k, M()):",
    "with N(M) as k:",
    "def N(self) -> None:",
    "def N() -> None:",
    "def N():",
    "def N(self, M=None) -> int:",
    "def N(self, *, M=None) -> int:",
    "async def N(self, k: int, v=M):",
    "from N import a, M",
    "x = N if k else M",
    "N = [*M, k]",
    "N(M for k in v)",
    "N(*M, **k)",
    "N[k], M[k] = k, v",
    "assert N(M)",
)
"""One for each form that recipes write, and some that they do not; N and M are names of all lengths."""

COMMENT = "  # expect: UBM101"
LIMIT = 60


def programs(lengths: Iterable[int]) -> Iterator[str]:
    """Files with each statement, its names as long as given."""
    for length in lengths:
        for indent in ("", "    "):
            for statement in STATEMENTS:
                for comment in ("", COMMENT):
                    yield _program(statement, length, indent, comment)


def _program(statement: str, length: int, indent: str, comment: str) -> str:
    name, other = "n" + "a" * length, "self.m" + "b" * (length * 2 // 3)
    line = re.sub(r"\bM\b", other, re.sub(r"\bN\b", name, statement))
    if re.match(r"(?:async )?def |from ", line):
        line = line.replace("self.m", "m")
    body = "    pass\n" if line.endswith(":") else ""
    text = f"{line}{comment}\n{body}"
    if not indent:
        return text
    return "async def f():\n" + "".join(f"{indent}{each}\n" for each in text.splitlines())


def spread(text: str, bounds: Bounds) -> str:
    """A program with its one statement that is too long spread over lines, "" where it is refused."""
    file = Syntax("m.py", text.encode())
    for statement in file.statements:
        start = file.span(statement.node)[0]
        if len(file.text[file.line_start(start) : file.line_end(start)]) > bounds.limit:
            lines = wrapped(file, statement, bounds)
            return text[:start] + "\n".join(lines) + text[file.line_end(start) :] if lines is not None else ""
    return ""


def undone(texts: Sequence[str], folder: Path, *command: str) -> list[str]:
    """What a formatter makes of those of some programs that it changes."""
    files = {Path(f"m{number}.py"): text.encode() for number, text in enumerate(texts)}
    return [data.decode() for path, data in reformatted(files, folder, *command).items() if data != files[path]]


def made(lengths: Iterable[int], bounds: Bounds) -> list[str]:
    return [text for program in programs(lengths) if (text := spread(program, bounds))]


@pytest.mark.parametrize(
    "lengths",
    [range(10, 40, 7), pytest.param(range(4, 60), marks=[pytest.mark.exhaustive, pytest.mark.release])],
    ids=["some", "all"],
)
def test_a_formatter_leaves_what_is_spread_over_lines(lengths: range, tmp_path: Path) -> None:
    texts = made(lengths, Bounds(LIMIT))
    assert len(texts) > 40 * len(lengths)
    assert not undone(texts, tmp_path, *RUFF, "--line-length", str(LIMIT))


def test_where_the_limit_is_not_known_formatters_with_larger_ones_leave_what_can_be_left(tmp_path: Path) -> None:
    texts = made(range(10, 40, 7), Bounds(LIMIT, sure=False))
    listed = [text for text in texts if ",\n" in text]
    assert len(listed) > 100
    assert not undone(texts, tmp_path, *RUFF, "--line-length", str(LIMIT))
    for limit in (LIMIT + 10, 120):
        folder = tmp_path / str(limit)
        folder.mkdir()
        assert not undone(listed, folder, *RUFF, "--line-length", str(limit))


@pytest.mark.skipif(shutil.which("black") is None, reason="black is not installed")
def test_black_leaves_it_too(tmp_path: Path) -> None:
    texts = made(range(10, 40, 7), Bounds(LIMIT))
    assert not undone(texts, tmp_path, "black", "-q", "-l", str(LIMIT))
