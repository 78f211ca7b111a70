"""The sweeper is started in a way that loses it.

## What it does
Reports a container whose only sweeper cannot last: its start fails at import, where no event loop runs, and the error
is swallowed; its task lives on an event loop that `asyncio.run` closes at once; nothing keeps its task, and it waits
for something that only itself refers to.

## Why is this bad?
The start is written, is called and raises nothing, so everybody believes that it works. No sweep ever happens.

## Example
`try: self._task = asyncio.create_task(self._expire())`, `except RuntimeError: pass` in the constructor of an object
that a module builds at import.

## Use instead
Start the sweeper in the application's start-up hook, or in the coroutine that serves, and keep its task in an attribute
or a task group; or use a daemon thread, which needs no loop.

## When it stays quiet
Another start, in a start-up hook or behind an insert, is not lost; the task is kept. A dropped task that sleeps is held
by the event loop's own timers: that has low confidence, and is hidden unless asked for.

## Options
`min-confidence = "low"` shows dropped tasks that sleep too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.losses import Loss
    from unbounded_lint.link.project import Container, Project

CODE = "UBM205"
NAME = "losable-sweeper"
_ADVICE = {
    "swallowed": "start it from the application's start-up hook, where an event loop runs, or use a daemon thread",
    "short": "start it in the coroutine that serves, on the event loop that lives as long as the program",
    "dropped": "keep the task in an attribute that lives as long as the program, or in a task group",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper every start loses."""
    for container in project.containers:
        if container.verdict.name == "swept":
            loss = project.losses.of(container.removals)
            if loss is not None:
                yield _report(container, loss, project)


def _report(container: Container, loss: Loss, project: Project) -> Finding:
    sweeper, where = project.function(loss.sweeper), project.function(loss.scope)
    how = {
        "swallowed": f"never starts: `{where}` runs at import, where no event loop runs, and swallows the error",
        "short": f"ends at once: `{where}` starts it on an event loop that is closed behind it",
        "dropped": f"may be collected: nothing keeps the task that `{where}` makes",
    }[loss.kind]
    message = f"`{container.name}` grows in {growth(container, project)} and its sweeper `{sweeper}` {how}"
    faults = (project.place(loss.scope, loss.op, "timer", f"the sweeper `{sweeper}` is lost here"),)
    reasons = ("no other start of the sweeper was found",)
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        _ADVICE[loss.kind],
        faults=faults,
        confidence=loss.confidence,
        reasons=reasons,
    )


_BOARD = """
import asyncio
import time

class Board:
    def __init__(self):
        self._posts = {}  # %s
        self._task = None
        %s

    def start(self):
        if self._task is None:
            self._task = asyncio.create_task(self._expire())

    def post(self, post_id):
        self._posts[post_id] = time.monotonic()

    async def _expire(self):
        while True:
            await asyncio.sleep(60)
            try:
                limit = time.monotonic() - 3600
                for post_id in [p for p, at in self._posts.items() if at < limit]:
                    self._posts.pop(post_id, None)
            except Exception as error:
                print("expiry failed", error)

board = Board()
"""
_TRIED = """try:
            self.start()
        except RuntimeError:
            pass"""
_WEB = """
from flask import Flask, request
from board import board
%s
app = Flask(__name__)

@app.post("/posts")
def post():
    board.post(request.form["id"])
    return "posted"
"""
_EXPECT, _OK = f"expect: {CODE}", f"ok: {CODE}"

RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a start that fails unseen, a task that nothing keeps, or an event loop that ends",
    doc=__doc__,
    check=check,
    examples=(
        Bad({"board.py": _BOARD % (_EXPECT, _TRIED), "web.py": _WEB % ""}),
        Bad(
            {
                "board.py": _BOARD % (_EXPECT, "self._last = 0.0"),
                "web.py": _WEB % "import asyncio\n\nasync def begin():\n    board.start()\n\nasyncio.run(begin())\n",
            }
        ),
        Good(
            {
                "board.py": _BOARD % (_OK, _TRIED),
                "app.py": """
                from aiohttp import web
                from board import board

                async def post(request):
                    board.post(request.match_info["post_id"])
                    return web.Response(text="posted")

                async def begin(app):
                    board.start()

                app = web.Application()
                app.on_startup.append(begin)
                app.router.add_post("/{post_id}", post)
                """,
            }
        ),
        Good(
            {
                "board.py": _BOARD % (_OK, "self._last = 0.0"),
                "app.py": """
                import asyncio
                from board import board

                async def talk(reader, writer):
                    board.post((await reader.readline()).decode())

                async def main():
                    board.start()
                    server = await asyncio.start_server(talk, port=6667)
                    await server.serve_forever()

                if __name__ == "__main__":
                    asyncio.run(main())
                """,
            }
        ),
        Good(
            {
                "board.py": """
                import contextlib
                import threading
                import time

                posts = {}  # ok: UBM205

                def post(post_id):
                    posts[post_id] = time.monotonic()

                def _expire():
                    while True:
                        time.sleep(60)
                        with contextlib.suppress(Exception):
                            limit = time.monotonic() - 3600
                            for post_id in [p for p, at in posts.items() if at < limit]:
                                posts.pop(post_id, None)

                def start():
                    with contextlib.suppress(RuntimeError):
                        threading.Thread(target=_expire, daemon=True).start()

                start()
                """,
                "web.py": _WEB.replace("import board", "import post as save").replace("board.post", "save") % "",
            }
        ),
    ),
)
