from asyncio import create_task, sleep
from contextlib import suppress
from time import monotonic

_marks = {}
_sweeper = None


def mark(user):
    _marks[user] = monotonic()


async def forget(seconds):
    while True:
        await sleep(60)
        for user, at in sorted(_marks.items()):
            if monotonic() - at > seconds:
                _marks.pop(user, None)


def start():
    global _sweeper
    if _sweeper is None:
        with suppress(RuntimeError):
            _sweeper = create_task(forget(3600))


start()
