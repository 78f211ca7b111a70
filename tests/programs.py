"""Small programs for tests: written to a directory, linked, and checked by the real pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.marks import Report, definition_lines
from unbounded_lint.comments.said import Comments
from unbounded_lint.disk.cache import SEAL_BYTES
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import discover
from unbounded_lint.files.sources import Sources
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.run import analysis
from unbounded_lint.run.request import Request
from unbounded_lint.run.runner import check
from unbounded_lint.settings.config import load_settings


def known_gap(reason: str) -> pytest.MarkDecorator:
    """Marks a test that must fail for now, because an answer of the analysis is wrong; a right answer makes it fail."""
    return pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError)


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files (path -> text) below a directory, and give the directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def request_for(root: Path, *paths: Path, jobs: int = 1, use_cache: bool = False, **settings: object) -> Request:
    """A run over a directory (or over some paths of it) with these settings and no others, every rule on."""
    overrides = {"select": ["UBM"], **{key.replace("_", "-"): value for key, value in settings.items()}}
    loaded = load_settings(root, config=None, isolated=True, overrides=overrides)
    project = discover(list(paths) or [root], root, loaded)
    return Request(project=project, settings=loaded, jobs=jobs, use_cache=use_cache)


def reports(root: Path, **settings: Any) -> dict[Report, str]:
    """What the pipeline reports about a directory: each finding with its message and confidence."""
    found: dict[Report, str] = {}
    for finding in check(request_for(root, **settings)).findings:
        path = finding.place.path
        line = definition_lines(root / path).get(finding.place.line, finding.place.line)
        found[Report(path, line, finding.code)] = f"{finding.message} ({finding.confidence.value})"
    return found


def forget_results(caches: Path) -> None:
    """Leave of some caches the facts alone, so that a run has something to do."""
    for path in caches.rglob("*"):
        if len(path.name) == 32 and path.read_bytes()[SEAL_BYTES : SEAL_BYTES + 1] == b"\x92":  # an array of two
            path.unlink()


def linked(root: Path, files: Mapping[str, str], **settings: Any) -> Project:
    """The project that files make, linked as the runner links it."""
    return link(request_for(write(root, files), **settings))


def link(request: Request) -> Project:
    """The project of a run, linked as the runner links it for a sheet of facts, at any confidence."""
    unsure = replace(request, settings=replace(request.settings, min_confidence="low"))
    root = request.project.root
    sources = Sources(root, request.project.files, Contents(root, None), None)
    return analysis.link(unsure, Comments(sources), thorough=True)


def named(project: Project, name: str = "X") -> Container:
    """The one container whose name ("X", "Class.attr") is this; fails if there is none or more than one."""
    found = [container for container in project.containers if container.name == name]
    assert not project.failures, project.failures
    assert len(found) == 1, f"{name}: {[container.symbol for container in project.containers]}"
    return found[0]
