"""One door for each room."""

from __future__ import annotations

import threading


class Rooms:
    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def lock_of(self, room: str) -> threading.Lock:
        with self._guard:
            if room not in self._locks:
                self._locks[room] = threading.Lock()
            return self._locks[room]

    def enter(self, room: str) -> str:
        lock = self.lock_of(room)
        with lock:
            return room.upper()


rooms = Rooms()
