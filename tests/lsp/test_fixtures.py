"""An editor shows what the command reports: the same lines and codes in the same files."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from tests.lsp.editor import editing
from tests.test_fixtures import GATEWAY, SOURCE_FILE, fixture_directories
from unbounded_lint.files.discovery import discover
from unbounded_lint.run.request import Request
from unbounded_lint.run.runner import check
from unbounded_lint.settings.config import load_settings

SAMPLE = 12
ALL = [case for case in fixture_directories() if not (case / SOURCE_FILE).exists() and case.parent != GATEWAY]


def reported(root: Path) -> set[tuple[Path, int, str]]:
    """What the command reports of a project."""
    settings = load_settings(root, config=None, isolated=False, overrides={})
    outcome = check(Request(discover([root], root, settings), settings, use_cache=False))
    return {(root / one.place.path, one.place.line, one.code) for one in outcome.findings}


def shown(root: Path, cases: list[Path]) -> set[tuple[Path, int, str]]:
    """What an editor shows that has opened one file of each."""
    found = set()

    async def session() -> None:
        async with editing(root) as editor:
            for case in cases:
                path = next(iter(sorted(case.rglob("*.py"))))
                editor.open(path)
                await editor.settled()
            for uri, said in editor.published.items():
                path = Path(uri.removeprefix("file://"))
                found.update((path, one.range.start.line + 1, str(one.code)) for one in said[-1].diagnostics)

    asyncio.run(session())
    return found


def test_an_editor_shows_what_the_command_reports(tmp_path: Path) -> None:
    cases = []
    for fixture in ALL[:: len(ALL) // SAMPLE]:
        case = tmp_path / fixture.parent.name / fixture.name
        shutil.copytree(fixture, case)
        if not (case / "pyproject.toml").exists():
            (case / "pyproject.toml").write_text('[tool.unbounded-lint]\nselect = ["UBM"]\n')
        cases.append(case)
    expected = set[tuple[Path, int, str]]().union(*map(reported, cases))
    assert len(expected) > len(cases) // 4
    assert shown(tmp_path, cases) == expected
