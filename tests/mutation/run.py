"""Breaks programs in every way the engine knows, and asks the real pipeline about each mutant."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutate import ALLOWED, Mutant, mutants
from tests.mutation.programs import Whole, programs
from tests.programs import link, write
from unbounded_lint.facts.stack import run_with_big_stack
from unbounded_lint.run import runner
from unbounded_lint.run.request import Request

PROCESSES = 2


class Answer(NamedTuple):
    """What became of one mutant: its name, what was broken, the new codes about its container, and all new ones."""

    label: str
    kind: str
    codes: tuple[str, ...]
    others: tuple[tuple[str, str], ...]

    @property
    def caught(self) -> bool:
        """Whether one of the codes is one that was to be expected."""
        return bool(ALLOWED[self.kind] & set(self.codes))


def answers(wholes: Iterable[Whole]) -> list[Answer]:
    """The answers about every mutant of these programs, in their order."""
    wholes = list(wholes)
    if (os.cpu_count() or 1) < PROCESSES:
        return [answer for program in wholes for answer in of_program(program)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return [answer for found in pool.map(of_program, wholes, chunksize=4) for answer in found]


def of_program(program: Whole) -> list[Answer]:
    """The answers about the mutants of one program; what it says of containers before is left out."""
    with tempfile.TemporaryDirectory() as directory:
        root = program.write(Path(directory))
        return run_with_big_stack(lambda: list(_answers(program, root)))


def _answers(program: Whole, root: Path) -> Iterator[Answer]:
    request = program.request(root, "low")  # what is noticed at any confidence counts
    before = _findings(request)
    known = {symbol for symbol, _ in before}
    for mutant in mutants(link(request), program.files):
        if mutant.symbol not in known:
            yield _answer(program, mutant, request, root, before)


def _answer(program: Whole, mutant: Mutant, request: Request, root: Path, before: frozenset[tuple[str, str]]) -> Answer:
    write(root, mutant.files)
    try:
        found = _findings(request) - before
    finally:
        write(root, {path: program.files[path] for path in mutant.files})
    own = tuple(sorted(code for symbol, code in found if symbol == mutant.symbol))
    return Answer(f"{program.name}: {mutant.label}", mutant.kind, own, tuple(sorted(found)))


def _findings(request: Request) -> frozenset[tuple[str, str]]:
    return frozenset((finding.symbol, finding.code) for finding in runner.check(request).findings)


def _main() -> None:
    found = answers(programs())
    caught = sum(answer.caught for answer in found)
    print(f"{caught} of {len(found)} mutants are caught: {caught / len(found):.1%}")


if __name__ == "__main__":
    _main()
