import asyncio
import logging
from time import monotonic

log = logging.getLogger(__name__)
PAUSE = 60
_TICKETS_MAX_AGE_SECONDS = 86_400


def _is_over(ticket):
    return ticket["until"] is not None and ticket["until"] < monotonic()


class Desk:
    def __init__(self):
        self._tickets = {}

    def open(self, number, seconds):
        until = monotonic() + seconds if seconds else None
        self._tickets[number] = {"until": until, "seen": 0, "created_at": monotonic()}

    def seen(self, number):
        ticket = self._tickets.get(number)
        return ticket is not None and ticket["until"] is None

    async def sweep(self):
        while True:
            await asyncio.sleep(PAUSE)
            try:
                oldest = monotonic() - _TICKETS_MAX_AGE_SECONDS
                for entry in list(self._tickets.values()):
                    if not entry["until"] and entry["created_at"] < oldest:
                        entry["until"] = entry["created_at"]
                for number in [n for n, t in self._tickets.items() if _is_over(t)]:
                    self._tickets.pop(number, None)
            except Exception:
                log.exception("sweep failed")


desk = Desk()
