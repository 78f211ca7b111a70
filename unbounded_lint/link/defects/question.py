"""What every question about a container has at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.entries.ages import AgeTests
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.kinds import Holdings


@dataclass(frozen=True)
class Linked:
    """A linked project, as the questions about its containers see it."""

    flow: Flow
    execution: Execution
    keys: Keys
    removals: Removals
    holdings: Holdings
    lifetimes: Lifetimes
    containers: tuple[Container, ...]

    @cached_property
    def ages(self) -> AgeTests:
        """The age tests of entries."""
        return AgeTests(self.flow, self.execution)


class Question(RunQuery):
    """Something that can be asked about the containers of a project, with the answers that it is made of at hand."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked.flow, linked.execution)
        self.linked = linked
