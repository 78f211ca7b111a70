"""`unbounded-lint rule`: list the rules, or print their pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.options import Parser
from unbounded_lint.cli.outputs import add_format_option
from unbounded_lint.cli.terminal import PROGRAM, emit, emit_pages
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.rules.titles import Title


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("rule", "[OPTIONS] [CODE ...]", "List the rules, or print the text of those named.")
    parser.add_argument(
        "codes", nargs="*", metavar="CODE", help="codes, prefixes of codes or names of rules (default: list all)"
    )
    add_format_option(parser, ("text", "json"), "how the rules are printed (default: text)")
    options = parser.parse_intermixed_args(arguments)
    from unbounded_lint.rules.titles import titles

    rules = titles()
    chosen = list({rule.code: rule for code in options.codes for rule in _find_rules(code, rules)}.values())
    if options.output_format == "json":
        return emit(_rules_json(chosen or rules))
    return emit_pages(_page(rule) for rule in chosen) if chosen else emit(_rule_table(rules))


def _find_rules(wanted: str, rules: Sequence[Title]) -> Sequence[Title]:
    """The rules of a name, or of a code or prefix of codes; raises UserError where there are none."""
    named = [rule for rule in rules if wanted.lower() == rule.name]
    found = named or [rule for rule in rules if wanted and rule.code.startswith(wanted.upper())]
    if found:
        return found
    from unbounded_lint.rules.titles import nearest

    near = nearest(wanted)
    hint = f"did you mean {near}?" if near else f"`{PROGRAM} rule` lists them"
    raise UserError(f"no rule is called {wanted!r}; {hint}")


def _default_word(rule: Title) -> str:
    return "on" if rule.default else "opt-in"


def _rule_table(rules: Sequence[Title]) -> Iterator[str]:
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        yield f"{rule.code}  {rule.name:<{width}}  {_default_word(rule):<6}  {rule.summary}"


def _page(rule: Title) -> str:
    return f"# {rule.name} ({rule.code}), {'on by default' if rule.default else 'opt-in'}\n\n{rule.doc}"


def _rules_json(rules: Sequence[Title]) -> Iterator[str]:
    import json

    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "summary": rule.summary,
            "default": rule.default,
            "doc": rule.doc,
            "examples": [
                {"kind": example.kind, "lead": example.lead, "files": dict(example.files)} for example in rule.examples
            ],
        }
        for rule in rules
    ]
    yield json.dumps(rows, indent=2)
