"""The page of `inventory` in a real browser, which loads it as users do: from a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.reporters.test_html import EVIL, hostile
from tests.sheets import SHEET, sheet
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Inventory, Sheet
from unbounded_lint.reporters import html
from unbounded_lint.reporters.base import View

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (extra `dev`)")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no Chromium with its chromedriver here")

MANY = 5000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser without a window and with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--window-size=1400,1000",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


SHEETS = (
    SHEET,
    sheet(
        symbol="app.web:HITS", place=Place("app/web.py", 2, 1, 2, 5), probability=0.7, family="set",
        reports=(msgspec.structs.replace(SHEET.reports[0], probability=0.7),),
    ),
    sheet(
        symbol="app.jobs:Jobs.queue", place=Place("app/jobs.py", 9, 1, 9, 5), verdict="swept", probability=None,
        is_open=False, reports=(), findings=(), bounded_by="a sweep on a timer", weights=(), remedies=(),
    ),
    sheet(
        symbol="app:TABLE", place=Place("app/__init__.py", 1, 1, 1, 5), verdict="idle", probability=None, is_open=False,
        reports=(), findings=(), bounded_by="nothing fills it", inserts=(), removals=(), evidence=None, weights=(),
        remedies=(),
    ),
)  # fmt: skip


def opened(browser: Any, file: Path, sheets: tuple[Sheet, ...], theme: str = "light") -> Any:
    """The browser with the page of some containers, whose logs begin anew."""
    view = View(path=lambda path: path, source=lambda path: None)
    file.write_text("\n".join(html.render(sheets, Inventory(sheets, 7), view)), encoding="utf-8")
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(file.as_uri())
    return browser


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The browser with a page, which by the end has sent nothing and complained about nothing."""
    yield opened(browser, tmp_path / "inventory.html", SHEETS)
    assert browser.get_log("browser") == []
    assert requested(browser) == [(tmp_path / "inventory.html").as_uri()]


def requested(browser: Any) -> list[str]:
    """What was asked for since the page was opened."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def shown(browser: Any) -> list[str]:
    """The containers that can be seen, in their order."""
    rows = browser.find_elements(By.CSS_SELECTOR, "tbody:not([hidden]) .toggle")
    return [row.get_attribute("textContent") for row in rows if row.is_displayed()]


def head(browser: Any, key: str) -> Any:
    """The head of a column."""
    return browser.find_element(By.CSS_SELECTOR, f'th[data-key="{key}"]')


def count(browser: Any) -> str:
    """What the page says of how many match."""
    return str(browser.find_element(By.ID, "count").text)


RUNS, HITS, QUEUE, TABLE = (each.symbol for each in SHEETS)


def test_it_shows_every_container_in_the_order_given(page: Any) -> None:
    assert shown(page) == [RUNS, HITS, QUEUE, TABLE]
    assert count(page) == "4 of 4 match"
    assert head(page, "risk").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("risk", [QUEUE, TABLE, HITS, RUNS]),
        ("container", [QUEUE, RUNS, HITS, TABLE]),
        ("verdict", [RUNS, HITS, QUEUE, TABLE]),
        ("kind", [RUNS, QUEUE, TABLE, HITS]),
        ("held", [RUNS, HITS, QUEUE, TABLE]),
        ("keys", [TABLE, RUNS, HITS, QUEUE]),
        ("in", [RUNS, HITS, QUEUE, TABLE]),
        ("out", [TABLE, RUNS, HITS, QUEUE]),
        ("findings", [RUNS, HITS, QUEUE, TABLE]),
    ],
)
def test_every_column_sorts_and_sorts_back(page: Any, key: str, first: list[str]) -> None:
    column = head(page, key)
    column.find_element(By.TAG_NAME, "button").click()
    assert shown(page) == first
    before = column.get_attribute("aria-sort")
    column.find_element(By.TAG_NAME, "button").click()
    assert {before, column.get_attribute("aria-sort")} == {"ascending", "descending"}
    assert len(page.find_elements(By.CSS_SELECTOR, "th[aria-sort]")) == 1
    assert sorted(shown(page)) == sorted(first)


def test_a_probability_is_the_same_in_the_row_and_in_its_finding(browser: Any, tmp_path: Path) -> None:
    between = 0.6246  # 0.62 as it is, 0.63 of what is cut to three places before
    report = msgspec.structs.replace(SHEET.reports[0], probability=between)
    page = opened(browser, tmp_path / "one.html", (sheet(probability=between, reports=(report,)),))
    assert page.find_element(By.CSS_SELECTOR, "tbody tr td").text == "0.62"
    page.find_element(By.CSS_SELECTOR, "button.toggle").click()
    assert f"{report.code} {report.name}, 0.62:" in page.find_element(By.CSS_SELECTOR, "tr.detail").text


def test_the_search_finds_by_name_path_kind_and_code(page: Any) -> None:
    search = page.find_element(By.ID, "search")
    for text, found in (
        ("hits", [HITS]),
        ("JOBS.PY", [QUEUE]),
        ("ubm101", [RUNS, HITS]),
        ("set app", [HITS]),
        ("nowhere", []),
    ):
        search.clear()
        search.send_keys(text)
        assert shown(page) == found
        assert count(page) == f"{len(found)} of 4 match"
        assert page.find_element(By.ID, "nothing").is_displayed() is (not found)
    search.send_keys(*[Keys.BACKSPACE] * len("nowhere"))
    assert len(shown(page)) == 4 and not page.find_element(By.ID, "nothing").is_displayed()


def test_verdicts_and_kinds_of_state_can_be_left_out(page: Any) -> None:
    page.find_element(By.CSS_SELECTOR, 'input[value="idle"]').click()
    assert shown(page) == [RUNS, HITS, QUEUE]
    show = Select(page.find_element(By.ID, "show"))
    for value, found in (("bounded", [QUEUE]), ("open", [RUNS, HITS]), ("reported", [RUNS, HITS])):
        show.select_by_value(value)
        assert shown(page) == found
    show.select_by_value("all")
    page.find_element(By.CSS_SELECTOR, 'input[value="never"]').click()
    assert shown(page) == [QUEUE]


def test_a_container_opens_into_a_diagram_and_the_same_in_words(page: Any) -> None:
    toggle = page.find_element(By.CSS_SELECTOR, "#c0 .toggle")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.click()
    detail = page.find_element(By.ID, toggle.get_attribute("aria-controls"))
    assert detail.is_displayed() and toggle.get_attribute("aria-expanded") == "true"
    svg = detail.find_element(By.TAG_NAME, "svg")
    assert svg.get_attribute("role") == "img" and svg.size["height"] > 60
    assert svg.get_attribute("aria-label").startswith("app.store:_runs: 1 of 2 inserts make it grow")
    drawn = [text.text for text in svg.find_elements(By.TAG_NAME, "text")]
    assert {"per request", "register()", "_runs", "sweep()", "on a timer", "threading.Timer"} <= set(drawn)
    assert [line for line in drawn if line.startswith("> ")][-3:] == ["> main()", "> start() starts it", "> tick()"]
    words = detail.text
    assert "main() (app/main.py:3) → start() starts it (app/main.py:8) → tick() (app/main.py:14) → sweep()" in words
    assert "`_runs` grows in `register()` and nothing removes an entry" in words and "+0.90 its key" in words
    toggle.click()
    assert not detail.is_displayed() and toggle.get_attribute("aria-expanded") == "false"


def test_boxes_of_a_diagram_do_not_lie_on_each_other(page: Any) -> None:
    page.find_element(By.CSS_SELECTOR, "#c0 .toggle").click()
    boxes = page.execute_script(
        "return [...document.querySelectorAll('#c0 svg rect')].map((box) => { const r = box.getBoundingClientRect(); "
        "return [r.left, r.top, r.right, r.bottom]; })"
    )
    assert len(boxes) == 9
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    assert page.execute_script(
        """
        const inside = (text, box) => text.right <= box.right + 1 && text.bottom <= box.bottom + 1;
        return [...document.querySelectorAll("#c0 svg g")].every((group) => {
          const box = group.querySelector("rect").getBoundingClientRect();
          return [...group.querySelectorAll("text")].every((text) => inside(text.getBoundingClientRect(), box));
        });
        """
    )


def test_it_works_with_the_keyboard_alone(page: Any) -> None:
    page.execute_script("document.querySelector('#c1 .toggle').focus()")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.find_element(By.ID, "d1").is_displayed()
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.get_attribute("class") == "diagram"
    page.execute_script("document.querySelector('th[data-key=container] button').focus()")
    page.switch_to.active_element.send_keys(Keys.SPACE)
    assert shown(page) == [QUEUE, RUNS, HITS, TABLE]


def test_everything_that_is_asked_for_has_a_name(page: Any) -> None:
    unnamed = page.execute_script(
        "return [...document.querySelectorAll('button, input, select')].filter((element) => "
        "!(element.textContent.trim() || (element.labels && element.labels.length))).length"
    )
    assert unnamed == 0
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_readable_in_light_and_dark(browser: Any, tmp_path: Path, theme: str) -> None:
    opened(browser, tmp_path / "inventory.html", SHEETS, theme).find_element(By.CSS_SELECTOR, "#c0 .toggle").click()
    page = color(browser, "body", "background-color")
    assert (luminance(page) < 0.2) is (theme == "dark")
    texts = ("h1", ".lead", ".toggle", ".where", ".by", ".badge", "td.found", ".high", ".medium", ".up", ".down", "li")
    for selector in texts:
        ratio = contrast(color(browser, selector, "color"), ground(browser, selector))
        assert ratio >= 4.5, (selector, ratio)
    for selector in ("svg text", "svg text.soft", "svg text.head"):
        ratio = contrast(color(browser, selector, "fill"), color(browser, ".wide", "background-color"))
        assert ratio >= 4.5, (selector, ratio)


def color(browser: Any, selector: str, name: str) -> tuple[float, ...]:
    """A colour of the first element, from 0 to 1, with how far it covers."""
    text = browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0])).getPropertyValue(arguments[1])", selector, name
    )
    parts = [float(part) for part in text[text.index("(") + 1 : -1].split(",")]
    return (*(part / 255 for part in parts[:3]), parts[3] if len(parts) > 3 else 1.0)


def ground(browser: Any, selector: str) -> tuple[float, ...]:
    """The colour behind the first element."""
    text = browser.execute_script(
        """
        let at = document.querySelector(arguments[0]);
        while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
        return getComputedStyle(at).backgroundColor;
        """,
        selector,
    )
    return tuple(float(part) / 255 for part in text[text.index("(") + 1 : -1].split(",")[:3])


def luminance(rgb: tuple[float, ...]) -> float:
    """How light a colour is, as WCAG has it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How far two colours stand apart, as WCAG has it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_hostile_names_are_shown_and_do_nothing(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path / "inventory.html", (hostile(),))
    page.find_element(By.CSS_SELECTOR, ".toggle").click()
    page.find_element(By.ID, "search").send_keys("alert")
    assert len(shown(page)) == 1 and "<script>alert(1)</script>" in shown(page)[0]
    detail = page.find_element(By.ID, "d0").text
    assert detail.count("onerror='alert(2)'") >= 5
    assert page.find_elements(By.TAG_NAME, "img") == []
    assert len(page.find_elements(By.TAG_NAME, "script")) == 2
    assert page.get_log("browser") == []
    assert requested(page) == [(tmp_path / "inventory.html").as_uri()]
    assert EVIL.split("\u202e")[0] in page.find_element(By.CSS_SELECTOR, "svg title").get_attribute("textContent")


def test_thousands_of_containers_are_shown_part_by_part(browser: Any, tmp_path: Path) -> None:
    sheets = tuple(
        sheet(symbol=f"app.m{number % 97}:X{number:04}", probability=(number * 37 % MANY) / MANY, reports=())
        for number in range(MANY)
    )
    page = opened(browser, tmp_path / "inventory.html", sheets)
    assert count(page) == f"{MANY} of {MANY} match, the first {html.PAGE} are shown"
    head(page, "container").find_element(By.TAG_NAME, "button").click()
    assert shown(page)[:2] == ["app.m0:X0000", "app.m0:X0097"]
    page.find_element(By.CSS_SELECTOR, "#more .next").click()
    assert len(page.find_elements(By.CSS_SELECTOR, "tbody:not([hidden])")) == 2 * html.PAGE
    page.find_element(By.ID, "search").send_keys("x4999")
    assert shown(page) == [f"app.m{4999 % 97}:X4999"]
    assert not page.find_element(By.ID, "more").is_displayed()
    assert page.get_log("browser") == []


def test_without_its_script_every_row_is_there(browser: Any, tmp_path: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        sheets = tuple(sheet(symbol=f"app:X{number}") for number in range(html.PAGE + 3))
        opened(browser, tmp_path / "inventory.html", sheets)
        rows = browser.find_elements(By.CSS_SELECTOR, "tbody")
        assert len(rows) == len(sheets) and rows[-1].is_displayed()
        assert not browser.find_element(By.CLASS_NAME, "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
