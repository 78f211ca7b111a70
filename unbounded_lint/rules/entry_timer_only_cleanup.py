"""Each entry leaves only by a one-shot timer of its own.

## What it does
Reports a container that grows at run time, whose entries are each removed by a one-shot timer (`call_later`,
`threading.Timer`, a delayed task) that is armed for that entry, with no size cap and no sweep behind it.

## Why is this bad?
It is right as long as every timer fires. A handle that is cancelled and not armed again, a callback that gives up
early, a loop that was closed, and the entry stays for good; and each entry costs a timer, with `threading.Timer` a
whole thread.

## Example
`_codes[phone] = code` followed by `threading.Timer(120, _codes.pop, (phone, None)).start()`.

## Use instead
Store the deadline with the entry and sweep from one timer that is started with the program; or keep the timers and put
a sweep or a size cap behind them.

## When it stays quiet
A sweep of the container (on a timer, or in the path of an insert) or a size cap takes what the timers leave behind;
the keys are a closed set. A sweep of another container that drops the same keys is no net: an entry without its
counterpart stays.

## Options
Off by default: select `UBM210` to ask for a net under every timer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.sweeps import Removal

CODE = "UBM210"
NAME = "entry-timer-only-cleanup"
ADVICE = "put a size cap or one sweep by age behind the timers of the entries"
_NETS = frozenset({"insert", "capacity"})


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that nothing but the timers of its entries shrinks by itself."""
    for container in project.containers:
        own = [r for r in container.removals if _is_of_one_entry(r)]
        removal = min(own, key=lambda r: r.when != "later", default=None)
        if removal is None or container.verdict.name not in {"entry-timer", "swept"}:
            continue
        if any(r.when in _NETS for r in container.removals) or project.iteration.is_swept_itself(container):
            continue
        message = (
            f"`{container.name}` grows in {growth(container, project)}, and an entry leaves by itself only "
            f"when its own timer runs {_what_runs(removal, container, project)}: one timer lost is one entry kept"
        )
        yield finding(CODE, NAME, message, container, project, ADVICE)


def _is_of_one_entry(removal: Removal) -> bool:
    """Whether a one-shot timer runs a removal of a single key."""
    late = any(context.kind == "later" for context in removal.contexts)
    return removal.when == "later" or (late and removal.extent == "single")


def _what_runs(removal: Removal, container: Container, project: Project) -> str:
    access = removal.access
    if access.handed is not None:
        return f"`{container.name}.{access.how}`"
    return f"`{project.function(access.scope)}`"


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="each entry leaves only by its own one-shot timer, with no sweep or cap behind it",
    doc=__doc__,
    check=check,
    default=False,
    examples=(
        Bad(
            {
                "codes.py": """
                import threading

                _codes = {}  # expect: UBM210

                def challenge(phone, code):
                    _codes[phone] = code
                    threading.Timer(120, _expire, (phone,)).start()

                def _expire(phone):
                    _codes.pop(phone, None)
                """,
                "web.py": """
                from codes import challenge

                def handle(request):
                    challenge(request.phone, request.code)
                """,
            }
        ),
        Good(
            {
                "codes.py": """
                import threading

                _codes = {}  # ok: UBM210

                def challenge(phone, code):
                    if len(_codes) >= 10_000:
                        raise OverflowError("too many open challenges")
                    _codes[phone] = code
                    threading.Timer(120, _expire, (phone,)).start()

                def _expire(phone):
                    _codes.pop(phone, None)
                """,
                "web.py": """
                from codes import challenge

                def handle(request):
                    challenge(request.phone, request.code)
                """,
            }
        ),
        Good(
            {
                "codes.py": """
                import threading
                import time

                _codes = {}  # ok: UBM210

                def challenge(phone):
                    _sweep()
                    _codes[phone] = time.monotonic()
                    threading.Timer(120, _expire, (phone,)).start()

                def _expire(phone):
                    _codes.pop(phone, None)

                def _sweep():
                    for phone, since in list(_codes.items()):
                        if time.monotonic() - since > 300:
                            _codes.pop(phone, None)
                """,
                "web.py": """
                from codes import challenge

                def handle(request):
                    challenge(request.phone)
                """,
            }
        ),
        Good(
            {
                "relays.py": """
                import threading
                from typing import Literal

                _off = {}  # ok: UBM210

                def pulse(relay: Literal["door", "gate"]):
                    _off[relay] = threading.Timer(5, _release, (relay,))
                    _off[relay].start()

                def _release(relay):
                    _off.pop(relay, None)
                """,
                "panel.py": """
                from relays import pulse

                def handle(request):
                    pulse("door")
                """,
            }
        ),
    ),
)
