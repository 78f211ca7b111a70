import asyncio

from aiohttp import web

_pending = []
_more = set()
_third = set()


async def tell(room, *words):
    await asyncio.sleep(0)


async def enter(request):
    _pending.append(
        asyncio.ensure_future(
            tell(request.query["room"]),
        )
    )
    _more.add(
        asyncio.ensure_future(
            tell(request.query["room"], request.query["what is said there"])
        )
    )
    return web.Response()


async def leave(request):
    _third.add(
        asyncio.get_running_loop().create_task(
            tell(
                request.query["room"],
                *request.query["what is said as somebody leaves it"],
            )
        )
    )
    return web.Response()


app = web.Application()
app.router.add_get("/enter", enter)
app.router.add_get("/leave", leave)
