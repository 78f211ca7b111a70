"""Posts of the last hour."""

import asyncio
import contextlib
import time
from typing import Optional

PAUSE = 60


class Board:
    def __init__(self) -> None:
        self._posts: dict[str, float] = {}
        self._task: Optional[asyncio.Task] = None
        with contextlib.suppress(RuntimeError):
            self._task = asyncio.create_task(self._expire(), name="expiry")

    def post(self, post_id: str) -> None:
        self._posts[post_id] = time.monotonic()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            self._drop(time.monotonic() - 3600)

    def _drop(self, limit: float) -> None:
        for post_id in [p for p, at in self._posts.items() if at < limit]:
            self._posts.pop(post_id, None)


board = Board()
