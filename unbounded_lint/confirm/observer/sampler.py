"""A thread that looks at the containers from time to time, in this process and in those that it forks.

It is a bare one, which `threading` does not know: the program counts its threads as if it were not there. It ends
before a fork and begins again behind it, on both sides: Python warns of forks beside other threads, and a lock that it
held would stay locked in the child.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import atexit
import gc
import os
import sys
import time

from .finder import Finder
from .records import Record
from .sites import Sites
from .sizes import inside, length, weight
from .text import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_PAUSE = 0.01
"""Seconds to the first look. The pauses then grow with what has passed, up to the interval: a short run is told by as
many looks as a long one."""

LOOKS_UP_TO_INTERVAL = 25
LOOKS_IN_ALL = 2000
"""A run of days is told by about so many looks times the logarithm of its length."""

SEARCH_PAUSES = (0.05, 10.0)
"""Seconds from one search to the next: at first, and at most."""

SEARCHED_FAR = 10.0
"""After so many seconds all objects are looked through although some were found, and again after twice the time."""

IDLE = 4
"""A program is taken to work for at least so small a part of the time."""

AT_FIRST = 0.01
"""Seconds of a processor for which no share is kept: most of it is to be found at the start."""

WEIGH_EVERY = 2.0
WEIGHED_IN_ALL = 20
"""A container is weighed every two seconds, and in a short run about so many times."""

MODULES_EVERY = 3.0
PATIENCE = 1.0
"""Seconds that a fork waits for the thread to end; it goes on however that is."""


def start(folder: str, begun: float) -> None:
    """Observe this process from now on, by the plan that a folder has; `begun` is what the process had used of a
    processor before. Raises OSError and ValueError for no plan."""
    if not _is_main_interpreter():
        return  # one of several in a process must end without threads of its own
    plan = read(os.path.join(folder, "plan.json"))
    if plan["tracemalloc"]:
        import tracemalloc

        tracemalloc.start(1)
    sampler = Sampler(plan, folder, begun)
    sampler.begin()
    # `atexit` runs last what is registered first: when the program is done.
    atexit.register(sampler.end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=sampler.pause, after_in_parent=sampler.begin, after_in_child=sampler.begin_in_child)


def _is_main_interpreter() -> bool:
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = __import__(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() == interpreters.get_main())
    return True


def _block_signals() -> None:
    """Leave all signals to the threads of the program: one that they wait for would end the process in any other."""
    if hasattr(_signal, "pthread_sigmask"):
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())


class Sampler:
    """Looks at the containers of the plan and writes down how large they are.

    The clocks are kept as attributes: libraries that stop the time for tests replace those of modules.
    """

    def __init__(self, plan: dict[str, Any], folder: str, begun: float) -> None:
        self._monotonic = time.monotonic
        self._thread_time = getattr(time, "thread_time", time.process_time)
        self._process_time = time.process_time
        self._time_ns = time.time_ns
        self._plan = plan
        self._folder = folder
        self._interval: float = plan["interval"]
        self._share: float = plan["share"]
        self._stop = _thread.allocate_lock()
        self._done = _thread.allocate_lock()
        self._is_running = False
        self._has_failed = False
        self._begin_anew(begun)

    def _begin_anew(self, begun: float) -> None:
        self._record = Record(self._folder, self._time_ns())
        self._finder = Finder(self._plan["root"], [target["file"] for target in self._plan["targets"]])
        self._sites = Sites(self._plan) if self._plan["call_sites"] else None
        self._told: dict[str, list[int] | str] = {}
        self._weighed: dict[int, tuple[float, int]] = {}
        self._begun = self._monotonic()
        self._used_before = self._process_time()
        self._start = self._used_before - begun
        self._spent = 0.0
        self._spent_on_searches = 0.0
        self._next_search = 0.0
        self._next_far_search = self._begun + SEARCHED_FAR
        self._searched_for = (0, False)
        self._search_pause = SEARCH_PAUSES[0]
        self._next_look_at_modules = 0.0

    # --- the thread ---

    def begin(self) -> None:
        """Start the thread."""
        if self._is_running or self._has_failed:
            return
        self._stop, self._done = _thread.allocate_lock(), _thread.allocate_lock()
        self._stop.acquire()
        self._done.acquire()
        try:
            _thread.start_new_thread(self._run, (self._stop, self._done))
        except Exception:
            return
        self._is_running = True

    def begin_in_child(self) -> None:
        """Start anew in a process that was forked off."""
        try:
            self._is_running = False
            self._begin_anew(self._process_time())
            self.begin()
        except Exception:
            return

    def pause(self) -> None:
        """End the thread, to begin again."""
        if not self._is_running:
            return
        self._is_running = False
        self._stop.release()
        self._done.acquire(True, PATIENCE)

    def end(self) -> None:
        """End the thread, and look a last time: what the program leaves behind."""
        was_running = self._is_running
        self.pause()
        if was_running:
            try:
                self._look(is_last=True)
            except Exception:
                self._fail()

    def _run(self, stop: Any, done: Any) -> None:
        try:
            _block_signals()
            pause = FIRST_PAUSE
            while not stop.acquire(True, pause):
                pause = self._look()
        except BaseException:  # whatever code of the program may raise: this thread is nobody else's
            self._fail()
        finally:
            done.release()

    def _pause(self) -> float:
        """Seconds to the next look, such that all of them take no more than their share."""
        passed = max(self._monotonic() - self._begun, FIRST_PAUSE)
        pause = max(FIRST_PAUSE, passed / LOOKS_UP_TO_INTERVAL)
        pause = max(min(self._interval, pause), passed / LOOKS_IN_ALL)
        # A program that waits leaves its processor to others, and one that has to share it gets less than time passes.
        ours = max(self._process_time() - self._used_before, passed / IDLE)
        spent = max(0.0, self._spent - self._spent_on_searches - AT_FIRST)
        return max(pause, (spent / self._share - ours) * passed / ours)

    def _fail(self) -> None:
        """Tell of a fault of the observer, if even that can be told, and leave the program alone from now on."""
        self._is_running, self._has_failed = False, True
        if self._sites is not None:
            self._sites.end()
        try:
            import traceback

            self._record.write({"failed": traceback.format_exc(limit=-4)})
        except Exception:
            return

    # --- one look ---

    def _look(self, *, is_last: bool = False) -> float:
        """Look once, and give the seconds to the next look; without a garbage collection, which would run destructors
        of the program in this thread."""
        was_on = gc.isenabled()
        gc.disable()
        begun = self._thread_time()
        try:
            self._record.write(self._told_by_look(is_last, begun))
            self._spent += self._thread_time() - begun
            return self._pause()
        finally:
            if was_on:
                gc.enable()

    def _told_by_look(self, is_last: bool, begun: float) -> dict[str, Any]:
        now = self._monotonic()
        looked = self._finder.modules.look(again=now >= self._next_look_at_modules)
        if looked:
            self._next_look_at_modules = now + MODULES_EVERY
        changed = {}
        for number, target in enumerate(self._plan["targets"]):
            state = self._state(number, target, now, is_last)
            if self._told.get(str(number)) != state:
                changed[str(number)] = self._told[str(number)] = state
        if self._sites is not None:
            self._sites.watch(self._finder, again=looked)
        line: dict[str, Any] = {"t": round(now - self._plan["origin"], 4)}
        if changed:
            line["sizes"] = changed
        self._search(now)
        spent = self._start + self._spent + self._thread_time() - begun
        line["spent"] = [round(spent, 4), round(self._process_time(), 4)]
        if self._sites is not None:
            line.update(self._sites.news(is_last=is_last))
        if self._plan["tracemalloc"]:
            line["traced"] = sys.modules["tracemalloc"].get_traced_memory()[0]
        if is_last:
            line["last"] = True
        return line

    def _state(self, number: int, target: dict[str, Any], now: float, is_last: bool) -> list[int] | str:
        """Entries, entries inside them, bytes, and how many containers these are; or why there are none."""
        try:
            boxes, why = self._finder.find(target)
            if not boxes:
                return why
            entries = [length(box) or 0 for box in boxes]
            within = sum(map(inside, boxes, entries))
            weighed_at, weighed = self._weighed.get(number, (0.0, 0))
            if is_last or now - weighed_at >= min(WEIGH_EVERY, (now - self._begun) / WEIGHED_IN_ALL):
                weighed = sum(map(weight, boxes, entries))
                self._weighed[number] = now, weighed
            return [sum(entries), within, weighed, len(boxes)]
        except BaseException as error:  # the program's own, or of what changes as it is walked through
            told = self._told.get(str(number))
            return told if isinstance(told, list) else f"failed: {type(error).__name__}"

    def _search(self, now: float) -> None:
        """Search for objects when it is time: near first, and far away where there are none, or seldom. It is time at
        once when there is something new to search for."""
        wanted, modules = self._finder.wanted, self._finder.modules
        new = (wanted.count, wanted.lacks) != self._searched_for
        if not wanted.count or (now < self._next_search and not new):
            return
        begun = self._thread_time()
        if new:
            self._search_pause = SEARCH_PAUSES[0]
        wanted.near(modules.of_project(), modules.is_own)
        if wanted.lacks or now >= self._next_far_search:
            wanted.anywhere()
            self._next_far_search = now + max(SEARCHED_FAR, now - self._begun)
        self._searched_for = (wanted.count, wanted.lacks)
        cost = self._thread_time() - begun
        self._spent_on_searches += cost
        self._next_search = now + max(self._search_pause, IDLE * cost / self._share)
        self._search_pause = min(SEARCH_PAUSES[1], self._search_pause * 1.5)
