"""Hooks that come in pairs: what takes out whatever its partner put in, and what looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

TORNADO = "from tornado.websocket import WebSocketHandler\nX = {}\nclass H(WebSocketHandler):\n"
ASYNCIO = "import asyncio\nX = {}\nclass P(asyncio.Protocol):\n"
ENDPOINT = "from starlette.endpoints import WebSocketEndpoint\nX = {}\nclass E(WebSocketEndpoint):\n"
CONSUMER = "from channels.generic.websocket import AsyncWebsocketConsumer\nX = {}\nclass C(AsyncWebsocketConsumer):\n"
EVENTS = "import socketio\nX = {}\nsio = socketio.AsyncServer()\n"
OPEN = "    def open(self, name):\n        self.name = name\n        X[name] = self\n"

PAIRED: dict[str, str] = {
    "by an attribute": TORNADO + OPEN + "    def on_close(self):\n        X.pop(self.name, None)\n",
    "if it is there": TORNADO
    + OPEN
    + "    def on_close(self):\n        if self.name in X:\n            del X[self.name]\n",
    "the object itself": (
        TORNADO.replace("{}", "set()") + "    def open(self):\n        X.add(self)\n"
        "    def on_close(self):\n        X.discard(self)\n"
    ),
    "found by the object": (
        TORNADO + "    def open(self, name):\n        X[name] = self\n    def on_close(self):\n"
        "        for name, handler in X.items():\n            if handler == self:\n                break\n"
        "        del X[name]\n"
    ),
    "under a flag that goes with it": (
        TORNADO + "    def open(self, name):\n        self.name = name\n        if name:\n            X[name] = self\n"
        "            self.known = True\n    def on_close(self):\n        if self.known:\n            X.pop(self.name)\n"
    ),
    "by helpers": (
        TORNADO.replace("class H(", "def enter(key, v):\n    X[key] = v\ndef leave(key):\n    X.pop(key)\nclass H(")
        + "    def open(self, name):\n        self.name = name\n        enter(self.name, self)\n"
        "    def on_close(self):\n        leave(self.name)\n"
    ),
    "by the object that makes them": (
        "from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol\n"
        "class F(WebSocketServerFactory):\n    def __init__(self):\n        self.X = set()\n"
        "    def register(self, one):\n        self.X.add(one)\n    def unregister(self, one):\n"
        "        self.X.discard(one)\nfactory = F()\n"
        "class P(WebSocketServerProtocol):\n    def onOpen(self):\n        factory.register(self)\n"
        "    def onClose(self, clean, code, reason):\n        factory.unregister(self)\n"
    ),
    "asyncio": (
        ASYNCIO + "    def connection_made(self, transport):\n        self.transport = transport\n"
        "        X[transport] = self\n    def connection_lost(self, exc):\n        X.pop(self.transport)\n"
    ),
    "what a call gave": (
        ASYNCIO + "    def connection_made(self, transport):\n        peer = transport.get_extra_info('peername')\n"
        "        self.peer = peer\n        X[peer] = self\n    def connection_lost(self, exc):\n"
        "        del X[self.peer]\n"
    ),
    "the same argument": (
        ENDPOINT + "    async def on_connect(self, websocket):\n        X[websocket] = 1\n"
        "    async def on_disconnect(self, socket, code):\n        X.pop(socket)\n"
    ),
    "decorated functions": (
        EVENTS + "@sio.event\nasync def connect(sid, environ):\n    X[sid] = environ\n"
        "@sio.on('disconnect')\ndef gone(sid):\n    X.pop(sid, None)\n"
    ),
    "hooks of requests": (
        "import flask\nfrom flask import request\nX = {}\napp = flask.Flask('a')\n"
        "@app.before_request\ndef begin():\n    X[id(request)] = 1\n"
        "@app.teardown_request\ndef end(error):\n    X.pop(id(request), None)\n"
    ),
    "signals": (
        "from celery.signals import task_prerun, task_postrun\nX = {}\n"
        "@task_prerun.connect\ndef begin(task_id, **_):\n    X[task_id] = 1\n"
        "@task_postrun.connect\ndef end(sender, task_id, **_):\n    X.pop(task_id)\n"
    ),
    "a derived class that calls the inherited one": (
        TORNADO + OPEN + "    def on_close(self):\n        X.pop(self.name, None)\n"
        "class D(H):\n    def on_close(self):\n        super().on_close()\n        print(self)\n"
    ),
    "a base whose derived classes remove": (
        TORNADO + OPEN + "class D(H):\n    def on_close(self):\n        X.pop(self.name, None)\n"
    ),
}
STAYING: dict[str, tuple[str, str]] = {
    # program, left
    "another key": (
        TORNADO + "    def open(self, name, other):\n        self.other = other\n        X[name] = self\n"
        "    def on_close(self):\n        X.pop(self.other, None)\n",
        "unasked",
    ),
    "an attribute that changes": (
        TORNADO + OPEN + "    def on_message(self, m):\n        self.name = m\n"
        "    def on_close(self):\n        X.pop(self.name, None)\n",
        "unasked",
    ),
    "put in by another hook too": (
        TORNADO + OPEN + "    def on_message(self, m):\n        X[m] = self\n"
        "    def on_close(self):\n        X.pop(self.name, None)\n",
        "unasked",
    ),
    "only some of those that close": (
        TORNADO
        + OPEN
        + "    def on_close(self):\n        if self.close_code == 1000:\n            X.pop(self.name, None)\n",
        "unasked",
    ),
    "a message that asks for it": (
        TORNADO + OPEN + "    def on_message(self, m):\n        X.pop(self.name, None)\n",
        "unasked",
    ),
    "a derived class that does not call the inherited one": (
        TORNADO + OPEN + "    def on_close(self):\n        X.pop(self.name, None)\n"
        "class D(H):\n    def on_close(self):\n        print(self)\n",
        "unasked",
    ),
    "a wait before it": (
        ENDPOINT + "    async def on_connect(self, websocket):\n        X[websocket] = 1\n"
        "    async def on_disconnect(self, websocket, code):\n        await self.store.save(code)\n"
        "        X.pop(websocket)\n",
        "error",
    ),
    "an opening that may fail": (
        ENDPOINT + "    async def on_connect(self, websocket):\n        X[websocket] = 1\n"
        "        await websocket.accept()\n    async def on_disconnect(self, websocket, code):\n"
        "        X.pop(websocket)\n",
        "error",
    ),
    "a framework that an error keeps from it": (
        CONSUMER + "    async def connect(self):\n        X[self.channel_name] = self\n"
        "    async def disconnect(self, code):\n        X.pop(self.channel_name)\n",
        "error",
    ),
    "an opening that is refused": (
        EVENTS + "@sio.event\ndef connect(sid, environ):\n    X[sid] = environ\n    if not environ:\n"
        "        return False\n@sio.event\ndef disconnect(sid):\n    X.pop(sid)\n",
        "error",
    ),
    "another namespace": (
        EVENTS + "@sio.on('connect', namespace='/a')\ndef begin(sid, environ):\n    X[sid] = environ\n"
        "@sio.on('disconnect', namespace='/b')\ndef end(sid):\n    X.pop(sid)\n",
        "unasked",
    ),
    "a class of its own": (
        "X = {}\nclass H:\n"
        + OPEN
        + "    def on_close(self):\n        X.pop(self.name, None)\ndef run(name):\n    H().open(name)\n",
        "unasked",
    ),
}


@pytest.mark.parametrize("name", PAIRED)
def test_what_the_partner_takes_out_is_paired(name: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": PAIRED[name]})
    container = named(project, "F.X" if "self.X" in PAIRED[name] else "X")
    assert container.verdict.name == "paired"


@pytest.mark.parametrize("name", STAYING)
def test_what_the_partner_need_not_take_out_stays(name: str, tmp_path: Path) -> None:
    program, left = STAYING[name]
    container = named(linked(tmp_path, {"m.py": program}))
    assert (container.verdict.name, container.way and container.way.left) == ("event-only", left)
