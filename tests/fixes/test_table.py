"""How many findings of the fixtures and of the rules' pages are repaired: numbers that may only rise.

`python -m tests.fixes.test_table` prints the table, with the reasons of what is refused.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.fixes.formatters import RUFF, reformatted
from tests.programs import request_for, write
from tests.test_fixtures import FIXTURES, fixture_directories
from tests.test_fixtures import request_for as request_for_fixture
from unbounded_lint.fixes.driver import FAILED, Plan, plan
from unbounded_lint.rules import all_rules

REPAIRED = {
    "UBM101": 96,
    "UBM102": 11,
    "UBM103": 7,
    "UBM104": 11,
    "UBM105": 22,
    "UBM106": 7,
    "UBM201": 6,
    "UBM202": 6,
    "UBM203": 14,
    "UBM204": 7,
    "UBM205": 6,
    "UBM206": 4,
    "UBM207": 12,
    "UBM208": 7,
    "UBM209": 6,
    "UBM210": 9,
    "UBM301": 7,
}
"""Code -> how many are repaired at least."""

SAMPLE = ("gateway", "insert-without-sweeper-start", "losable-sweeper", "removal-while-iterating")


def of_fixtures(rules: Iterable[str] = ()) -> Iterator[tuple[str, Plan]]:
    for directory in fixture_directories():
        name = directory.relative_to(FIXTURES).as_posix()
        if not rules or name.partition("/")[0] in rules:
            yield name, plan(request_for_fixture(directory))


def of_pages() -> Iterator[tuple[str, Plan]]:
    for rule in all_rules():
        for number, example in enumerate(rule.examples):
            if example.kind == "bad":
                with tempfile.TemporaryDirectory() as folder:
                    yield f"{rule.code} {number}", plan(request_for(write(Path(folder), example.files)))


def counted(plans: Iterable[tuple[str, Plan]]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Code -> how many are repaired, and -> why the others are not."""
    repaired: Counter[str] = Counter()
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    for name, made in plans:
        repaired.update(done.finding.code for done in made.done)
        for each in made.refused:
            assert not each.reason.startswith(FAILED), f"{name}: {each.finding.symbol}: {each.reason}"
            refused[each.finding.code][each.reason] += 1
    return repaired, refused


def formatted(files: Mapping[Path, bytes], folder: Path, *options: str) -> frozenset[Path]:
    """Those of some files that a formatter leaves as they are."""
    left = reformatted(files, folder, *RUFF, *options)
    return frozenset(path for path, data in files.items() if left[path] == data)


@pytest.mark.exhaustive
def test_no_less_is_repaired_than_before_and_formatters_leave_it(tmp_path: Path) -> None:
    plans = list(of_fixtures())
    files = {Path(name) / path: states for name, made in plans for path, states in made.files.items()}
    before = formatted({path: data for path, (data, _) in files.items()}, tmp_path / "before")
    after = formatted({path: data for path, (_, data) in files.items()}, tmp_path / "after")
    assert len(before) > 100 and before <= after, sorted(before - after)
    repaired, _ = counted([*plans, *of_pages()])
    assert repaired == REPAIRED, "less is repaired, or more: then raise the numbers"


@pytest.mark.parametrize("rule", SAMPLE)
def test_what_is_repaired_stays_so(rule: str) -> None:
    """Of a rule's fixtures, what a run finds after the repair is repaired to the end."""
    for name, made in of_fixtures([rule]):
        told = {(one.finding.code, one.finding.symbol) for one in made.done}
        left = {(finding.code, finding.symbol) for finding in made.remaining}
        assert not told & left, name


def main() -> None:
    repaired, refused = counted([*of_fixtures(), *of_pages()])
    for code in sorted({*repaired, *refused}):
        print(f"{code}  repaired {repaired[code]:>3}  refused {sum(refused[code].values()):>3}")
        for reason, number in refused[code].most_common():
            print(f"    {number:>3}  {reason}")


if __name__ == "__main__":
    main()
