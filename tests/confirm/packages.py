"""Published packages that are installed for a test, and the drivers that run them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.confirm.children import Confirmed, confirmed
from tests.processes import environment, python

LONGEST_DRIVER = 30
INSTALL = "-m pip install --quiet --no-input --disable-pip-version-check --no-warn-script-location --only-binary :all:"


def install(packages: Path, *requirements: str) -> None:
    """Put these into a folder, with what they need."""
    done = python(*INSTALL.split(), "--target", str(packages), *requirements)
    assert done.returncode == 0, done.stderr


def driven(program: Path, driver: Path, packages: Path, folder: str, containers: Sequence[str]) -> Confirmed:
    """What `confirm` says about containers of the package in this folder of those installed while the driver runs, in
    a new folder for the program."""
    program.mkdir()
    shutil.copy(driver, program / "driver.py")
    asked = ["--project", str(packages / folder), *containers]
    searched = f"{environment()['PYTHONPATH']}:{packages}"
    return confirmed(program, {}, asked, [sys.executable, "-W", "ignore", "driver.py"], env={"PYTHONPATH": searched})
