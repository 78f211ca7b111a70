"""How often the lines run that insert and remove, told by `sys.monitoring` (Python 3.12 and newer).

Only the functions that have such a line are watched, and in these only such lines: all others are asked about once.
"""

from __future__ import annotations

import sys

from .finder import code_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from .finder import Finder

TOOLS = (3, 4)
"""The numbers of tools that Python leaves to others than debuggers, profilers and measurers of coverage."""


class Sites:
    """Counts how often each site of the plan is come to."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._sites: list[dict[str, Any]] = plan["sites"]
        self._counts = [0] * len(self._sites)
        self._told: list[int] = []
        self._lines: dict[int, dict[int, list[int]]] = {}
        self._codes: dict[int, CodeType] = {}
        self._tool = self._take_tool()

    def _take_tool(self) -> int:
        """The number under which lines are asked for, -1 where there is none."""
        monitoring: Any = getattr(sys, "monitoring", None)
        for tool in TOOLS if monitoring is not None else ():
            if monitoring.get_tool(tool) in {None, "unbounded-lint"}:
                if monitoring.get_tool(tool) is None:
                    monitoring.use_tool_id(tool, "unbounded-lint")
                monitoring.register_callback(tool, monitoring.events.LINE, self._on_line)
                return tool
        return -1

    def watch(self, finder: Finder) -> None:
        """Watch the functions with sites that have been loaded by now."""
        for number, site in enumerate(self._sites) if self._tool >= 0 else ():
            for code in code_at(finder, site):
                known = self._lines.setdefault(id(code), {})
                numbers = known.setdefault(site["line"], [])
                if number not in numbers:
                    numbers.append(number)
                    self._codes[id(code)] = code
                    self._set_events(code)

    def _set_events(self, code: CodeType) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        monitoring.set_local_events(self._tool, code, monitoring.events.LINE)
        monitoring.restart_events()

    def _on_line(self, code: CodeType, line: int) -> Any:
        numbers = self._lines.get(id(code), {}).get(line)
        if numbers is None:
            return sys.monitoring.DISABLE  # type: ignore[attr-defined, unused-ignore]
        for number in numbers:
            self._counts[number] += 1
        return None

    def news(self) -> dict[str, Any]:
        """The counts, if they are others than last time; of a process that cannot count, that it cannot."""
        if self._tool < 0:
            return {"uncounted": True}
        counts = list(self._counts)
        if counts == self._told:
            return {}
        self._told = counts
        return {"counts": counts}
