"""The pages of documentation: which there are, and the Python in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.files import discovery
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.discovery import documents
from unbounded_lint.files.documents import Documents, code_in


def pages(root: Path, **settings: object) -> tuple[str, ...]:
    request = request_for(root, **settings)
    return documents(request.project.root, request.settings)


def of(root: Path) -> Documents:
    request = request_for(root)
    return Documents(request.project.root, request.settings, Contents(request.project.root, None))


def test_pages_lie_in_the_root_and_below_the_directories_for_them(tmp_path: Path) -> None:
    names = ("README.md", "readme.rst", "docs/a/use.md", "doc/index.rst")
    others = ("CHANGES.md", "README.txt", "app/README.md", "docs/conf.py", "docs/logo.svg")
    write(tmp_path, dict.fromkeys(("app.py", *names, *others), ""))
    assert pages(tmp_path) == tuple(sorted(names))


def test_pages_that_git_ignores_or_the_settings_exclude_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    files = {"app.py": "", ".gitignore": "docs/_build/\n", "docs/.gitignore": "/made.md\n"}
    write(tmp_path, {**files, **dict.fromkeys(("docs/_build/a.md", "docs/made.md", "docs/old/b.md", "docs/c.md"), "")})
    assert pages(tmp_path, extend_exclude=["docs/old"]) == ("docs/c.md",)


def test_what_a_link_leads_to_is_no_page(tmp_path: Path) -> None:
    write(tmp_path, {"outside/a.md": "", "project/app.py": "", "project/docs/b.md": ""})
    (tmp_path / "project/docs/link.md").symlink_to(tmp_path / "outside/a.md")
    (tmp_path / "project/docs/zero.md").symlink_to("/dev/zero")
    (tmp_path / "project/docs/folder").symlink_to(tmp_path / "outside")
    (tmp_path / "project/README.md").symlink_to(tmp_path / "outside/a.md")
    assert pages(tmp_path / "project") == ("docs/b.md",)


def test_a_pipe_is_no_page(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ""})
    os.mkfifo(tmp_path / "README.md")
    assert pages(tmp_path) == ()


def test_pages_are_taken_up_to_a_limit_each_and_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, {"app.py": "", "docs/a.md": "x" * 30, "docs/b.md": "x" * 41, "docs/c.md": "x" * 30, "docs/d.md": "x"}
    )
    monkeypatch.setattr(discovery, "DOCUMENT_LIMIT", 40)
    monkeypatch.setattr(discovery, "DOCUMENTS_LIMIT", 50)
    assert pages(tmp_path) == ("docs/a.md", "docs/d.md")


def test_nothing_rests_on_pages_that_nobody_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "", "README.md": ""})
    asked = of(tmp_path)
    assert asked.rested_on is None
    assert list(asked.code("add")) == []
    assert asked.rested_on == ("README.md",)


def test_the_pieces_that_mention_a_name_are_given(tmp_path: Path) -> None:
    text = "add it:\n```python\nadd(1)\n```\nor\n```python\nremove(1)\n```\n"
    write(tmp_path, {"app.py": "", "README.md": text})
    assert list(of(tmp_path).code("add")) == [("README.md", "add(1)\n")]


@pytest.mark.parametrize("data", [b"\xff\xfe add", b"\0```\nadd()\n```", b"# coding: nonsense\nadd"])
def test_bytes_that_are_no_text_show_nothing(data: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ""})
    (tmp_path / "README.md").write_bytes(data)
    assert list(of(tmp_path).code("add")) == []


def test_a_page_that_goes_away_shows_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "", "README.md": "```\nadd(1)\n```\n"})
    asked = of(tmp_path)
    assert asked.paths == ("README.md",)
    (tmp_path / "README.md").unlink()
    assert list(asked.code("add")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\na(1)\n```", ["a(1)\n"]),
        ("~~~~ py\na(1)\n~~~~\n", ["a(1)\n"]),
        ("- item\n\n  ```{.python}\n  if a:\n      b(1)\n  ```\n", ["if a:\n    b(1)\n"]),
        ("```console\n$ a\n```\n", []),
        ("```python\na(1)", ["a(1)\n"]),
        (">>> a(1)\n3\n>>> for b in c:\n...     a(b)\n\ntext\n", ["a(1)\nfor b in c:\n    a(b)\n"]),
        ("    >>> a(1)\n    3\n\n    >>> b(1)\n", ["a(1)\n", "b(1)\n"]),
        ("As in::\n\n    a(1)\n\n    b(1)\n\ntext\n", ["\na(1)\n\nb(1)\n\n"]),
        (".. code-block:: python\n   :linenos:\n\n   a(1)\n\ntext", ["\na(1)\n\n"]),
        (".. code-block:: bash\n\n   a 1\n", []),
        (".. note::\n\n   Do::\n\n      a(1)\n", ["\na(1)\n"]),
        (".. testcode::\n\n    >>> a(1)\n    2\n", ["a(1)\n"]),
        ("Text: it calls a(1).\n", []),
        ("", []),
    ],
)
def test_code_is_fenced_indented_or_prompted(text: str, expected: list[str]) -> None:
    assert list(code_in(text)) == expected


def test_a_page_of_nothing_but_openings_is_read_in_one_go() -> None:
    for line in ("```", "::", ".. note::", ">>> ", "  ::"):
        assert sum(len(piece) for piece in code_in(f"{line}\n" * 100_000)) < 1_000_000
