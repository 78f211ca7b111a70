"""One writer at a time to each file, and one speaker in each room."""

from __future__ import annotations

import threading
from typing import TextIO

_file_locks: dict[TextIO, threading.Lock] = {}
_room_locks = {}


class Room:
    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[str] = []


def _lock_of(file: TextIO) -> threading.Lock:
    if file not in _file_locks:
        _file_locks[file] = threading.Lock()
    return _file_locks[file]


def note(file: TextIO, text: str) -> None:
    with _lock_of(file):
        file.write(text)


def speak(name: str, text: str) -> list[str]:
    room = Room(name)
    if room not in _room_locks:
        _room_locks[room] = threading.Lock()
    with _room_locks[room]:
        room.said.append(text)
    return room.said
