"""One case, proven: its findings are confirmed by a run, repaired, and confirmed again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.confirm.children import PACE, confirmed
from tests.processes import environment, python
from tests.proof.cases import NO_GROWTH, Case
from unbounded_lint.facts.stack import run_with_big_stack
from unbounded_lint.fixes.running import planned
from unbounded_lint.run import runner

WORLD = Path(__file__).with_name("world.py")
ANSWERS = "12"
FAULTS = "30"
"""Steps of a driver that tells what goes wrong."""

LONGER = "400"
"""Steps of a driver that was too short to tell."""


class Row(NamedTuple):
    """What became of one finding: its container, the verdict of a run, how it is repaired or why it is not, the verdict
    of a run after the repair, and whether the repaired program answers as before; "" where it is not repaired.

    fault and mended are what goes wrong in a run before the repair and after it, where that is told and is no growth.
    """

    code: str
    case: str
    symbol: str
    before: str
    repair: str = ""
    refused: str = ""
    after: str = ""
    kept: str = ""
    fault: str = ""
    mended: str = ""

    @property
    def is_confirmed(self) -> bool:
        """Whether a run shows what is reported."""
        return self.before == "grows" or bool(self.fault)

    @property
    def no_growth(self) -> str:
        """Why it does not grow though it is reported, "" if it should."""
        return NO_GROWTH.get(self.code) or NO_GROWTH.get(self.case, "")

    @property
    def is_proven(self) -> bool:
        """Whether a run showed it, and after its repair it levels off with the same answers and without a fault."""
        again = (self.after, self.kept) == ("levels off", "yes") and not self.mended
        return self.is_confirmed and again and not self.refused


def prove(case: Case, root: Path) -> list[Row]:
    """The rows of one case, in the order of its findings; it is worked on below an empty directory."""
    request = case.lay(root / "before")
    findings = [finding for finding in runner.check(request).findings if finding.symbol]
    symbols = list(dict.fromkeys(finding.symbol for finding in findings))
    plan = run_with_big_stack(lambda: planned(request, findings))
    left = {(finding.code, finding.symbol) for finding in plan.remaining}
    done = {(one.finding.code, one.finding.symbol): one.repair.message for one in plan.done}
    refused = {(one.finding.code, one.finding.symbol): one.reason for one in plan.refused}
    repaired = _repaired(root, {path: after for path, (_, after) in plan.files.items()})
    before = _verdicts(case, root / "before", symbols)
    after = _verdicts(case, repaired, symbols) if done else {}
    kept = "yes" if done and _answers(case, root / "before") == _answers(case, repaired) else "no"
    fault = _fault(case, root / "before")
    mended = _fault(case, repaired) if done else ""
    rows = []
    for finding in findings:
        key = finding.code, finding.symbol
        row = Row(finding.code, case.name, finding.symbol, before[finding.symbol])
        if row.no_growth:
            row = row._replace(fault=fault)
        if key in done and key not in left:
            row = row._replace(repair=done[key], after=after[finding.symbol], kept=kept)
            row = row._replace(mended=mended) if row.no_growth else row
        rows.append(row if row.repair else row._replace(refused=refused.get(key, "it would still be found")))
    return rows


def _repaired(root: Path, files: Mapping[str, bytes]) -> Path:
    shutil.copytree(root / "before", root / "after")
    for path, data in files.items():
        (root / "after" / path).write_bytes(data)
    return root / "after"


def _verdicts(case: Case, program: Path, symbols: Sequence[str]) -> dict[str, str]:
    """Symbol -> what a run under the driver says about it."""
    here = _beside(case.driver, program, "run")
    command = [sys.executable, "driver.py", *case.arguments]
    asked, env = ["--project", str(program), *symbols], _searched(program)
    run = confirmed(here, {}, asked, command, env=env)
    if "too short to tell" in run.verdicts().values():
        run = confirmed(here, {}, asked, command, env={**env, "PACE_STEPS": LONGER})
    assert run.done.returncode == 0, f"{case.name}: {run.done.stderr}"
    return run.verdicts()


def _answers(case: Case, program: Path) -> str:
    """What the program tells the driver, while no time passes."""
    told = _told(case, case.driver, program, "answers", {"PROOF_ANSWERS": ANSWERS})
    assert told, f"{case.name}: it answers nothing"
    return told


def _fault(case: Case, program: Path) -> str:
    """What goes wrong in a run, as a driver tells it, "" if nothing does or nobody tells."""
    if case.telling is None:
        return ""
    return _told(case, case.telling, program, "fault", {"PROOF_FAULT": "1", "PROOF_ANSWERS": FAULTS}).strip()


def _told(case: Case, driver: Path, program: Path, kind: str, env: Mapping[str, str]) -> str:
    here = _beside(driver, program, kind)
    (here / "pace.py").write_text(PACE, encoding="utf-8")
    env = {**environment(), **_searched(program), **env}
    done = python("driver.py", *case.arguments, cwd=here, env=env)
    assert done.returncode == 0, f"{case.name}: {done.stderr}"
    return done.stdout


def _beside(driver: Path, program: Path, kind: str) -> Path:
    here = program.with_name(f"{program.name}-{kind}")
    here.mkdir()
    shutil.copy(driver, here / "driver.py")
    shutil.copy(WORLD, here / "world.py")
    return here


def _searched(program: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{environment()['PYTHONPATH']}:{program}"}
