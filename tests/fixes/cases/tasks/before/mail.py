import asyncio

_sending = set()


def send(address: str) -> None:
    _sending.add(asyncio.create_task(_send(address)))


async def _send(address: str) -> None:
    await asyncio.sleep(0)
