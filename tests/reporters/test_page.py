"""A page drawn for a terminal: all its words, its programs in colour and as they are written, never too wide."""

from __future__ import annotations

import re

import pytest

from unbounded_lint.reporters import page
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Rule

CODE = "def sweep():\n    for key in list(M):\n        del M[key]"
TEXT = f"# title\n\nSome `words`.\n\n## Heading\n\n- One.\n\n```python\n{CODE}\n```\n"


def plain(text: str, width: int = 80) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(page.render(text, width)))


def test_markup_becomes_colour_and_code_keeps_its_shape() -> None:
    drawn = "\n".join(page.render(TEXT, 80))
    assert re.search(r"\x1b\[[0-9;]+mdef\x1b", drawn)
    shown = plain(TEXT)
    assert not re.search("[#`]", shown)
    assert [line.rstrip()[1:] for line in shown.splitlines()[-3:]] == CODE.split("\n")
    assert re.findall(r"\w+", shown)[:4] == ["title", "Some", "words", "Heading"]


def test_no_line_ends_in_spaces_or_a_line_end() -> None:
    assert [line for line in page.render(TEXT, 80) if line != line.rstrip() or "\n" in line] == []


@pytest.mark.parametrize("width", [40, 80, 300])
@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_no_line_is_wider_than_the_terminal_or_what_is_easy_to_read(rule: Rule, width: int) -> None:
    lines = plain(rule.doc, width).splitlines()
    assert max(map(len, lines)) <= min(width, page.MAX_WIDTH)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_word_of_a_page_is_drawn(rule: Rule) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"\w+", text)

    assert words(plain(rule.doc, 100)) == words(rule.doc.replace("```python", "```"))
