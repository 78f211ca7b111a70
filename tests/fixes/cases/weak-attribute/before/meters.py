"""What is known of each connection."""

import weakref
from typing import Any


class Meter:
    """Counts what a connection sends."""

    def __init__(self, connection: Any, limit: int = 10) -> None:
        self._connection = connection
        self.left = limit

    def sent(self, text: str) -> bool:
        self.left -= 1
        if not self.left:
            self._connection.close()
        return self.left > 0


_meters: weakref.WeakKeyDictionary[Any, Meter] = weakref.WeakKeyDictionary()


def meter(connection: Any) -> Meter:
    if connection not in _meters:
        _meters[connection] = Meter(connection)
    return _meters[connection]
