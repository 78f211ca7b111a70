"""More clients fall silent than there are sweeps, each as the next one comes."""

import asyncio

from world import Thing, akeys, answer  # isort: split

import app
import hub


async def clients():
    before = Thing()
    async for key in akeys(hours=0.02):
        before.idle, before = True, Thing(id=key, idle=False)
        yield before
        answer(key in hub.hub.clients)


asyncio.run(app.main(clients()))
