"""The pages of documentation that ship with the package."""

from __future__ import annotations

import re

import pytest

from unbounded_lint import cli
from unbounded_lint.docs import Page, pages

PAGES = pages()


def test_all_pages_are_listed_with_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [[page.name, page.title] for page in PAGES]


def test_pages_are_printed_as_they_are_written_where_no_colour_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "security", "FLAKE8"]) == 0
    text = {page.name: page.text for page in PAGES}
    assert capsys.readouterr().out == f"{text['security']}\n{text['flake8']}"


def test_an_unknown_page_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "securty"]) == 2
    assert capsys.readouterr().err == "unbounded-lint: error: no page is called 'securty'; did you mean security?\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_one_title_and_refers_to_pages_that_are_there(page: Page) -> None:
    prose = re.sub(r"(?ms)^```.*?^```", "", page.text)
    assert len(re.findall(r"(?m)^# ", prose)) == 1 and prose.startswith(f"# {page.title}\n")
    assert not re.findall(r"\]\((?!https?://)", prose), "a link leads nowhere on a terminal"
    named = {name for line in re.findall(r"unbounded-lint help ([^`\n]+)", page.text) for name in line.split()}
    assert named <= {each.name for each in PAGES}


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_options_on_the_pages_are_options_of_the_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    written = [
        option
        for page in PAGES
        for line in re.findall(rf"unbounded-lint {command} ([^`\n]*)", page.text)
        for option in re.findall(r"--[a-z-]+", line.split(" -- ")[0])
    ]
    assert set(written) <= options
