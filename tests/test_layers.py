"""What the front ends load: a command that answers at once must not pay for the analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import python

HEAVY = {"libcst", "rich", "msgspec", "pathspec", "yaml", "sqlite3", "multiprocessing", "concurrent"}


def loaded_by(script: str) -> set[str]:
    """Run a script in a fresh interpreter and give the names of the modules loaded at its end."""
    report = "\nimport sys; print('\\n' + '\\n'.join(sys.modules), file=sys.stderr)"
    done = python("-c", script + report)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def too_much(modules: set[str], heavy: set[str]) -> list[str]:
    """The modules that belong to a heavy package."""
    return sorted(name for name in modules if any(name == top or name.startswith(f"{top}.") for top in heavy))


@pytest.mark.parametrize("module", ["unbounded_lint", "unbounded_lint.cli", "unbounded_lint.flake8"])
def test_import_is_light(module: str) -> None:
    ours = {"unbounded_lint.link", "unbounded_lint.facts", "unbounded_lint.run", "unbounded_lint.rules"}
    loaded = loaded_by(f"import {module}")
    assert module in loaded
    assert too_much(loaded, HEAVY | ours) == []


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["check", "--help"]])
def test_version_and_help_load_nothing(argv: list[str]) -> None:
    loaded = loaded_by(f"from unbounded_lint.cli import main; assert main({argv!r}) == 0")
    assert too_much(loaded, HEAVY | {"unbounded_lint.settings", "unbounded_lint.rules", "json"}) == []


@pytest.mark.parametrize("argv", [["rule"], ["rule", "UBM101"], ["rule", "--output-format", "json"]])
def test_rule_loads_neither_libcst_nor_the_link_layer(argv: list[str]) -> None:
    loaded = loaded_by(f"from unbounded_lint.cli import main; assert main({argv!r}) == 0")
    assert too_much(loaded, {"libcst", "rich", "unbounded_lint.link", "unbounded_lint.run"}) == []


@pytest.mark.parametrize("argv", [["rule"], ["rule", "UBM101"], ["check", "--help"]])
def test_only_what_asks_for_examples_parses_pages(argv: list[str]) -> None:
    loaded = loaded_by(f"from unbounded_lint.cli import main; assert main({argv!r}) == 0")
    assert too_much(loaded, {"markdown_it"}) == []


SLOW = {
    "msgspec",
    "dataclasses",
    "inspect",
    "pathlib",
    "shutil",
    "importlib.metadata",
    "unbounded_lint.settings",
}
"""What takes longer to load than the rest of a command that answers at once."""


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["check", "--help"], ["rule"], ["rule", "UBM101"]])
def test_what_must_answer_at_once_loads_nothing_slow(argv: list[str]) -> None:
    """Three times `python -c pass` is what it may take; what makes it take longer is what it imports."""
    loaded = loaded_by(f"from unbounded_lint.cli import main; assert main({argv!r}) == 0")
    assert too_much(loaded, SLOW) == []


def test_importing_the_rules_reads_no_page() -> None:
    script = (
        "import sys; opened = []; sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' "
        "else None); from unbounded_lint.rules import all_rules; assert all_rules() and opened; "
        "assert not [path for path in opened if path.endswith('.md')], opened"
    )
    assert too_much(loaded_by(script), {"libcst", "rich", "markdown_it", "unbounded_lint.link"}) == []


def test_plugin_class_can_be_made_without_loading_anything() -> None:
    loaded = loaded_by("from unbounded_lint.flake8 import Plugin; list(Plugin(None, 'stdin').run())")
    assert too_much(loaded, HEAVY) == []


def test_a_run_of_flake8_on_files_that_say_nothing_loads_nothing(tmp_path: Path) -> None:
    """Neither the options, which flake8 asks for in each run, nor a file that only imports."""
    (tmp_path / "m.py").write_text("import os\n")
    loaded = loaded_by(
        "import ast\nfrom flake8.options.parse_args import parse_args\nfrom unbounded_lint.flake8 import Plugin\n"
        "parse_args(['--isolated', '--select', 'E,F,UBM'])\n"
        f"assert not list(Plugin(ast.parse('import os'), {str(tmp_path / 'm.py')!r}).run())"
    )
    ours = {
        "unbounded_lint.settings",
        "unbounded_lint.rules",
        "unbounded_lint.run",
        "unbounded_lint.files",
    }
    assert too_much(loaded, (HEAVY - {"multiprocessing", "concurrent"}) | ours) == []
