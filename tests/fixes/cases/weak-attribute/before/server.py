import asyncio

from meters import meter


async def handle(connection):
    async for message in connection:
        if not meter(connection).sent(message):
            break


async def serve(connections):
    async with asyncio.TaskGroup() as group:
        async for connection in connections:
            group.create_task(handle(connection))
