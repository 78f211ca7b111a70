"""A bridge that is sent one transaction after the other, each with one event, as the home server numbers them."""

import asyncio
import os
import socket
import tempfile

from aiohttp import ClientSession
from mautrix.appservice import AppService
from pace import steps

SAID = {"type": "m.room.message", "room_id": "!room:me", "sender": "@you:me", "event_id": "$1", "origin_server_ts": 1}
MESSAGE = {"events": [{**SAID, "content": {"msgtype": "m.text", "body": "hello"}}]}


async def main():
    port = socket.create_server(("127.0.0.1", 0)).getsockname()[1]
    bridge = AppService("http://127.0.0.1", "me", "ours", "theirs", "bot", "bridge")
    await bridge.start(port=port)
    async with ClientSession(headers={"Authorization": "Bearer theirs"}) as server:
        for number in steps():
            for part in range(20):
                url = f"http://127.0.0.1:{port}/_matrix/app/v1/transactions/{number * 20 + part}"
                assert (await server.put(url, json=MESSAGE)).status == 200
    await bridge.stop()
    print("transactions remembered:", len(bridge.transactions))


os.chdir(tempfile.mkdtemp())
asyncio.run(main())
