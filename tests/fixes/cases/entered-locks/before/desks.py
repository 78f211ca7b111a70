import threading


class Desks:
    _rooms: "dict[str, threading.Lock]" = {}

    def __init__(self):
        self._locks = {}
        self._others = {}
        self.taken = 0

    def sit(self, desk):
        if desk not in self._locks:
            # the first one
            self._locks[desk] = threading.Lock()

        # one after the other
        with self._locks[desk], open("/dev/null"):
            self.taken += 1

    def stand(self, desk):
        lock = self._others.setdefault(desk, threading.RLock())
        with lock:
            self.taken -= 1

    def where(self, desk):
        with Desks._rooms.setdefault(desk, threading.Lock()):
            return f"at {desk}"


desks = Desks()
