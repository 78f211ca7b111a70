import threading
from weakref import WeakValueDictionary

_locks = WeakValueDictionary()


def save(name: str, text: str) -> int:
    with _locks.setdefault(name, threading.Lock()):
        return len(text)
