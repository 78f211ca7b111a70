"""What every rule must have: a page, examples, fixtures, a place in the README, and no business with the syntax."""

from __future__ import annotations

import ast
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from unbounded_lint import rules
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Rule
from unbounded_lint.rules.pages import page_of, path_of
from unbounded_lint.rules.titles import titles

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = ("libcst", "unbounded_lint.facts", "unbounded_lint.reporters")

every_rule = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
every_judging_rule = pytest.mark.parametrize(
    "rule", [rule for rule in all_rules() if rule.code < "UBM900"], ids=lambda rule: rule.code
)


def module_names() -> list[str]:
    return [info.name for info in pkgutil.iter_modules(rules.__path__)]


@every_rule
def test_the_page_is_well_formed_and_about_the_rule(rule: Rule) -> None:
    """Its title and first sentence are the rule's own; reading it checks the headings and the rest of the grammar."""
    page = page_of(rule.name)
    assert page.title == f"{rule.name} ({rule.code}){'' if rule.default else ', opt-in'}"
    assert page.summary == f"{rule.summary[0].upper()}{rule.summary[1:]}."


def test_the_first_lines_of_the_pages_say_what_the_rules_say() -> None:
    """What lists or chooses rules goes by the pages, and loads no rule."""
    assert titles() == tuple((rule.code, rule.name, rule.default, rule.summary) for rule in all_rules())
    assert [title.doc for title in titles()] == [rule.doc for rule in all_rules()]


@every_rule
def test_the_page_fits_the_screen(rule: Rule) -> None:
    lines = path_of(rule.name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120 or line != line.rstrip()] == []
    code = [line for example in rule.examples for text in example.files.values() for line in text.splitlines()]
    assert [line for line in code if len(line) > 96] == []


def test_pages_and_rules_match_one_to_one() -> None:
    pages = {path.name for path in Path(rules.__file__).parent.glob("*.md")}
    assert pages == {path_of(rule.name).name for rule in all_rules()}


@every_rule
def test_the_module_says_what_the_rule_is_in_one_sentence(rule: Rule) -> None:
    """All else is said once, on the page."""
    text = import_module(f"{rules.__name__}.{rule.name.replace('-', '_')}").__doc__ or ""
    assert text.endswith(".") and "\n" not in text


@every_rule
def test_code_and_name(rule: Rule) -> None:
    assert re.fullmatch(r"UBM[1-9]\d\d", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.summary and not rule.summary.endswith(".") and "\n" not in rule.summary


def test_codes_and_names_are_unique_and_sorted() -> None:
    codes = [rule.code for rule in all_rules()]
    names = [rule.name for rule in all_rules()]
    assert codes == sorted(codes)
    assert len(set(codes)) == len(codes) == len(set(names)) == len(all_rules())
    assert len(codes) >= 5


def test_every_rule_module_is_listed_and_named_after_its_rule() -> None:
    """A rule file that nobody lists in all_rules() would never run."""
    written = {name: vars(import_module(f"{rules.__name__}.{name}")).get("RULE") for name in module_names()}
    by_module = {name: rule for name, rule in written.items() if rule is not None}
    assert sorted(by_module) == sorted(rule.name.replace("-", "_") for rule in all_rules())
    for name, rule in by_module.items():
        assert rule in all_rules() and rule.name.replace("-", "_") == name


@every_judging_rule
def test_enough_examples(rule: Rule) -> None:
    kinds = [example.kind for example in rule.examples]
    assert kinds.count("bad") >= 1
    assert kinds.count("good") >= 3


@every_judging_rule
def test_fixture_folder(rule: Rule) -> None:
    folder = ROOT / "fixtures" / rule.name
    assert list(folder.glob("*/*.py")), f"{folder} holds no program"


@every_rule
def test_row_in_the_readme(rule: Rule) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("<!-- rules:begin -->")[1].split("<!-- rules:end -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.strip().splitlines()[2:]]
    page = f"[{rule.name}](unbounded_lint/rules/{path_of(rule.name).name})"
    assert [rule.code, page, "on" if rule.default else "opt-in"] in [row[:3] for row in rows]


@pytest.mark.parametrize("name", ["__init__", *module_names()])
def test_rules_ask_neither_the_syntax_nor_the_facts_nor_the_reporters(name: str) -> None:
    path = Path(rules.__file__).with_name(f"{name}.py")
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only, so that this test can read them"
            imported |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    assert imported, "every module of rules imports something"
    assert [n for n in sorted(imported) if any(n == f or n.startswith(f"{f}.") for f in FORBIDDEN)] == []
