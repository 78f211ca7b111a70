import asyncio

import mail


async def main():
    for number in range(50):
        mail.send(f"{number}@example.org")
    assert len(mail._sending) == 50
    for _ in range(5):
        await asyncio.sleep(0)
    assert not mail._sending


asyncio.run(main())
