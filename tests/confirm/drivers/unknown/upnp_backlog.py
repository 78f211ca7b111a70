"""Subscribes to a lamp and unsubscribes, again and again; each time the lamp sends a last event in between."""

import asyncio

from aiohttp import request, test_utils, web
from async_upnp_client.aiohttp import AiohttpNotifyServer, AiohttpRequester
from async_upnp_client.client_factory import UpnpFactory
from pace import steps

LAMP = '<root xmlns="urn:schemas-upnp-org:device-1-0"><device><serviceList><service/></serviceList></device></root>'


async def main():
    async def lamp(asked):
        if asked.method == "UNSUBSCRIBE":
            event = {"NT": "upnp:event", "NTS": "upnp:propchange", "SEQ": "1", "SID": asked.headers["SID"]}
            async with request("NOTIFY", ours.callback_url, headers=event):
                pass
        return web.Response(text=LAMP, headers={"SID": f"uuid:{asyncio.get_running_loop().time()}"})

    server, ours = test_utils.RawTestServer(lamp), AiohttpNotifyServer(AiohttpRequester(), ("127.0.0.1", 0))
    await asyncio.gather(server.start_server(), ours.async_start_server())
    device = await UpnpFactory(AiohttpRequester(), non_strict=True).async_create_device(str(server.make_url("/")))
    for _ in steps():
        await ours.event_handler.async_subscribe(device.all_services[0])
        await ours.event_handler.async_unsubscribe_all()
    print("events kept:", len(ours.event_handler._backlog))


asyncio.run(main())
