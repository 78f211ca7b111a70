"""A function remembers the result of every call it ever got.

## What it does
Reports a module-level function or a method under `functools.cache`, `lru_cache(maxsize=None)` or another memo without
a limit, which running code calls with arguments that can be ever new: ids, paths, texts, objects.

## Why is this bad?
The memo keeps each result and the arguments it was made for, as long as the process lives. On a method `self` is one of
them, so that no object whose method was called can ever be freed.

## Example
`@functools.cache` on `profile(user_id)`: one result stays for every user who was ever looked at.

## Use instead
`lru_cache(maxsize=...)` with a number; for a method, `functools.cached_property`, or a function of the few values that
the result depends on.

## When it stays quiet
Functions without arguments or with arguments from a closed set (enum members, literals, classes), a stated size,
functions that only run at import, functions inside functions, and memos that running code empties with
`cache_clear()`.

## Options
None of its own. The rule is off by default: select it with `extend-select = ["UBM301"]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding, Place
from unbounded_lint.rules.base import Bad, Good, Options, Rule

if TYPE_CHECKING:
    from unbounded_lint.link.functioncaches import FunctionCache
    from unbounded_lint.link.project import Project

CODE = "UBM301"
NAME = "unbounded-function-cache"
_MOST = 5


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each function whose memo only grows."""
    for memo in project.function_caches:
        yield Finding(
            code=CODE,
            name=NAME,
            message=_message(memo, project),
            place=project.place(memo.scope, -1, "definition", ""),
            symbol=memo.symbol,
            confidence=memo.confidence,
            related=tuple(_calls(memo, project)),
            advice=_advice(memo),
            reasons=(f"the argument `{memo.parameter}`: {memo.domain.why}",),
        )


def _message(memo: FunctionCache, project: Project) -> str:
    name = memo.symbol.partition(":")[2]
    callers = list(dict.fromkeys(project.function(site.scope) for site in memo.sites))
    where = f", as in `{callers[0]}`" if callers else ""
    if memo.on_self:
        return (
            f"`@{memo.decorator}` on the method `{name}()` keeps every object it is called on{where}, and nothing ever "
            "removes one"
        )
    return (
        f"`@{memo.decorator}` on `{name}()` keeps a result for each `{memo.parameter}` it is called with{where}, and "
        "nothing ever removes one"
    )


def _advice(memo: FunctionCache) -> str:
    if memo.on_self:
        return "use `functools.cached_property`, or `lru_cache(maxsize=...)` on a function of what the result needs"
    return "state a size: `lru_cache(maxsize=...)`"


def _calls(memo: FunctionCache, project: Project) -> Iterator[Place]:
    for site in memo.sites[:_MOST]:
        text = f"`{project.function(site.scope)}` calls it here"
        yield project.place(site.scope, site.op, "call", text)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a memo without a limit on a function that is called with ever new arguments",
    doc=__doc__,
    check=check,
    default=False,
    examples=(
        Bad(
            {
                "lookups.py": """
                import functools

                @functools.cache
                def profile(user_id):  # expect: UBM301
                    return {"id": user_id}
                """,
                "server.py": """
                from flask import Flask

                from lookups import profile

                app = Flask(__name__)

                @app.get("/profile/<user_id>")
                def show(user_id):
                    return profile(user_id)
                """,
            }
        ),
        Bad(
            {
                "keys.py": """
                from functools import lru_cache

                class Key:
                    def __init__(self, text):
                        self.text = text

                    @property
                    @lru_cache(maxsize=None)
                    def slot(self):  # expect: UBM301
                        return hash(self.text) % 16384
                """,
                "client.py": """
                from keys import Key

                def send(request):
                    return Key(request.key).slot
                """,
            }
        ),
        Good(
            {
                "lookups.py": """
                from functools import lru_cache

                @lru_cache(maxsize=1000)
                def profile(user_id):  # ok: a stated size
                    return {"id": user_id}

                @lru_cache
                def initials(name):  # ok: 128 by default
                    return "".join(part[0] for part in name.split())
                """,
                "server.py": """
                from lookups import initials, profile

                def handle(request):
                    return profile(request.user_id), initials(request.name)
                """,
            }
        ),
        Good(
            {
                "shapes.py": """
                import enum
                import functools

                class Size(enum.Enum):
                    SMALL = 1
                    LARGE = 2

                @functools.cache
                def pixels(size: Size) -> int:  # ok: as many results as members
                    return size.value * 128

                @functools.cache
                def table():  # ok: one result
                    return list(range(360))
                """,
                "server.py": """
                from shapes import Size, pixels, table

                def handle(request):
                    return pixels(Size[request.size]), table()
                """,
            }
        ),
        Good(
            {
                "templates.py": """
                import functools

                @functools.cache
                def compiled(text):  # ok: emptied again and again
                    return text.split()
                """,
                "server.py": """
                import threading
                import time

                from templates import compiled

                def handle(request):
                    return compiled(request.text)

                def _loop():
                    while True:
                        time.sleep(600)
                        compiled.cache_clear()

                threading.Thread(target=_loop, daemon=True).start()
                """,
            }
        ),
    ),
)
