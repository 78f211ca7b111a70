import asyncio

from aiohttp import web

_pending = []
_more = set()
_third = set()


async def tell(room, *words):
    await asyncio.sleep(0)


async def enter(request):
    task = asyncio.ensure_future(
        tell(request.query["room"]),
    )
    _pending.append(task)
    task.add_done_callback(_pending.remove)
    task = asyncio.ensure_future(
        tell(request.query["room"], request.query["what is said there"])
    )
    _more.add(task)
    task.add_done_callback(_more.discard)
    return web.Response()


async def leave(request):
    task = asyncio.get_running_loop().create_task(
        tell(
            request.query["room"],
            *request.query["what is said as somebody leaves it"],
        )
    )
    _third.add(task)
    task.add_done_callback(_third.discard)
    return web.Response()


app = web.Application()
app.router.add_get("/enter", enter)
app.router.add_get("/leave", leave)
