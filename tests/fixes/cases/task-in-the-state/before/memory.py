import asyncio
import logging
import time

log = logging.getLogger(__name__)
_turns = {}


def turn(chat_id):
    _turns[chat_id] = time.monotonic()


def forget():
    limit = time.monotonic() - 900
    for chat_id in [c for c, at in _turns.items() if at < limit]:
        _turns.pop(chat_id, None)


async def janitor():
    busy = asyncio.Event()
    while True:
        await busy.wait()
        busy.clear()
        await asyncio.sleep(60)
        try:
            forget()
        except Exception:
            log.exception("forgetting failed")
