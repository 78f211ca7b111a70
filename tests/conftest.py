"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

CACHE_VARIABLE = "UNBOUNDED_LINT_CACHE_DIR"


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of the tests, and of the commands that they run, lie apart from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("caches")))
        yield
