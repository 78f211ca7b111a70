"""Simulated time for a driver, beside which this file and `pace.py` are laid: threads, timers and tasks of the program
sleep until the driver lets the hours pass, each wakes at its moment, and nothing waits for a clock.

It is imported before the program. A driver asks `keys` (or, on an event loop, `akeys`) for ever new keys and tells by
`answer` what the program gave for each. With `PROOF_ANSWERS` it prints the answers to a few keys, in no time at all;
else it goes on until `confirm` has looked at it often enough. What goes wrong where nothing grows it tells by `fault`,
with `PROOF_FAULT`, for which the hours pass as they do otherwise. While the machine is `full`, no thread can be begun.
"""

import asyncio
import contextlib
import heapq
import itertools
import os
import sys
import threading
import time
import types

from pace import step as look
from pace import steps

HOUR = 3600.0
ANSWERS = int(os.environ.get("PROOF_ANSWERS", "0"))
FAULT = "PROOF_FAULT" in os.environ
_MAIN, _START, _SLEEP = threading.main_thread(), threading.Thread.start, time.sleep
_WAIT, _TURN = threading.Event.wait, asyncio.sleep


class World:
    """The time, and what sleeps in it: moment, number, what wakes it, the thread that then has to come to rest."""

    def __init__(self):
        self.now = 1_700_000_000.0
        self._sleepers, self._numbers = [], itertools.count()
        self._changed, self._resting = threading.Condition(), set()
        self.is_full = False

    def lie(self, seconds, wake, thread):
        with self._changed:
            heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), wake, thread))
            self._resting.add(thread)
            self._changed.notify_all()

    def sleep(self, seconds):
        alarm = threading.Lock()
        alarm.acquire()
        self.lie(seconds, alarm.release, threading.current_thread())
        alarm.acquire()

    def settle(self, thread):
        with self._changed:
            while thread.is_alive() and thread not in self._resting:
                self._changed.wait(0.001)

    def wakings(self, seconds):
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, wake, thread = heapq.heappop(self._sleepers)
            self._resting.discard(thread)
            wake()
            if thread is not None:
                self.settle(thread)
            yield
        self.now = until


WORLD = World()


def _sleep(seconds):
    _SLEEP(seconds) if threading.current_thread() is _MAIN else WORLD.sleep(seconds)


def _wait(event, timeout=None):
    if timeout is None or threading.current_thread() is _MAIN:
        return _WAIT(event, timeout)
    if not event.is_set():
        WORLD.sleep(timeout)
    return event.is_set()


def _start(thread):
    if WORLD.is_full:
        raise RuntimeError("can't start new thread")  # as CPython says it
    thread.daemon = True
    _START(thread)
    WORLD.settle(thread)


async def _asleep(seconds, result=None):
    if seconds <= 0:
        return await _TURN(0, result)
    waiter = asyncio.get_running_loop().create_future()
    WORLD.lie(seconds, lambda: waiter.done() or waiter.set_result(result), None)
    return await waiter


time.time = time.monotonic = lambda: WORLD.now
time.sleep, threading.Thread.start, threading.Event.wait, asyncio.sleep = _sleep, _start, _wait, _asleep


def keys(number=40, hours=1.0):
    """So many new keys, then so many hours, again and again."""
    for step in range(ANSWERS) if ANSWERS else steps():
        for part in range(4 if ANSWERS and not FAULT else number):
            yield f"{step}-{part}"
        show()
        for _ in WORLD.wakings(0.0 if ANSWERS and not FAULT else hours * HOUR):
            pass


async def akeys(number=40, hours=1.0):
    """The same for a driver that runs on an event loop; the tasks of the program get their turns."""
    for step in range(ANSWERS) if ANSWERS else steps():
        for part in range(4 if ANSWERS else number):
            yield f"{step}-{part}"
            await turns()
        show()
        for _ in WORLD.wakings(0.0 if ANSWERS else hours * HOUR):
            await turns()


@contextlib.contextmanager
def full():
    """As long as this lasts, the system has no thread for anybody."""
    WORLD.is_full = True
    try:
        yield
    finally:
        WORLD.is_full = False


def show():
    """Let the observer see what the keys have filled, before the hours empty it."""
    if not ANSWERS:
        look()


async def turns(number=8):
    for _ in range(number):
        await _TURN(0)


def answer(value):
    """Tell what the program gave."""
    if ANSWERS and not FAULT:
        print(repr(value))


def fault(text):
    """Tell what went wrong."""
    if FAULT:
        print(text, file=sys.__stdout__)


def _decorator(*given, **_):
    return given[0] if given and callable(given[0]) else lambda function: function


class Framework:
    """Stands for an application of a framework: its decorators leave functions as they are."""

    def __init__(self, *_, **__):
        pass

    def __getattr__(self, name):
        return _decorator


class Thing(types.SimpleNamespace):
    """A request, or what else a driver hands in; one is as good as another as a key, and can be referred to weakly."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


def stub(name, **members):
    """Let a package be there that is not installed."""
    module = sys.modules[name] = types.ModuleType(name)
    vars(module).update(members)
    return module


def flask():
    """A stand-in for Flask; gives what it calls the request."""
    request = Thing(remote_addr="", form={}, content_length=0, data="")
    request.get_data = lambda as_text=False: request.data if as_text else request.data.encode()
    stub("flask", Flask=Framework, request=request, abort=answer, jsonify=dict)
    return request


if not ANSWERS or FAULT:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
