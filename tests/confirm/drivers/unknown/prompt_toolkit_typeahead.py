"""A telnet server that greets its visitors: each comes, is asked for a name, says it and goes."""

import asyncio
import socket

from pace import steps
from prompt_toolkit import PromptSession
from prompt_toolkit.contrib.telnet.server import TelnetServer
from prompt_toolkit.input.typeahead import _buffer


async def interact(connection):
    connection.send(f"Hello {await PromptSession('Name: ').prompt_async()}\n")


async def main():
    port = socket.create_server(("127.0.0.1", 0)).getsockname()[1]
    server = TelnetServer(interact=interact, port=port, enable_cpr=False)
    running = asyncio.create_task(server.run())
    await asyncio.sleep(0)
    for _ in steps():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\xff\xfa\x18\x00vt100\xff\xf0" + b"me\r")  # its type, as a terminal tells it, and a name
        await reader.read()
        writer.close()
    print("connections open:", len(server.connections), "typeahead buffers kept:", len(_buffer))
    running.cancel()


asyncio.run(main())
