import threading
from weakref import WeakValueDictionary


class Desks:
    _rooms: "WeakValueDictionary[str, threading.Lock]" = WeakValueDictionary()
    _rooms_guard = threading.Lock()

    def __init__(self):
        self._locks = WeakValueDictionary()
        self._others = WeakValueDictionary()
        self._others_guard = threading.Lock()
        self.taken = 0

    def sit(self, desk):
        lock = self._locks.get(desk)
        if lock is None:
            # the first one
            lock = self._locks[desk] = threading.Lock()

        # one after the other
        with lock, open("/dev/null"):
            self.taken += 1

    def stand(self, desk):
        with self._others_guard:
            lock = self._others.setdefault(desk, threading.RLock())
        with lock:
            self.taken -= 1

    def where(self, desk):
        with Desks._rooms_guard:
            lock = Desks._rooms.setdefault(desk, threading.Lock())
        with lock:
            return f"at {desk}"


desks = Desks()
