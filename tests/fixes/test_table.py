"""How many findings of the fixtures and of the rules' pages are repaired: numbers that may only rise.

`python -m tests.fixes.test_table` prints the table, with the reasons of what is refused.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from tests.fixes.formatters import RUFF, reformatted
from tests.processes import finished
from tests.programs import request_for, write
from tests.test_fixtures import FIXTURES, SOURCE_FILE, fixture_directories
from tests.test_fixtures import request_for as request_for_fixture
from tests.transforms import lengthen
from unbounded_lint.fixes.driver import FAILED, Plan, plan
from unbounded_lint.fixes.style import USUAL
from unbounded_lint.fixes.writing import difference
from unbounded_lint.rules import all_rules

REPAIRED = {
    "UBM101": 121,
    "UBM102": 17,
    "UBM103": 7,
    "UBM104": 11,
    "UBM105": 25,
    "UBM106": 8,
    "UBM201": 7,
    "UBM202": 6,
    "UBM203": 14,
    "UBM204": 7,
    "UBM205": 6,
    "UBM206": 4,
    "UBM207": 17,
    "UBM208": 13,
    "UBM209": 10,
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
    for name, files in pages():
        with tempfile.TemporaryDirectory() as folder:
            yield name, plan(request_for(write(Path(folder), files)))


def pages() -> Iterator[tuple[str, Mapping[str, str]]]:
    """The programs of the rules' pages that are reported."""
    for rule in all_rules():
        for number, example in enumerate(rule.examples):
            if example.kind == "bad":
                yield f"{rule.code} {number}", example.files


def fixtures(rules: Collection[str] = ()) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The programs of fixtures that stand by themselves, of some rules or all."""
    for directory in fixture_directories():
        if (not rules or directory.parent.name in rules) and not (directory / SOURCE_FILE).exists():
            files = (file for file in directory.rglob("*") if file.suffix in {".py", ".toml"})
            texts = {file.relative_to(directory).as_posix(): file.read_text(encoding="utf-8") for file in files}
            yield directory.relative_to(FIXTURES).as_posix(), texts


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


Programs: TypeAlias = "Iterable[tuple[str, Mapping[str, str]]]"


class Variant(NamedTuple):
    """Programs with names that are at least so long, and lines that may be so long."""

    names: int
    lines: int

    def plans(self, programs: Programs, folder: Path) -> Iterator[tuple[str, Plan]]:
        """The programs, formatted so, and their repairs."""
        length = f"line-length = {self.lines}\n"
        for name, files in programs:
            root = write(folder / name, {**(lengthen(files, self.names).files if self.names else files), **SETTINGS})
            (root / "ruff.toml").write_text(length, encoding="utf-8")
            done = finished([*RUFF, "--line-length", str(self.lines), "."], cwd=root)
            assert done.returncode == 0, done.stderr
            yield name, plan(request_for_fixture(root))


SETTINGS = {"pyproject.toml": '[tool.unbounded-lint]\nselect = ["UBM"]\nmin-confidence = "medium"\n'}
VARIANTS = (Variant(0, 60), Variant(0, 72), Variant(20, 88), Variant(28, 88), Variant(36, 88), Variant(40, 120))


def undone(plans: Iterable[tuple[str, Plan]], lines: int, folder: Path) -> list[str]:
    """What a formatter changes of repaired files."""
    files = {Path(name) / path: after for name, made in plans for path, (_, after) in made.files.items()}
    left = reformatted(files, folder, *RUFF, "--line-length", str(lines))
    changed = {path.as_posix(): (data, left[path]) for path, data in files.items() if data != left[path]}
    return list(difference(changed, str))


@pytest.mark.exhaustive
@pytest.mark.release
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_formatters_leave_what_is_repaired_whatever_the_names_and_lines(variant: Variant, tmp_path: Path) -> None:
    plans = list(variant.plans([*fixtures(), *pages()], tmp_path / "before"))
    assert sum(len(made.done) for _, made in plans) > 200
    assert not undone(plans, variant.lines, tmp_path / "after")


@pytest.mark.parametrize(
    ("variant", "programs"),
    [(Variant(28, 88), fixtures(SAMPLE)), (Variant(0, USUAL), pages())],
    ids=["long names", "pages"],
)
def test_formatters_leave_what_is_repaired(variant: Variant, programs: Programs, tmp_path: Path) -> None:
    plans = list(variant.plans(programs, tmp_path / "before"))
    assert sum(len(made.done) for _, made in plans) > 25
    assert not undone(plans, variant.lines, tmp_path / "after")


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
