"""How often the lines run that insert and remove.

`sys.monitoring` tells it (Python 3.12 and newer): only the functions that have such a line are watched, and in these
only such lines, all others are asked about once. Older ones tell of each call of a function by `sys.settrace`, and of
each line in the functions watched, which slows the whole program down.
"""

from __future__ import annotations

import sys

from .finder import code_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .finder import Finder

TOOLS = (3, 4)
"""The numbers of tools that Python leaves to others than debuggers, profilers and measurers of coverage."""


class Sites:
    """Counts how often each site of the plan is come to, from the thread on that makes it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._sites: list[dict[str, Any]] = plan["sites"]
        self._counts = [0] * len(self._sites)
        self._told: list[int] = []
        self._watched: set[int] = set()
        self._lines: dict[int, dict[int, list[int]]] = {}
        self._codes: dict[int, CodeType] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._tool = self._take_tool() if self._monitoring is not None else -1
        self._is_in_threads = False
        self._is_tracing = self._monitoring is None and self._begin_to_trace()

    def _take_tool(self) -> int:
        """The number under which lines are asked for, -1 where there is none."""
        monitoring = self._monitoring
        for tool in TOOLS:
            if monitoring.get_tool(tool) in {None, "unbounded-lint"}:
                if monitoring.get_tool(tool) is None:
                    monitoring.use_tool_id(tool, "unbounded-lint")
                monitoring.register_callback(tool, monitoring.events.LINE, self._on_line)
                return tool
        return -1

    def _begin_to_trace(self) -> bool:
        """Be told of the calls in this thread; not if somebody else is told."""
        if sys.gettrace() is not None and not _is_ours(sys.gettrace()):
            return False
        sys.settrace(self._on_call)
        return True

    def _trace_threads(self) -> None:
        """Be told of the calls in the threads that are started from now on, once the program knows of threads."""
        threading = sys.modules.get("threading")
        settrace = getattr(threading, "settrace", None)
        if settrace is not None:
            self._is_in_threads = True
            others = getattr(threading, "_trace_hook", None)
            if others is None or _is_ours(others):
                settrace(self._on_call)

    def watch(self, finder: Finder, *, again: bool) -> None:
        """Watch the functions with sites that are there by now: a module is loaded before it has them all. With `again`
        also others of sites that are watched."""
        for number, site in enumerate(self._sites) if self._tool >= 0 or self._is_tracing else ():
            for code in code_at(finder, site) if again or number not in self._watched else ():
                self._watched.add(number)
                known = self._lines.setdefault(id(code), {})
                numbers = known.setdefault(site["line"], [])
                if number not in numbers:
                    numbers.append(number)
                    self._codes[id(code)] = code
                    self._set_events(code)

    def _set_events(self, code: CodeType) -> None:
        if self._tool >= 0:
            self._monitoring.set_local_events(self._tool, code, self._monitoring.events.LINE)
            self._monitoring.restart_events()
            return
        for frame in sys._current_frames().values():  # those that were called before
            at: FrameType | None = frame
            while at is not None:
                if at.f_code is code:
                    at.f_trace = self._on_traced
                at = at.f_back

    def _on_call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        if not self._is_tracing:
            sys.settrace(None)
            return None
        if not self._is_in_threads:
            self._trace_threads()
        return self._on_traced if id(frame.f_code) in self._lines else None

    def _on_traced(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            for number in self._lines[id(frame.f_code)].get(frame.f_lineno, ()):
                self._counts[number] += 1
        return self._on_traced

    def _on_line(self, code: CodeType, line: int) -> Any:
        numbers = self._lines.get(id(code), {}).get(line)
        if numbers is None:
            return self._monitoring.DISABLE
        for number in numbers:
            self._counts[number] += 1
        return None

    def end(self) -> None:
        """Leave the program alone from now on."""
        self._is_tracing = False

    def news(self, *, is_last: bool) -> dict[str, Any]:
        """The counts, if they are others than last time; of a process that cannot count, that it cannot. The last time
        is in the thread that began to count: there it shows when somebody else took over, or an error ended it."""
        if is_last and self._is_tracing and not _is_ours(sys.gettrace()):
            self._is_tracing = False
        if self._tool < 0 and not self._is_tracing:
            return {"uncounted": True}
        counts = list(self._counts)
        if counts == self._told:
            return {}
        self._told = counts
        return {"counts": counts}


def _is_ours(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), Sites)
