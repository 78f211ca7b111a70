"""What may be reported: by which rules in which files, and how sure it must be."""

from __future__ import annotations

from unbounded_lint.files.patterns import CodesByPath
from unbounded_lint.findings.finding import Finding
from unbounded_lint.findings.levels import asked, sureness
from unbounded_lint.rules import all_rules
from unbounded_lint.rules.base import Rule
from unbounded_lint.run.request import Request
from unbounded_lint.settings.config import Settings


def is_selected(rule: Rule, settings: Settings) -> bool:
    """Whether settings turn a rule on. As in ruff: the longer prefix wins, and ignoring wins over selecting by the same
    one."""
    extended = _matches(rule.code, settings.extend_select)
    chosen = (
        (len(rule.code) if rule.default else 0) if settings.select is None else _matches(rule.code, settings.select)
    )
    by_default = settings.select is None and rule.default and not extended
    ignored = _matches(rule.code, settings.ignore)
    if by_default:
        return not ignored
    return max(chosen, extended) > ignored


def _matches(code: str, prefixes: tuple[str, ...]) -> int:
    """The length of the longest prefix of a code, 0 for none."""
    return max((len(p) for p in prefixes if code.startswith(p)), default=0)


class Chosen:
    """What a request lets through."""

    def __init__(self, request: Request) -> None:
        self.settings = request.settings
        self._least = asked(request.settings.min_confidence)
        self.codes = frozenset(rule.code for rule in all_rules() if is_selected(rule, request.settings))
        self._hushed = CodesByPath(request.settings.per_file_ignores)
        self.paths = frozenset(file.path for file in request.project.files)

    def is_on(self, path: str, code: str) -> bool:
        """Whether a rule is on in a file."""
        return code in self.codes and not self._hushed.ignores(path, code)

    def is_sure(self, finding: Finding) -> bool:
        """Whether a finding is as sure as is asked for."""
        return sureness(finding) >= self._least

    def has(self, finding: Finding) -> bool:
        """Whether a finding is to be reported."""
        return self.is_sure(finding) and self.is_on(finding.place.path, finding.code)

    def hides(self, finding: Finding) -> bool:
        """Whether a finding is not to be reported only since it is not sure enough."""
        return not self.is_sure(finding) and self.is_on(finding.place.path, finding.code)
