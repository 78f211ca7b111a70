"""Orders and receipts, each for a while."""

import asyncio
import logging
import time

log = logging.getLogger(__name__)
PAUSE = 60


class Tables:
    def __init__(self):
        self._orders = {}
        self._receipts = {}
        self._sweeper = None

    def order(self, order_id, until):
        self._orders[order_id] = until
        self._start_sweeper()

    def _start_sweeper(self):
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    def receipt(self, number, until):
        self._receipts[number] = until
        self._start_sweeper()

    async def _sweep(self):
        while True:
            await asyncio.sleep(PAUSE)
            try:
                self._drop(time.monotonic())
            except Exception:
                log.exception("sweep failed")
            if not self._orders and not self._receipts:
                break
        self._sweeper = None

    def _drop(self, now):
        for order_id in [o for o, until in self._orders.items() if until < now]:
            self._orders.pop(order_id, None)
        for number in [n for n, until in self._receipts.items() if until < now]:
            self._receipts.pop(number, None)


tables = Tables()
