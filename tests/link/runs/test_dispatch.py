"""Handlers that a program keeps in a container of its own, and what calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

BUS = """
import queue, threading
X = {}
class Bus:
    def __init__(self):
        self.queue = queue.Queue()
        self.handlers = {}
        self.active = True
    def run(self):
        while self.active:
            event = self.queue.get(timeout=1)
            self.process(event)
    def process(self, event):
        CALL
    def register(self, kind, handler):
        KEEP
    def START(self):
        threading.Thread(target=self.run).start()
class Desk:
    def __init__(self, bus):
        bus.register('trade', self.on_trade)
    def on_trade(self, event):
        X[event.id] = event
bus = Bus()
Desk(bus)
"""
FORMS = {
    "looped over": (
        "for handler in self.handlers.get(event.kind, []):\n            handler(event)",
        "self.handlers.setdefault(kind, []).append(handler)",
    ),
    "looped over with another": (
        "for kind, handler in self.handlers.items():\n            handler(event)",
        "self.handlers[kind] = handler",
    ),
    "in a comprehension": (
        "[handler(event) for handler in self.handlers[event.kind]]",
        "known = self.handlers[kind]\n        if handler not in known:\n            known.append(handler)",
    ),
    "looked up": ("self.handlers[event.kind](event)", "self.handlers[kind] = handler"),
    "looked up under a name": (
        "handler = self.handlers.get(event.kind)\n        if handler:\n            handler(event)",
        "self.handlers[kind] = handler",
    ),
    "copied first": (
        "for handler in list(self.handlers.values()):\n            handler(event)",
        "self.handlers[kind] = handler",
    ),
}
OTHERS = {
    "never called": ("print(self.handlers)", "self.handlers[kind] = handler"),
    "another container is called": (
        "for handler in self.others:\n            handler(event)",
        "self.handlers[kind] = handler",
    ),
    "the keys are called": ("for kind in self.kinds:\n            kind(event)", "self.handlers[kind] = handler"),
}


def runs(tmp_path: Path, call: str, keep: str, start: str) -> tuple[set[str | None], str, str]:
    text = BUS.replace("CALL", call).replace("KEEP", keep).replace("START", start)
    found = named(linked(tmp_path, {"m.py": text}))
    (insert,) = found.inserts
    return {context.by for context in insert.contexts}, insert.domain.kind, insert.domain.source


@pytest.mark.parametrize(("call", "keep"), FORMS.values(), ids=FORMS)
def test_a_handler_runs_in_the_loop_that_calls_what_is_kept(call: str, keep: str, tmp_path: Path) -> None:
    by, kind, source = runs(tmp_path, call, keep, "start")
    assert ("hook" in by, kind, source) == (True, "open", "message")


@pytest.mark.parametrize(("call", "keep"), OTHERS.values(), ids=OTHERS)
def test_a_handler_that_no_loop_calls_is_only_handed_on(call: str, keep: str, tmp_path: Path) -> None:
    assert "hook" not in runs(tmp_path, call, keep, "start")[0]


def test_a_handler_that_users_call_one_by_one_is_in_no_loop(tmp_path: Path) -> None:
    text = BUS.replace("CALL", "self.handlers[event.kind](event)").replace("KEEP", "self.handlers[kind] = handler")
    text = text.replace("START", "start").replace("        while self.active:\n    ", "        if self.active:\n    ")
    (insert,) = named(linked(tmp_path, {"m.py": text})).inserts
    assert "hook" not in {context.by for context in insert.contexts}


def test_what_a_handler_takes_out_is_no_sweep_of_a_timer(tmp_path: Path) -> None:
    call, keep = FORMS["looked up"]
    text = BUS.replace("CALL", call).replace("KEEP", keep).replace("START", "start")
    text += "def forget(event):\n    X.pop(event.id, None)\nbus.register('end', forget)\n"
    assert named(linked(tmp_path, {"m.py": text})).verdict.name == "event-only"


def test_a_known_base_tells_more_than_an_unknown_decorator(tmp_path: Path) -> None:
    text = "import other, tornado.web\nX = {}\nclass Page(BASE):\n"
    text += "    @other.checked\n    def get(self, name):\n        X[name] = 1\n"
    by = []
    for base in ("tornado.web.RequestHandler", "object"):
        (insert,) = named(linked(tmp_path / base, {"m.py": text.replace("BASE", base)})).inserts
        by.append({context.by for context in insert.contexts})
    assert by == [{"request"}, {"decorated"}]
