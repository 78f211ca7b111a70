"""The inventory as a page: what is in the file; `tests/test_inventory_page.py` looks at it in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from tests.sheets import SHEET, sheet
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Inventory, Remedy, Removal, Report, Way, Weight
from unbounded_lint.reporters import html
from unbounded_lint.reporters.base import View

EVIL = """</script><script>alert(1)</script>"><img src=x onerror='alert(2)'>&amp;\u202e\u2028<!--"""


def page(view: View, *sheets: Any) -> str:
    """The page of some containers."""
    return "\n".join(html.render(sheets, Inventory(tuple(sheets), 2, (EVIL,)), view))


class Reader(HTMLParser):
    """Keeps the elements of a page, with their attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "col", "input", "wbr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def hostile() -> Any:
    """A container where everything that comes from the code is hostile."""
    place = Place(f"{EVIL}.py", 1, 1, 1, 2, "call", EVIL)
    insert = SHEET.inserts[0]
    return sheet(
        symbol=EVIL,
        place=place,
        constructor=EVIL,
        bounded_by=EVIL,
        reasons=(EVIL,),
        declared=(EVIL,),
        inserts=(type(insert)(place, EVIL, True, "request", "open", EVIL, (Way("timer", EVIL, (place,)),)),),
        removals=(Removal(place, EVIL, "all", "event", True, False, (Way("public", "", (place,)),)),),
        weights=(Weight("key: request", EVIL, 1.0),),
        reports=(Report("UBM101", "never-removed-entries", EVIL, EVIL, "high", 0.9, (EVIL,)),),
        remedies=(Remedy("# ubm: bounded(reason)", EVIL),),
    )


def test_what_comes_from_the_code_is_text_and_nothing_else(view_of: Callable[..., View]) -> None:
    harmless, evil = Reader(page(view_of(), sheet())), Reader(page(view_of(), hostile()))
    shape = [(tag, sorted(attributes)) for tag, attributes in harmless.elements if tag != "wbr"]
    assert [(tag, sorted(attributes)) for tag, attributes in evil.elements if tag != "wbr"] == shape
    assert any("alert(1)" in text for text in evil.texts["span"])


def test_hostile_text_reaches_the_script_as_data(view_of: Callable[..., View]) -> None:
    text = page(view_of(), hostile())
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert not set("<>&") & set(data)
    (item,) = json.loads(data)
    assert item["symbol"].startswith("</script><script>alert(1)")
    assert "\u202e" not in item["symbol"] and "\u2028" not in item["symbol"]


def test_the_policy_lets_nothing_run_and_load_but_what_is_ours(view_of: Callable[..., View]) -> None:
    text = page(view_of(), sheet())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for name, element in (("style-src", "style"), ("script-src", "script")):
        ours = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in ours]
        assert hashes and rules[name].split() == [f"'sha256-{each}'" for each in hashes]


def test_it_is_one_file_that_refers_to_no_other(view_of: Callable[..., View]) -> None:
    text = page(view_of(), sheet())
    reader = Reader(text)
    assert not [a for _, attributes in reader.elements for a in attributes if a in {"src", "href", "style", "action"}]
    assert not [a for _, attributes in reader.elements for a in attributes if a.startswith("on")]
    assert re.findall(r"https?://[^\s\"']+", text) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in text and "url(" not in text.replace("url(#", "")


def test_every_row_is_there_without_the_script(view_of: Callable[..., View]) -> None:
    sheets = [sheet(symbol=f"app:X{number}") for number in range(html.PAGE + 5)]
    text = page(view_of(), *sheets)
    assert len(re.findall(r'<tbody id="c\d+"', text)) == len(sheets)
    assert len(re.findall(r'<tbody id="c\d+" class="\w+" hidden>', text)) == 5
    assert "<noscript><style>tbody[hidden]" in text


def test_a_page_without_containers_says_so(view_of: Callable[..., View]) -> None:
    text = page(view_of())
    assert "No long-lived containers to list in 2 files." in text
    assert '<p class="nothing" id="nothing">No container matches.</p>' in text


def test_the_column_that_it_is_sorted_by_says_so(view_of: Callable[..., View]) -> None:
    for sort, head in (("risk", 'data-key="risk"'), ("inserts", 'data-key="in"'), ("symbol", 'data-key="container"')):
        text = "\n".join(html.render([sheet()], Inventory((), 1), view_of(), sort))
        (found,) = re.findall(r"<th [^>]*aria-sort[^>]*>", text)
        assert head in found
    assert "aria-sort=" not in re.sub(
        r"<(style|script)>.*?</\1>", "", "\n".join(html.render([], Inventory((), 1), view_of(), "place")), flags=re.S
    )
