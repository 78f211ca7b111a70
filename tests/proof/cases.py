"""The cases of the proof: a leaky program, and the driver that makes it grow.

Drivers lie in `fixtures/_drivers/`, which no fixture is read from: `<rule>/<case>.py` is that of the fixture of this
name, `gateway/` has those of the stages of the gateway, of which some are served alike, and `pages/<rule>_<number>.py`
is that of a program of a rule's page.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.programs import request_for, write
from tests.test_fixtures import FIXTURES, GATEWAY
from tests.test_fixtures import request_for as request_for_fixture
from unbounded_lint.rules import all_rules
from unbounded_lint.run.request import Request

DRIVERS = FIXTURES / "_drivers"

STAGES = {
    "0_leaky/gateway_dicts": "runs",
    "0_leaky/gateway_getter": "runs",
    "0_leaky/gateway_singleton": "runs",
    "1_first_fix/first_fix_dicts": "runs",
    "1_first_fix/first_fix_getter": "runs",
    "1_first_fix/first_fix_singleton": "runs",
    "2_birth_dated/birth_dated_dicts": "busy",
    "2_birth_dated/birth_dated_getter": "busy",
    "3_forgotten_companion/forgotten_companion_dicts": "sessions",
    "3_forgotten_companion/forgotten_companion_singleton": "sessions",
    "5_guarded_start/guarded_start_dicts": "spawned",
    "5_guarded_start/guarded_start_singleton": "spawned",
    "6_restore_without_start/restore_without_start_dicts": "restored",
    "6_restore_without_start/restore_without_start_singleton": "restored",
    "7_fragile_tick/fragile_tick_dicts": "transcripts",
    "7_fragile_tick/fragile_tick_getter": "transcripts",
}
"""Stage and form -> the driver."""

QUIET = {
    "4_partial_reset": "what only tests reach forgets a companion",
    "8_told_twice": "the repaired sweeper announces a run again after a restart",
    "9_fixed": "all is mended",
}
"""Stages of which nothing is reported, since nothing grows -> what they show."""

FAULTS = {"1_first_fix": "working"}
"""Stage -> the driver that tells what goes wrong where nothing grows, if it is another one."""

NO_GROWTH = {
    "UBM209": "loses entries that are in use, and keeps none",
    "removal-while-iterating/list-skips": "passes over every other entry, which goes with a later tick",
    "pages/insert_without_sweeper_start_2": "is filled once, as the program starts",
}
"""Codes and cases whose findings are no growth -> why."""


class Case(NamedTuple):
    """A program and its driver, with what the driver is given, and the one that tells what goes wrong where nothing
    grows, if it is another."""

    name: str
    driver: Path
    arguments: tuple[str, ...] = ()
    other: Path | None = None

    @property
    def telling(self) -> Path | None:
        """The driver that tells what goes wrong where nothing grows, if that is told."""
        return next((one for one in (self.driver, self.other) if one and "fault(" in one.read_text("utf-8")), None)

    def lay(self, root: Path) -> Request:
        """Write the program below a directory, and give the run that looks at it."""
        kind, _, rest = self.name.partition("/")
        if kind == "pages":
            rule, _, number = rest.rpartition("_")
            return request_for(write(root, _bad(rule)[int(number) - 1]))
        if kind == "gateway":
            shutil.copytree(GATEWAY / rest, root / rest.partition("/")[2], dirs_exist_ok=True)
            return request_for(root)
        shutil.copytree(FIXTURES / self.name, root, dirs_exist_ok=True)
        return request_for_fixture(root)


def cases() -> Iterator[Case]:
    """All there are, in their order."""
    for driver in sorted(DRIVERS.rglob("*.py")):
        name = driver.relative_to(DRIVERS).with_suffix("").as_posix()
        if not name.startswith("gateway/"):
            yield Case(name, driver)
    for stage, served in STAGES.items():
        number, _, program = stage.partition("/")
        other = DRIVERS / "gateway" / f"{FAULTS[number]}.py" if number in FAULTS else None
        yield Case(f"gateway/{stage}", DRIVERS / "gateway" / f"{served}.py", (program,), other)


def programs_of_pages() -> Iterator[str]:
    """The names of all programs on the pages that are reported, but for what is said of files and comments."""
    for rule in all_rules():
        if rule.code.startswith("UBM9"):
            continue
        for number, _ in enumerate(_bad(rule.name.replace("-", "_")), 1):
            yield f"pages/{rule.name.replace('-', '_')}_{number}"


def _bad(name: str) -> list[dict[str, str]]:
    (rule,) = (rule for rule in all_rules() if rule.name.replace("-", "_") == name)
    return [dict(example.files) for example in rule.examples if example.kind == "bad"]
