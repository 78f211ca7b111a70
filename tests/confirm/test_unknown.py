"""Leaks in current releases that nobody has reported, as `unknown.md` tells of them: each grows under a short driver,
and no longer does with the change that is suggested there."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.confirm.packages import LONGEST_DRIVER, driven, install
from tests.processes import environment, finished, python

DRIVERS = Path(__file__).parent / "drivers" / "unknown"
PAGE = Path(__file__).parent / "unknown.md"
CHECK = "-m unbounded_lint check --isolated --no-cache --min-confidence low --output-format json --select UBM"


class Unknown(NamedTuple):
    """A driver, the release that it is about and what else it needs, where the package lies in what is installed, the
    container, its code, and whether the suggested change leaves no such container at all."""

    driver: str
    release: str
    folder: str
    symbol: str
    code: str
    needs: tuple[str, ...] = ()
    is_taken_away: bool = False


UNKNOWN = (
    Unknown(
        "pygments_xquery", "pygments==2.21.0", "pygments",
        "pygments.lexers.webmisc:XQueryLexer.xquery_parse_state", "UBM102", is_taken_away=True,
    ),
    Unknown(
        "prompt_toolkit_typeahead", "prompt-toolkit==3.0.53", "prompt_toolkit",
        "prompt_toolkit.input.typeahead:_buffer", "UBM101",
    ),
    Unknown("rdflib_skolems", "rdflib==7.6.0", "rdflib", "rdflib.term:skolems", "UBM101", is_taken_away=True),
    Unknown("httplib2_authorizations", "httplib2==0.32.1", "httplib2", "httplib2:Http.authorizations", "UBM102"),
    Unknown(
        "s3fs_metadata", "s3fs==2026.9.0", "s3fs", "s3fs.core:S3FileSystem._metadata_cache", "UBM101",
        ("moto[server]==5.2.5",), is_taken_away=True,
    ),
    Unknown(
        "growthbook_remote", "growthbook==4.0.0", "growthbook",
        "growthbook.growthbook:InMemoryFeatureCache.cache", "UBM103",
    ),
    Unknown(
        "upnp_backlog", "async-upnp-client==0.49.0", "async_upnp_client",
        "async_upnp_client.event_handler:UpnpEventHandler._backlog", "UBM102",
    ),
    Unknown(
        "jupyter_pending", "jupyter-server==2.21.1", "jupyter_server",
        "jupyter_server.services.sessions.sessionmanager:KernelSessionRecordList._records", "UBM102",
    ),
    Unknown(
        "mautrix_transactions", "mautrix==0.21.1", "mautrix",
        "mautrix.appservice.as_handler:AppServiceServerMixin.transactions", "UBM101",
    ),
)  # fmt: skip
NEEDS_NEWER = {"upnp_backlog": (3, 11)}
"""The Python that the release needs at least."""


def reported(packages: Path, unknown: Unknown) -> set[str]:
    """The codes of the findings about its container."""
    done = python(*CHECK.split(), str(packages / unknown.folder))
    return {one["code"] for one in json.loads(done.stdout)["findings"] if one["symbol"] == unknown.symbol}


@pytest.mark.fetched
@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda unknown: unknown.driver)
def test_a_leak_that_nobody_has_reported_grows_until_the_suggested_change(unknown: Unknown, tmp_path: Path) -> None:
    if sys.version_info < NEEDS_NEWER.get(unknown.driver, (3, 0)):
        pytest.skip("this release needs a newer Python")
    driver, packages = DRIVERS / f"{unknown.driver}.py", tmp_path / "packages"
    install(packages, unknown.release, *unknown.needs)
    assert reported(packages, unknown) == {unknown.code}

    run = driven(tmp_path / "published", driver, packages, unknown.folder, [unknown.symbol])
    assert run.done.returncode == 0, run.done.stderr
    assert run.verdicts() == {unknown.symbol: "grows"}

    outside = environment(GIT_CEILING_DIRECTORIES=str(packages.parent))
    change = finished(["git", "apply", str(driver.with_suffix(".diff"))], cwd=packages, env=outside)
    assert change.returncode == 0, change.stderr
    run = driven(tmp_path / "changed", driver, packages, unknown.folder, [unknown.symbol])
    if unknown.is_taken_away:
        assert not reported(packages, unknown)
        assert f"no long-lived container is called '{unknown.symbol}'" in run.done.stderr
    else:
        assert run.done.returncode == 0, run.done.stderr
        assert set(run.verdicts().values()) <= {"levels off", "never filled"}, run.verdicts()


@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda unknown: unknown.driver)
def test_the_page_tells_of_each_as_it_is_tested(unknown: Unknown) -> None:
    _, *sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = (part for part in sections if part.startswith(f"{unknown.release.replace('==', ' ')}: "))
    assert f"`{unknown.driver}.py`" in section
    assert f"`{unknown.symbol}`" in section
    driver = (DRIVERS / f"{unknown.driver}.py").read_text(encoding="utf-8")
    assert driver.replace("from pace import steps\n", "").replace("steps()", "range(1000)") in section
    assert (DRIVERS / f"{unknown.driver}.diff").read_text(encoding="utf-8") in section


def test_the_page_tells_of_nothing_else() -> None:
    sections = re.findall(r"^## (\S+) (\S+):", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [f"{name}=={version}" for name, version in sections] == [unknown.release for unknown in UNKNOWN]


def test_each_driver_is_short_and_belongs_to_a_leak() -> None:
    drivers = {file.stem: file for file in DRIVERS.glob("*.py") if file.stem != "pace"}
    assert drivers.keys() == {unknown.driver for unknown in UNKNOWN} == {file.stem for file in DRIVERS.glob("*.diff")}
    assert max(len(file.read_text(encoding="utf-8").splitlines()) for file in drivers.values()) <= LONGEST_DRIVER
