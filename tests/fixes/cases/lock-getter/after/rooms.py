"""One door for each room."""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary


class Rooms:
    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._guard = threading.Lock()

    def lock_of(self, room: str) -> threading.Lock:
        with self._guard:
            lock = self._locks.get(room)
            if lock is None:
                lock = self._locks[room] = threading.Lock()
            return lock

    def enter(self, room: str) -> str:
        lock = self.lock_of(room)
        with lock:
            return room.upper()


rooms = Rooms()
