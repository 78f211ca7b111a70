import asyncio

_sending = set()


def send(address: str) -> None:
    task = asyncio.create_task(_send(address))
    _sending.add(task)
    task.add_done_callback(_sending.discard)


async def _send(address: str) -> None:
    await asyncio.sleep(0)
