"""What foreign code raises, and how far it gets: hooks, stores, listeners and clocks may raise anything at all.

An `Exception` is a failure: it is logged where it came up, and the work goes on. Whatever else is raised (`SystemExit`,
`KeyboardInterrupt`, a cancellation) is meant for someone further up: it passes through, but only once the operation it
broke into is whole, so that it leaves no map, timer or store out of step. A timer thread has nobody further up; there
it is logged, and the timer goes on.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)


def in_full(*steps: Callable[[], object]) -> None:
    """Take every step in order, also after one has raised; raises what `each_in_full` raises."""
    each_in_full(steps)


def each_in_full(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step in order, also after one has raised.

    Raises:
        BaseException: what the first step raised that was broken into; if none was, what the first one raised that
            failed. Anything else that came up is logged.
    """
    raised: BaseException | None = None
    for step in steps:
        try:
            step()
        except BaseException as error:
            first = raised is None or (isinstance(raised, Exception) and not isinstance(error, Exception))
            raised, other = (error, raised) if first else (raised, error)
            if other is not None:
                _log.error("One more step of an operation failed.", exc_info=other)
    try:
        if raised is not None:
            raise raised
    finally:
        raised = None  # the exception holds this frame, and would so hold itself


def run_contained(callback: Callable[[], object]) -> None:
    """Call `callback` from a timer thread; log whatever it raises, so that nothing ever ends the timer behind it."""
    try:
        callback()
    except BaseException:
        # A handler of the host's may fail as well, and must not end the thread either.
        with contextlib.suppress(BaseException):
            _log.exception("A timer's callback failed.")
