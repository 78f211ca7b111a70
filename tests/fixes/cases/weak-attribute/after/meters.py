"""What is known of each connection."""

import weakref
from typing import Any


class Meter:
    """Counts what a connection sends."""

    def __init__(self, connection: Any, limit: int = 10) -> None:
        self._connection_ref = weakref.ref(connection)
        self.left = limit

    @property
    def _connection(self) -> Any:
        """What this is about, or None once that is gone."""
        return self._connection_ref()

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
