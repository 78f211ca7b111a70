"""Leaks of real packages: the version that leaks grows under a short driver, the one that mends it levels off."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.confirm.packages import LONGEST_DRIVER, driven, install

DRIVERS = Path(__file__).parent / "drivers" / "leaks"


class Leak(NamedTuple):
    """A driver, what it needs, the two versions, where the package lies in what is installed, its containers, and what
    the fixed version has in their place, if they are gone."""

    driver: str
    package: str
    leaky: str
    fixed: str
    folder: str
    containers: tuple[str, ...]
    instead: tuple[str, ...] = ()


LEAKS = (
    Leak("structlog_write_locks", "structlog", "25.5.0", "26.1.0", "structlog", ("WRITE_LOCKS",)),
    Leak(
        "opentelemetry_readers", "opentelemetry-sdk", "1.27.0", "1.28.0", "opentelemetry/sdk",
        ("MeterProvider._all_metric_readers",),
    ),
    Leak(
        "dateparser_settings", "dateparser", "1.1.7", "1.1.8", "dateparser",
        ("Dictionary._split_regex_cache", "Dictionary._sorted_words_cache"),
    ),
    Leak(
        "pydantic_generics", "pydantic", "1.9.0", "1.9.1", "pydantic",
        ("_generic_types_cache", "_assigned_parameters"),
    ),
    Leak(
        "marshmallow_registry", "marshmallow", "2.16.2", "2.16.3", "marshmallow",
        ("marshmallow.class_registry:_registry",),
    ),
    Leak(
        "fastapi_apps", "opentelemetry-instrumentation-fastapi[instruments]", "0.57b0", "0.58b0",
        "opentelemetry/instrumentation/fastapi", ("_InstrumentedFastAPI._instrumented_fastapi_apps",),
    ),
    Leak("duckduckgo_tokens", "duckduckgo-search", "2.1.3", "2.2.0", "duckduckgo_search", ("VQD_DICT",)),
    Leak("zeroconf_cache", "zeroconf", "0.24.4", "0.24.5", "zeroconf", ("DNSCache.cache",)),
    Leak(
        "babel_patterns", "babel", "2.11.0", "2.12.0", "babel",
        ("babel.dates:_pattern_cache",), ("babel.dates:_cached_parse_pattern",),
    ),
    Leak(
        "sentry_processors", "sentry-sdk[opentelemetry]", "2.60.0", "2.61.0", "sentry_sdk",
        ("sentry_sdk.scope:global_event_processors",),
    ),
    Leak("astroid_tips", "astroid", "2.15.8", "3.0.0", "astroid", ("astroid.inference_tip:_cache",)),
)  # fmt: skip
NEEDS_OLDER = {"pydantic": (3, 12), "astroid": (3, 13)}
"""The Python that is too new for the versions of a package."""


@pytest.mark.fetched
@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.driver)
@pytest.mark.parametrize("is_fixed", [False, True], ids=["leaky", "fixed"])
def test_a_real_leak_grows_until_it_is_mended(leak: Leak, is_fixed: bool, tmp_path: Path) -> None:
    if sys.version_info >= NEEDS_OLDER.get(leak.package, (4, 0)):
        pytest.skip("these versions need an older Python")
    packages, version = tmp_path / "packages", leak.fixed if is_fixed else leak.leaky
    install(packages, f"{leak.package}=={version}")
    containers = leak.instead or leak.containers if is_fixed else leak.containers
    run = driven(tmp_path / "program", DRIVERS / f"{leak.driver}.py", packages, leak.folder, containers)
    assert run.done.returncode == 0, run.done.stderr
    assert set(run.verdicts().values()) == {"levels off" if is_fixed else "grows"}, run.verdicts()


@pytest.mark.parametrize("driver", sorted(DRIVERS.glob("*.py")), ids=lambda file: file.stem)
def test_a_driver_is_short_and_belongs_to_a_leak(driver: Path) -> None:
    assert len(driver.read_text(encoding="utf-8").splitlines()) <= LONGEST_DRIVER
    assert driver.stem in {leak.driver for leak in LEAKS}
