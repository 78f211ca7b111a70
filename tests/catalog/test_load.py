"""The catalogue: complete, well formed, and right about the APIs that matter most."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from unbounded_lint import catalog as package
from unbounded_lint.catalog import Catalog, CatalogError, catalog, extend, model, receiver_word
from unbounded_lint.catalog.build import COMPACT, SOURCES, assemble, build, encode
from unbounded_lint.catalog.load import DECLARED, name_lists
from unbounded_lint.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(package.__file__).parent

TIMERS = """
threading.Timer threading.Thread _thread.start_new_thread thread.start_new_thread
concurrent.futures.ThreadPoolExecutor.submit concurrent.futures.thread.ThreadPoolExecutor.submit
multiprocessing.Process sched.scheduler.enter sched.scheduler.enterabs signal.setitimer signal.alarm
socketserver.BaseServer socketserver.TCPServer socketserver.UDPServer socketserver.ThreadingMixIn
http.server.HTTPServer http.server.ThreadingHTTPServer asyncio.create_task asyncio.ensure_future
asyncio.run_coroutine_threadsafe asyncio.gather asyncio.wait asyncio.run asyncio.to_thread
apscheduler.schedulers.background.BackgroundScheduler.add_job apscheduler.schedulers.asyncio.AsyncIOScheduler.add_job
apscheduler.schedulers.blocking.BlockingScheduler.add_job apscheduler.schedulers.tornado.TornadoScheduler.add_job
apscheduler.schedulers.twisted.TwistedScheduler.add_job apscheduler.schedulers.gevent.GeventScheduler.add_job
apscheduler.schedulers.qt.QtScheduler.add_job apscheduler.AsyncScheduler.add_schedule
apscheduler.Scheduler.add_schedule flask_apscheduler.APScheduler.add_job
nonebot_plugin_apscheduler.scheduler.scheduled_job nonebot.scheduler.scheduled_job celery.task.periodic_task
celery.decorators.periodic_task django_celery_beat.models.PeriodicTask kombu.asynchronous.Hub.call_repeatedly
kombu.asynchronous.timer.Timer.call_repeatedly rq.cron.register rq.Queue.enqueue_in rq.Queue.enqueue_at
rq_scheduler.Scheduler.cron rq_scheduler.Scheduler.enqueue_at rq_scheduler.Scheduler.enqueue_in
rq_scheduler.Scheduler.schedule huey.RedisHuey.periodic_task huey.SqliteHuey.periodic_task
huey.contrib.djhuey.periodic_task huey.contrib.djhuey.db_periodic_task dramatiq.actor procrastinate.App.periodic
procrastinate.Blueprint.periodic arq.cron arq.cron.cron django_q.tasks.schedule airflow.DAG airflow.decorators.dag
dagster.schedule dagster.sensor prefect.serve modal.Period modal.Cron chalice.Chalice.schedule schedule.every
schedule.Scheduler.every schedule.repeat timeloop.Timeloop.job rocketry.Rocketry.task aiocron.crontab
async_cron.job.CronJob scheduler.Scheduler.cyclic scheduler.Scheduler.daily scheduler.Scheduler.hourly
scheduler.Scheduler.minutely scheduler.Scheduler.once scheduler.Scheduler.weekly scheduler.asyncio.Scheduler.cyclic
scheduler.asyncio.Scheduler.daily scheduler.asyncio.Scheduler.hourly scheduler.asyncio.Scheduler.minutely
scheduler.asyncio.Scheduler.once scheduler.asyncio.Scheduler.weekly aiojobs.Scheduler.spawn aiojobs.aiohttp.spawn
aiomisc.PeriodicCallback aiomisc.CronCallback futurist.periodics.periodic
oslo_service.loopingcall.FixedIntervalLoopingCall oslo_service.loopingcall.DynamicLoopingCall
oslo_service.threadgroup.ThreadGroup.add_dynamic_timer oslo_service.threadgroup.ThreadGroup.add_dynamic_timer_args
oslo_service.threadgroup.ThreadGroup.add_timer oslo_service.threadgroup.ThreadGroup.add_timer_args
oslo_service.periodic_task.periodic_task cherrypy.process.plugins.Monitor octoprint.util.RepeatedTimer
twisted.internet.task.LoopingCall twisted.internet.reactor.callLater twisted.internet.task.deferLater
twisted.application.internet.TimerService twisted.internet.reactor.callInThread
scrapy.utils.asyncio.create_looping_call scrapy.utils.asyncio.AsyncioLoopingCall synapse.util.clock.Clock.call_later
synapse.util.clock.Clock.looping_call synapse.util.clock.Clock.looping_call_now synapse.util.Clock.call_later
synapse.util.Clock.looping_call synapse.util.Clock.looping_call_now tornado.ioloop.PeriodicCallback
zmq.eventloop.ioloop.PeriodicCallback tornado.ioloop.IOLoop.add_timeout tornado.ioloop.IOLoop.call_at
tornado.ioloop.IOLoop.call_later tornado.ioloop.IOLoop.add_callback tornado.ioloop.IOLoop.spawn_callback
gevent.spawn_later gevent.Greenlet.spawn_later gevent.spawn gevent.Greenlet.spawn gevent.pool.Pool.spawn
eventlet.spawn_after eventlet.spawn_after_local eventlet.greenthread.spawn_after eventlet.spawn eventlet.spawn_n
trio.lowlevel.spawn_system_task curio.spawn fastapi_utils.tasks.repeat_every fastapi_restful.tasks.repeat_every
fastapi_utilities.repeat_every fastapi_utilities.repeat_at fastapi.FastAPI starlette.applications.Starlette
fastapi.APIRouter aiohttp.web.Application sanic.Sanic.add_task quart.Quart.add_background_task litestar.Litestar
socketio.Server.start_background_task socketio.AsyncServer.start_background_task
flask_socketio.SocketIO.start_background_task uwsgidecorators.timer uwsgidecorators.rbtimer uwsgidecorators.cron
nicegui.ui.timer nicegui.app.timer nicegui.background_tasks.create bokeh.document.Document.add_periodic_callback
panel.state.add_periodic_callback panel.state.schedule_task streamlit.fragment gradio.Timer faust.App.timer
faust.App.crontab mode.Service.timer mode.services.Service.timer kopf.timer pika.BlockingConnection.call_later
pika.SelectConnection.call_later circuits.Timer reactivex.interval rx.interval slixmpp.ClientXMPP.schedule
slixmpp.xmlstream.XMLStream.schedule discord.ext.tasks.loop nextcord.ext.tasks.loop disnake.ext.tasks.loop
interactions.Task.create twitchio.ext.routines.routine telegram.ext.JobQueue.run_custom
telegram.ext.JobQueue.run_daily telegram.ext.JobQueue.run_monthly telegram.ext.JobQueue.run_once
telegram.ext.JobQueue.run_repeating homeassistant.helpers.event.async_track_time_interval
homeassistant.helpers.event.track_time_interval homeassistant.helpers.event.async_track_time_change
homeassistant.helpers.event.async_track_utc_time_change homeassistant.helpers.event.async_track_sunrise
homeassistant.helpers.event.async_track_sunset homeassistant.helpers.event.track_time_change
homeassistant.helpers.event.track_utc_time_change homeassistant.helpers.event.track_sunrise
homeassistant.helpers.event.track_sunset homeassistant.helpers.event.async_call_later
homeassistant.helpers.event.call_later homeassistant.helpers.update_coordinator.DataUpdateCoordinator
appdaemon.adapi.ADAPI.run_at appdaemon.adapi.ADAPI.run_at_sunrise appdaemon.adapi.ADAPI.run_at_sunset
appdaemon.adapi.ADAPI.run_daily appdaemon.adapi.ADAPI.run_every appdaemon.adapi.ADAPI.run_hourly
appdaemon.adapi.ADAPI.run_in appdaemon.adapi.ADAPI.run_minutely appdaemon.adapi.ADAPI.run_once
appdaemon.plugins.hass.hassapi.Hass.run_at appdaemon.plugins.hass.hassapi.Hass.run_at_sunrise
appdaemon.plugins.hass.hassapi.Hass.run_at_sunset appdaemon.plugins.hass.hassapi.Hass.run_daily
appdaemon.plugins.hass.hassapi.Hass.run_every appdaemon.plugins.hass.hassapi.Hass.run_hourly
appdaemon.plugins.hass.hassapi.Hass.run_in appdaemon.plugins.hass.hassapi.Hass.run_minutely
appdaemon.plugins.hass.hassapi.Hass.run_once time_trigger sopel.plugin.interval sopel.module.interval
supybot.schedule.addPeriodicEvent errbot.BotPlugin.start_poller PySide6.QtCore.QTimer PySide2.QtCore.QTimer
PyQt6.QtCore.QTimer PyQt5.QtCore.QTimer qtpy.QtCore.QTimer PySide6.QtCore.QTimer.singleShot
PyQt6.QtCore.QTimer.singleShot PyQt5.QtCore.QTimer.singleShot wx.Timer wx.CallLater wx.FutureCall
gi.repository.GLib.timeout_add gi.repository.GLib.timeout_add_seconds gi.repository.GObject.timeout_add
kivy.clock.Clock.schedule_interval pyglet.clock.schedule_interval pyglet.clock.schedule arcade.schedule
direct.task.TaskManagerGlobal.taskMgr.doMethodLater bpy.app.timers.register textual.app.App.set_interval
textual.widget.Widget.set_interval textual.screen.Screen.set_interval rclpy.node.Node.create_timer rospy.Timer
machine.Timer matplotlib.animation.FuncAnimation hexchat.hook_timer weechat.hook_timer core.callLater
"""
BASES = """
threading.Timer threading.Thread
"""
CONTAINERS = """
dict typing.Dict builtins.dict.fromkeys list set collections.defaultdict collections.Counter collections.OrderedDict
collections.ChainMap collections.UserDict collections.UserList collections.deque queue.Queue queue.LifoQueue
queue.PriorityQueue queue.SimpleQueue asyncio.Queue asyncio.LifoQueue asyncio.PriorityQueue multiprocessing.Queue
multiprocessing.JoinableQueue multiprocessing.Manager gevent.queue.Queue eventlet.queue.Queue janus.Queue
trio.open_memory_channel anyio.create_memory_object_stream bytearray io.BytesIO io.StringIO array.array shelve.open
dbm.open sys.modules prometheus_client.Counter.labels
prometheus_client.Gauge.labels prometheus_client.Histogram.labels contextvars.ContextVar linecache.cache os.environ
weakref.WeakKeyDictionary weakref.WeakValueDictionary weakref.WeakSet weakref.ref weakref.finalize weakref.WeakMethod
threading.local asgiref.local.Local werkzeug.local.Local werkzeug.local.LocalStack werkzeug.local.LocalProxy
functools.lru_cache functools.cache functools.cached_property functools.singledispatch cachetools.LRUCache
cachetools.LFUCache cachetools.FIFOCache cachetools.RRCache cachetools.TTLCache cachetools.TLRUCache cachetools.Cache
cachetools.cached cachetools.cachedmethod cachetools.func.lru_cache cachetools.func.ttl_cache
cachetools.func.lfu_cache cachetools.func.fifo_cache cachetools.func.rr_cache expiringdict.ExpiringDict
expiring_dict.ExpiringDict lru.LRU cachebox.LRUCache cachebox.LFUCache cachebox.FIFOCache cachebox.RRCache
cachebox.TTLCache cachebox.VTTLCache cachebox.Cache theine.Cache theine.Memoize moka_py.Moka moka_py.cached
pylru.lrucache pylru.lrudecorator pylru.FunctionCacheManager ttldict.TTLOrderedDict cacheout.Cache cacheout.LRUCache
cacheout.LFUCache cacheout.FIFOCache cacheout.CacheManager async_lru.alru_cache aiocache.SimpleMemoryCache
aiocache.Cache aiocache.cached aiocache.backends.memory.SimpleMemoryCache cachelib.SimpleCache
cachelib.simple.SimpleCache flask_caching.Cache flask_caching.backends.SimpleCache django.core.cache.cache
django.core.cache.caches dogpile.cache.make_region beaker.cache.CacheManager beaker.container.MemoryNamespaceManager
diskcache.Cache diskcache.FanoutCache diskcache.Deque diskcache.Index zict.LRU zict.Buffer boltons.cacheutils.LRU
boltons.cacheutils.LRI toolz.memoize toolz.functoolz.memoize cytoolz.memoize ring.lru ring.dict methodtools.lru_cache
wrapt.lru_cache joblib.Memory streamlit.cache_data streamlit.cache_resource panel.cache requests_cache.CachedSession
limits.storage.MemoryStorage cachy.stores.DictStore sortedcontainers.SortedDict sortedcontainers.SortedList
sortedcontainers.SortedKeyList sortedcontainers.SortedSet multidict.MultiDict multidict.CIMultiDict bidict.bidict
bidict.OrderedBidict addict.Dict munch.Munch munch.DefaultMunch munch.DefaultFactoryMunch ordered_set.OrderedSet
intervaltree.IntervalTree pyrsistent.pmap pyrsistent.m immutables.Map frozendict.frozendict redis.Redis
pottery.RedisDict pymemcache.client.base.Client jinja2.Environment sqlalchemy.create_engine
concurrent.futures.ThreadPoolExecutor aiojobs.Scheduler
"""

SLEEPERS = """
time.sleep gevent.sleep eventlet.sleep eventlet.greenthread.sleep socketio.sleep rospy.sleep rospy.Rate.sleep
pygame.time.wait pygame.time.delay pygame.time.Clock.tick threading.Event.wait threading.Condition.wait
threading.Condition.wait_for multiprocessing.Event.wait queue.Queue.get select.select select.poll.poll
selectors.BaseSelector.select signal.sigtimedwait PyQt5.QtCore.QThread.msleep PySide6.QtCore.QThread.sleep wx.MilliSleep
asyncio.sleep trio.sleep trio.sleep_until anyio.sleep anyio.sleep_until curio.sleep tornado.gen.sleep
twisted.internet.task.deferLater asyncio.wait_for asyncio.wait asyncio.timeout async_timeout.timeout mode.Service.sleep
kopf.DaemonStopped.wait discord.utils.sleep_until homeassistant.core.HomeAssistant.async_add_executor_job
"""


@pytest.fixture(scope="module")
def known() -> Catalog:
    return catalog()


def only(items: tuple[Any, ...]) -> Any:
    assert len(items) == 1, items
    return items[0]


# --- complete --------------------------------------------------------------------------------------------------------


def test_the_word_lists_are_whole() -> None:
    counts = [len(text.split()) for text in (TIMERS, BASES, CONTAINERS, SLEEPERS)]
    assert counts == [244, 2, 153, 38]


@pytest.mark.parametrize("name", TIMERS.split())
def test_every_timer_is_known(known: Catalog, name: str) -> None:
    assert known.timers.named(name) or known.hooks.named(name) or known.timer_base(name)


@pytest.mark.parametrize("name", BASES.split())
def test_every_base_is_known(known: Catalog, name: str) -> None:
    assert known.timer_base(name)


@pytest.mark.parametrize("name", CONTAINERS.split())
def test_every_container_is_known(known: Catalog, name: str) -> None:
    assert known.container(name) is not None


def test_every_registry_grows_as_a_known_container_does(known: Catalog) -> None:
    assert {registry.api for registry in known.data.registries} >= {"atexit", "logging.Logger.handlers"}
    registries = known.data.registries
    assert all(known.container(each.like) and (each.inserts or each.tables) for each in registries)


@pytest.mark.parametrize("name", SLEEPERS.split())
def test_every_sleeper_is_known(known: Catalog, name: str) -> None:
    assert known.sleepers.named(name)


def test_every_pair_of_hooks_is_found_and_says_who_documents_it(known: Catalog) -> None:
    for pair in known.data.pairs:
        assert all(pair in known.pair_base(base) for base in pair.bases)
        assert all(pair in known.pairs.named(name) for name in pair.names)
        assert (pair.bases or pair.names) and pair.note and pair.begins and pair.ends
        assert set(pair.begins).isdisjoint(pair.ends)


@pytest.mark.parametrize(
    "base",
    ["asyncio.Protocol", "tornado.websocket.WebSocketHandler", "twisted.internet.protocol.Protocol",
     "starlette.endpoints.WebSocketEndpoint", "socketio.AsyncNamespace", "socketserver.StreamRequestHandler"],
)  # fmt: skip
def test_hooks_of_well_known_frameworks_come_in_pairs(known: Catalog, base: str) -> None:
    assert known.pair_base(base)


def test_sizes(known: Catalog) -> None:
    data = known.data
    assert len(data.timers) >= 190
    assert len(data.containers) >= 84
    assert len(data.sleepers) >= 38
    assert len({timer.api for timer in data.timers}) == len(data.timers)
    assert len({entry.api for entry in data.containers}) == len(data.containers)


# --- well formed -----------------------------------------------------------------------------------------------------


def test_the_compact_form_is_up_to_date() -> None:
    assert (FOLDER / COMPACT).read_bytes() == encode(build()), "run python -m unbounded_lint.catalog"


def test_the_compact_form_loses_nothing(known: Catalog) -> None:
    assert known.data == build()


def cpu_seconds(work: Callable[[], object]) -> float:
    """The least CPU time of several goes."""
    spent = []
    for _ in range(5):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def test_loading_takes_a_fraction_of_reading_the_tables() -> None:
    raw = (FOLDER / COMPACT).read_bytes()
    loading = cpu_seconds(lambda: Catalog.of(msgspec.json.decode(raw, type=model.Data)))
    assert loading < cpu_seconds(build) / 3


def test_loading_reads_no_toml_and_no_syntax_tree() -> None:
    code = (
        "import sys; from unbounded_lint.catalog import catalog; catalog();"
        "heavy = {'tomllib', 'tomli', 'libcst', 'unbounded_lint.link', 'unbounded_lint.facts'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parents[1]
    )
    assert done.stdout == "[]\n"


def test_it_is_loaded_once_and_pickles(known: Catalog) -> None:
    assert catalog() is known
    assert pickle.loads(pickle.dumps(known)).data == known.data


def entries(value: object) -> list[model.Entry]:
    """All entries in a value, at any depth."""
    if isinstance(value, model.Entry):
        return [value, *(found for name in value.__struct_fields__ for found in entries(getattr(value, name)))]
    if isinstance(value, tuple):
        return [found for item in value for found in entries(item)]
    return []


def test_no_field_is_dead(known: Catalog) -> None:
    """Every field of every kind of entry has at least one value that is not its default."""
    used: dict[type[model.Entry], set[str]] = {}
    for entry in entries(known.data):
        defaults = {field.name: field.default for field in msgspec.structs.fields(entry)}
        used.setdefault(type(entry), set()).update(
            name for name, default in defaults.items() if getattr(entry, name) != default
        )
    dead = [
        f"{kind.__name__}.{name}"
        for kind, names in used.items()
        for name in kind.__struct_fields__
        if name not in names
    ]
    assert dead == ["ArgumentFunction.container"], "it stands first in every function known so far"


def literals(kind: type[model.Entry], field: str) -> set[str]:
    schema: dict[str, Any] = msgspec.json.schema(kind)
    return set(schema["$defs"][kind.__name__]["properties"][field]["enum"])


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (model.Timer, "kind"),
        (model.Timer, "recurs"),
        (model.Timer, "process"),
        (model.Timer, "scope"),
        (model.Timer, "on_exception"),
        (model.Timer, "context"),
        (model.Callback, "how"),
        (model.Callback, "form"),
        (model.Activation, "how"),
        (model.Sleeper, "ends"),
        (model.Hook, "role"),
        (model.Forwarder, "when"),
        (model.ContainerKind, "family"),
        (model.ContainerKind, "bounded"),
        (model.ContainerKind, "expiry"),
        (model.BoundArgument, "default"),
        (model.ArgumentFunction, "effect"),
    ],
)
def test_no_word_of_the_schema_is_dead(known: Catalog, kind: type[model.Entry], field: str) -> None:
    unused = literals(kind, field) - {getattr(entry, field) for entry in entries(known.data) if isinstance(entry, kind)}
    by_lookup = {"clear"} if field == "effect" else set()  # made from a container's `clears`
    assert unused == by_lookup


def test_entries_can_be_found_and_say_where_the_callback_is(known: Catalog) -> None:
    for timer in known.data.timers:
        how = timer.callback.how
        assert timer.names or timer.methods or timer.bases or how == "awaited", timer.api
        assert not timer.methods or timer.receivers, timer.api
        if how == "argument":
            assert timer.callback.position is not None or timer.callback.keywords, timer.api
        if how in ("override", "chain", "bind"):
            assert timer.callback.names, timer.api
        if timer.activation.how in ("method", "receiver"):
            assert timer.activation.methods, timer.api
    for hook in known.data.hooks:
        assert not hook.methods or hook.receivers, hook.api


def test_bounds_are_described_where_they_are_needed(known: Catalog) -> None:
    for container in known.data.containers:
        assert (container.bound is not None) == (container.bounded == "if-arg"), container.api


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[timer]]\napi = "pkg.every"\nkind = "recurring"\ncallback = { how = "argument" }\ncalback = 1', "pkg.every"),
        ('[[timer]]\napi = "pkg.every"\nkind = "sometimes"\ncallback = { how = "argument" }', "pkg.every"),
        ('[[timer]]\napi = "pkg.every"\nkind = "recurring"', "callback"),
        ('[[container]]\napi = "pkg.Map"\nlike = "tree"', "no shape named 'tree'"),
        ('[[container]]\napi = "pkg.Map"\nfamily = "map"', "pkg.Map"),
        ('[[words]]\nid = "colours"\ndomain = "bright"\nwords = []', "colours"),
        ("[[tmier]]\napi = 1", "unknown section [tmier]"),
        ("loops = {flags = [], endless = [], tickers = [], streams = []}\n[names]\nclockz = []", "clockz"),
    ],
)
def test_a_broken_entry_is_named(text: str, message: str) -> None:
    with pytest.raises(CatalogError, match=r".") as caught:
        assemble([tomllib.loads(text)])
    assert message in str(caught.value)


def test_a_missing_or_unreadable_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"timers\.toml"):
        build(tmp_path)
    for name in SOURCES:
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "keys.toml").write_text("[[[", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"keys\.toml"):
        build(tmp_path)


def test_sources_write_out_braces_shapes_and_methods(known: Catalog) -> None:
    text = """
    loops = { flags = [], endless = [], tickers = [], streams = [] }
    [aliases]
    "old" = "new"
    [shape.box]
    family = "map"
    bounded = "never"
    inserts = ["put:0"]
    [[container]]
    api = "Box"
    names = ["{a,b}.{C,D}", "old.E"]
    like = "box"
    more_inserts = ["fill:*", "touch"]
    """
    box = assemble([tomllib.loads(textwrap.dedent(text))]).containers[0]
    assert box.names == ("a.C", "a.D", "b.C", "b.D", "new.E")
    assert [(method.name, method.key, method.bulk) for method in box.inserts] == [
        ("put", 0, False),
        ("fill", 0, True),
        ("touch", -1, False),
    ]


# --- names, methods, receivers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("typing.Dict", "dict"),
        ("builtins.set", "set"),
        ("typing_extensions.Deque", "typing.Deque"),
        ("asyncio.tasks.create_task", "asyncio.create_task"),
        ("PyQt5.QtCore.QTimer", "PySide6.QtCore.QTimer"),
        ("concurrent.futures.thread.ThreadPoolExecutor.submit", "concurrent.futures.ThreadPoolExecutor.submit"),
        ("mypkg.asyncio.tasks", "mypkg.asyncio.tasks"),
        ("", ""),
    ],
)
def test_canonical(known: Catalog, written: str, expected: str) -> None:
    assert known.canonical(written) == expected


@pytest.mark.parametrize(
    ("expression", "word"),
    [("self._loop", "loop"), ("loop", "loop"), ("get_clock()", "get_clock"), ("base.taskMgr", "taskmgr"), ("__x", "x")],
)
def test_receiver_word(expression: str, word: str) -> None:
    assert receiver_word(expression) == word


def test_methods_need_their_receiver(known: Catalog) -> None:
    assert [timer.api for timer in known.timers.method("after", "root")] == ["tkinter.Misc.after"]
    assert known.timers.method("after", "datetime") == ()
    assert known.timers.method("after", None) == ()
    assert known.timers.method("add_job", "self._background_scheduler")[0].api == "APScheduler add_job"
    assert known.timers.method("add_job", "scheduler2")[0].api == "APScheduler add_job"
    assert known.timers.method("add_job", "hass")[0].api == "hass.add_job"
    assert known.timers.method("create_task", "self.bot.loop")[0].api == "loop.create_task"
    assert known.timers.method("create_task", "tg")[0].api == "asyncio.TaskGroup.create_task"
    assert known.timers.method("call_later", None)[0].callback.position == 1
    assert known.timers.method("no_such_method", "loop") == ()


def test_the_entry_that_names_the_receiver_comes_first(known: Catalog) -> None:
    assert known.timers.method("start_soon", "nursery")[0].api == "trio Nursery.start_soon"
    assert known.timers.method("async_create_background_task", "entry")[0].api.startswith("ConfigEntry.")
    assert known.timers.method("async_create_background_task", "entry")[0].callback.position == 1
    assert known.timers.method("async_create_background_task", "hass")[0].callback.position == 0


# --- timers, one by one ----------------------------------------------------------------------------------------------

SPOT_CHECKS = [
    # name, kind, recurs, how, position, keyword, form, activation
    ("threading.Timer", "delayed", "rearmed", "argument", 1, "function", "callable", "method"),
    ("threading.Thread", "spawn", "loops", "argument", 1, "target", "callable", "method"),
    ("_thread.start_new_thread", "spawn", "loops", "argument", 0, None, "callable", "call"),
    ("sched.scheduler.enterabs", "delayed", "rearmed", "argument", 2, "action", "callable", "receiver"),
    ("asyncio.create_task", "spawn", "loops", "argument", 0, "coro", "coroutine", "call"),
    ("asyncio.gather", "spawn", "loops", "every", None, None, "coroutine", "call"),
    ("asyncio.to_thread", "spawn", "loops", "argument", 0, "func", "callable", "call"),
    ("asyncio.AbstractEventLoop.run_in_executor", "spawn", "loops", "argument", 1, "func", "callable", "call"),
    ("asyncio.AbstractEventLoop.call_at", "delayed", "rearmed", "argument", 1, "callback", "callable", "call"),
    ("flask_apscheduler.APScheduler.add_job", "recurring", "always", "argument", 1, "func", "either", "receiver"),
    ("apscheduler.schedulers.background.BackgroundScheduler.add_job", "recurring", "always", "argument", 0, "func",
     "either", "receiver"),
    ("celery.Celery.add_periodic_task", "recurring", "always", "argument", 1, "sig", "signature", "external"),
    ("rq.Queue.enqueue_in", "delayed", "never", "argument", 1, None, "either", "external"),
    ("rq_scheduler.Scheduler.enqueue_at", "delayed", "never", "argument", 1, "func", "callable", "external"),
    ("huey.RedisHuey.periodic_task", "recurring", "always", "decorated", None, None, "callable", "external"),
    ("schedule.every", "recurring", "always", "chain", 0, "job_func", "callable", "driver"),
    ("timeloop.Timeloop.job", "recurring", "always", "decorated", None, None, "callable", "receiver"),
    ("aiocron.crontab", "recurring", "always", "decorated", 1, "func", "callable", "call"),
    ("oslo_service.threadgroup.ThreadGroup.add_timer", "recurring", "always", "argument", 1, "callback", "callable",
     "call"),
    ("cherrypy.process.plugins.Monitor", "recurring", "always", "argument", 1, "callback", "callable", "method"),
    ("twisted.internet.task.LoopingCall", "recurring", "always", "argument", 0, "f", "callable", "method"),
    ("twisted.internet.reactor.callLater", "delayed", "rearmed", "argument", 1, "callable", "callable", "call"),
    ("twisted.internet.task.deferLater", "delayed", "rearmed", "argument", 2, "callable", "callable", "call"),
    ("synapse.util.Clock.looping_call", "recurring", "always", "argument", 0, "f", "callable", "call"),
    ("tornado.ioloop.PeriodicCallback", "recurring", "always", "argument", 0, "callback", "callable", "method"),
    ("gevent.spawn_later", "delayed", "rearmed", "argument", 1, None, "callable", "call"),
    ("trio.Nursery.start_soon", "spawn", "loops", "argument", 0, "async_fn", "callable", "call"),
    ("fastapi_utils.tasks.repeat_every", "recurring", "always", "decorated", None, None, "callable", "called"),
    ("gradio.Timer", "recurring", "always", "bind", 0, "fn", "callable", "call"),
    ("discord.ext.tasks.loop", "recurring", "always", "decorated", None, None, "callable", "method"),
    ("telegram.ext.JobQueue.run_repeating", "recurring", "always", "argument", 0, "callback", "callable", "call"),
    ("homeassistant.helpers.event.async_call_later", "delayed", "rearmed", "argument", 2, "action", "callable", "call"),
    ("homeassistant.helpers.event.async_call_at", "delayed", "rearmed", "argument", 1, "action", "callable", "call"),
    ("PyQt5.QtCore.QTimer", "recurring", "always", "bind", 0, "timeout", "callable", "method"),
    ("PyQt6.QtCore.QTimer.singleShot", "delayed", "rearmed", "last", None, None, "callable", "call"),
    ("wx.Timer", "recurring", "always", "bind", 1, "handler", "callable", "method"),
    ("gi.repository.GLib.timeout_add", "recurring", "while-true", "argument", 1, "function", "callable", "call"),
    ("kivy.clock.Clock.schedule_interval", "recurring", "until-false", "argument", 0, "callback", "callable", "call"),
    ("bpy.app.timers.register", "delayed", "while-number", "argument", 0, "function", "callable", "call"),
    ("textual.app.App.set_interval", "recurring", "always", "argument", 1, "callback", "callable", "call"),
    ("weechat.hook_timer", "recurring", "always", "argument", 3, None, "name", "call"),
]  # fmt: skip


@pytest.mark.parametrize("row", SPOT_CHECKS, ids=[str(row[0]) for row in SPOT_CHECKS])
def test_spot_checks(known: Catalog, row: tuple[Any, ...]) -> None:
    name, kind, recurs, how, position, keyword, form, activation = row
    timer = only(known.timers.named(name))
    callback = timer.callback
    assert (timer.kind, timer.recurs, callback.how, callback.form) == (kind, recurs, how, form)
    assert (callback.position, timer.activation.how) == (position, activation)
    assert keyword is None or keyword in callback.keywords


APS = "apscheduler.schedulers.background.BackgroundScheduler.add_job"


@pytest.mark.parametrize(
    ("name", "given", "repeats"),
    [
        (APS, {0: "", 1: "interval"}, True),
        (APS, {0: "", "trigger": "cron"}, True),
        (APS, {0: "", "trigger": "apscheduler.triggers.cron.CronTrigger()"}, True),
        (APS, {0: "", "trigger": "apscheduler.triggers.cron.CronTrigger.from_crontab(* * * * *)"}, True),
        (APS, {0: "", "trigger": "apscheduler.triggers.date.DateTrigger"}, False),
        (APS, {0: "", 1: "date"}, False),
        (APS, {0: ""}, False),
        (APS, {0: "", "trigger": ""}, True),
        ("nicegui.app.timer", {0: "10", 1: ""}, True),
        ("nicegui.app.timer", {0: "10", 1: "", "once": "True"}, False),
        ("nicegui.app.timer", {0: "10", 1: "", "once": "False"}, True),
        ("nicegui.app.timer", {0: "10", 1: "", "once": ""}, True),
        ("discord.ext.tasks.loop", {"seconds": "5"}, True),
        ("discord.ext.tasks.loop", {"seconds": "5", "count": "3"}, False),
        ("discord.ext.tasks.loop", {"seconds": "5", "count": "None"}, True),
        ("fastapi_utils.tasks.repeat_every", {"seconds": "60", "max_repetitions": "1"}, False),
        ("streamlit.fragment", {}, False),
        ("streamlit.fragment", {"run_every": "10"}, True),
        ("dramatiq.actor", {}, False),
        ("dramatiq.actor", {"periodic": ""}, True),
        ("rq.cron.register", {0: "", "cron": "* * * * *"}, True),
        ("rq.cron.register", {0: ""}, False),
        ("signal.setitimer", {0: "", 1: "5"}, False),
        ("signal.setitimer", {0: "", 1: "5", 2: "0.0"}, False),
        ("signal.setitimer", {0: "", 1: "5", 2: "5"}, True),
        ("slixmpp.ClientXMPP.schedule", {0: "", 1: "5", 2: ""}, False),
        ("slixmpp.ClientXMPP.schedule", {0: "", 1: "5", 2: "", "repeat": "True"}, True),
        ("threading.Timer", {0: "5", 1: ""}, False),
        ("rospy.Timer", {0: "", 1: "", 2: "True"}, False),
        ("machine.Timer", {"mode": "machine.Timer.ONE_SHOT"}, False),
        ("machine.Timer", {"mode": "machine.Timer.PERIODIC"}, True),
        ("circuits.Timer", {0: "1", 1: "", "persist": "True"}, True),
        ("circuits.Timer", {0: "1", 1: ""}, False),
        ("interactions.Task.create", {0: "interactions.DateTrigger()"}, False),
        ("interactions.Task.create", {0: "interactions.IntervalTrigger()"}, True),
        ("django_q.tasks.schedule", {0: "pkg.f", "schedule_type": "django_q.models.Schedule.ONCE"}, False),
        ("lightbulb.Client.task", {0: "", "max_invocations": "-1"}, True),
    ],
)
def test_when_it_repeats(known: Catalog, name: str, given: dict[int | str, str], repeats: bool) -> None:
    assert only(known.timers.named(name)).repeats(given) is repeats


def test_conditions_on_the_activating_method(known: Catalog) -> None:
    timer = only(known.timers.named("wx.Timer"))
    assert timer.repeats({0: "1000"}, of="Start")
    assert not timer.repeats({0: "1000", 1: "True"}, of="Start")
    assert not timer.repeats({0: "1000", 1: "wx.TIMER_ONE_SHOT"}, of="Start")
    assert timer.repeats({0: "", 1: "True"}), "the second argument of wx.Timer() itself says nothing"


def test_built_paused(known: Catalog) -> None:
    job = only(known.timers.named(APS))
    assert job.inactive({0: "", 1: "interval", "next_run_time": "None"})
    assert not job.inactive({0: "", 1: "interval", "next_run_time": ""})
    assert not job.inactive({0: "", 1: "interval"})
    assert only(known.timers.named("aiocron.crontab")).inactive({0: "* * * * *", "start": "False"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("twisted.internet.task.LoopingCall", "stops"),
        ("discord.ext.tasks.loop", "stops"),
        ("cherrypy.process.plugins.Monitor", "stops"),
        ("timeloop.Timeloop.job", "stops"),
        ("oslo_service.loopingcall.FixedIntervalLoopingCall", "stops"),
        ("schedule.every", "propagates"),
        (APS, "continues"),
        ("tornado.ioloop.PeriodicCallback", "continues"),
        ("fastapi_utils.tasks.repeat_every", "continues"),
        ("homeassistant.helpers.event.async_track_time_interval", "continues"),
        ("futurist.periodics.periodic", "continues"),
        ("nicegui.app.timer", "continues"),
        ("errbot.BotPlugin.start_poller", "continues"),
        ("supybot.schedule.addPeriodicEvent", "continues"),
        ("aiocron.crontab", "continues"),
    ],
)
def test_after_an_exception(known: Catalog, name: str, expected: str) -> None:
    assert only(known.timers.named(name)).on_exception == expected


def test_who_keeps_a_dropped_task(known: Catalog) -> None:
    for name in ("asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"):
        assert not only(known.timers.named(name)).keeps_reference
    for name in ("nicegui.background_tasks.create", "homeassistant.core.HomeAssistant.async_create_task",
                 "asyncio.TaskGroup.create_task", "threading.Thread"):  # fmt: skip
        assert only(known.timers.named(name)).keeps_reference


def test_subclasses(known: Catalog) -> None:
    thread = only(known.timer_base("threading.Thread"))
    assert (thread.callback.how, thread.callback.names, thread.kind) == ("override", ("run",), "spawn")
    timer = only(known.timer_base("threading.Timer"))
    assert (timer.kind, timer.recurs, timer.callback.position) == ("recurring", "loops", 1)
    assert only(known.timer_base("multiprocessing.Process")).process == "other"
    assert only(known.timer_base("http.server.HTTPServer")).callback.names == ("service_actions",)
    assert known.timer_base("dict") == ()


def test_intervals(known: Catalog) -> None:
    timer = only(known.timers.named("threading.Timer"))
    assert timer.interval == model.Interval(position=0, keywords=("interval",))
    looping = only(known.timers.named("twisted.internet.task.LoopingCall"))
    assert looping.interval is not None and looping.interval.of == "start"
    assert only(known.timers.named("cherrypy.process.plugins.Monitor")).interval.default == "60"


# --- sleepers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "sleeps"),
    [
        ("time.sleep", {0: "60"}, True),
        ("time.sleep", {0: ""}, True),
        ("time.sleep", {0: "0"}, False),
        ("asyncio.sleep", {0: "0"}, False),
        ("asyncio.sleep", {"delay": ""}, True),
        ("threading.Event.wait", {}, False),
        ("threading.Event.wait", {0: "None"}, False),
        ("threading.Event.wait", {0: ""}, True),
        ("threading.Event.wait", {"timeout": "30"}, True),
        ("threading.Condition.wait_for", {0: ""}, False),
        ("threading.Condition.wait_for", {0: "", "timeout": "1"}, True),
        ("queue.Queue.get", {}, False),
        ("queue.Queue.get", {"timeout": "5"}, True),
        ("queue.Queue.get", {0: "True", 1: "5"}, True),
        ("asyncio.wait_for", {0: "", 1: "60"}, True),
        ("asyncio.wait_for", {0: "", "timeout": "None"}, False),
        ("asyncio.wait", {0: ""}, False),
        ("asyncio.wait", {0: "", "timeout": "30"}, True),
        ("threading.Thread.join", {}, False),
        ("threading.Thread.join", {"timeout": "1"}, True),
        ("select.select", {0: "", 1: "", 2: "", 3: "1"}, True),
        ("select.select", {0: "", 1: "", 2: ""}, False),
        ("rospy.Rate.sleep", {}, True),
        ("tkinter.Tk.after", {0: "1000"}, True),
        ("tkinter.Tk.after", {0: "1000", 1: ""}, False),
        ("twisted.internet.task.deferLater", {0: "", 1: "5"}, True),
        ("twisted.internet.task.deferLater", {0: "", 1: "5", 2: ""}, False),
    ],
)
def test_what_sleeps(known: Catalog, name: str, given: dict[int | str, str], sleeps: bool) -> None:
    assert only(known.sleepers.named(name)).sleeps(given) is sleeps


def test_sleepers_by_method(known: Catalog) -> None:
    wait = known.sleepers.method("wait", "self._stop")[0]
    assert wait.sleeps({0: "60"}) and not wait.sleeps({})
    get = only(known.sleepers.method("get", "events"))
    assert not get.sleeps({0: "", 1: ""}), "a map's get(key, default) is no wait"
    assert get.sleeps({"timeout": "1"}) and get.raises == ("queue.Empty",)
    assert only(known.sleepers.named("asyncio.timeout")).ends == "body"
    assert {"is_set", "is_closed"} <= set(known.data.loops.flags)
    assert "itertools.count" in known.data.loops.endless
    assert "every" in known.data.loops.tickers


# --- wiring ----------------------------------------------------------------------------------------------------------


def test_start_sites(known: Catalog) -> None:
    lifespan = [hook for hook in known.hooks.named("fastapi.FastAPI") if "lifespan" in hook.callback.keywords]
    assert only(tuple(lifespan)).role == "startup"
    startup, shutdown = known.hooks.method("on_event", "app")
    assert (startup.role, shutdown.role) == ("startup", "shutdown")
    assert startup.applies({0: "startup"}) and not startup.applies({0: "shutdown"})
    assert shutdown.applies({0: "shutdown"}) and startup.applies({0: ""})
    assert only(known.hook_base("django.apps.AppConfig")).callback.names == ("ready",)
    assert only(known.hook_function("main")).role == "startup"
    assert known.hook_function("frobnicate") == ()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("fastapi.FastAPI.get", "request"),
        ("flask.Flask.route", "request"),
        ("discord.Client.event", "request"),
        ("aiogram.Router.message", "request"),
        ("django.dispatch.receiver", "request"),
        ("django.db.models.signals.post_save.connect", "request"),
        ("aiohttp.web.Application.router.add_get", "request"),
        ("celery.shared_task", "task"),
        ("click.command", "command"),
        ("pytest.fixture", "test"),
        ("atexit.register", "transparent"),
        ("functools.wraps", "transparent"),
        ("property", "transparent"),
        ("codecs.register", "registration"),
        ("flask.Flask.register_blueprint", "registration"),
    ],
)
def test_roles(known: Catalog, name: str, role: str) -> None:
    assert role in {hook.role for hook in known.hooks.named(name)}


def test_roles_by_method_and_base(known: Catalog) -> None:
    assert known.hooks.method("get", "router")[0].role == "request"
    assert known.hooks.method("get", "settings") == ()
    assert known.hooks.method("command", "bot")[0].role == "request"
    assert known.hooks.method("command", "cli")[0].role == "command"
    assert only(known.hooks.named("celery.shared_task")).process == "other"
    assert "do_GET" in only(known.hook_base("http.server.BaseHTTPRequestHandler")).callback.names
    assert only(known.hook_base("unittest.TestCase")).role == "test"


def test_forwarders(known: Catalog) -> None:
    assert only(known.forwarders.named("functools.partial")).when == "result"
    assert only(known.forwarders.named("weakref.finalize")).callback.position == 1
    assert only(known.forwarders.named("atexit.register")).when == "exit"
    assert only(known.forwarders.method("add_done_callback", "task")).when == "done"
    assert only(known.forwarders.method("call_soon", None)).when == "soon"
    assert only(known.forwarders.method("add_task", "background_tasks")).when == "soon"
    assert only(known.forwarders.method("apply_async", "cleanup")).when == "lost"


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "bounded"),
    [
        ("dict", {}, False),
        ("collections.deque", {}, False),
        ("collections.deque", {"maxlen": "None"}, False),
        ("collections.deque", {"maxlen": "100"}, True),
        ("collections.deque", {0: "[]", 1: "LIMIT"}, True),
        ("collections.deque", {"maxlen": ""}, True),
        ("queue.Queue", {}, False),
        ("queue.Queue", {0: "-1"}, False),
        ("queue.Queue", {"maxsize": "10"}, True),
        ("weakref.WeakValueDictionary", {}, True),
        ("functools.lru_cache", {}, True),
        ("functools.lru_cache", {"maxsize": "None"}, False),
        ("functools.lru_cache", {0: "None"}, False),
        ("functools.cache", {}, False),
        ("cachetools.TTLCache", {0: "100", 1: "60"}, True),
        ("cachetools.TTLCache", {"maxsize": "math.inf", "ttl": "60"}, False),
        ("cachetools.LRUCache", {"maxsize": "float(inf)"}, False),
        ("cachetools.cached", {0: "{}"}, False),
        ("cachetools.cached", {"cache": "cachetools.LRUCache(100)"}, True),
        ("toolz.memoize", {}, False),
        ("cachebox.LRUCache", {0: "0"}, False),
        ("cacheout.Cache", {}, True),
        ("cacheout.Cache", {"maxsize": "0"}, False),
        ("expiringdict.ExpiringDict", {"max_len": "5"}, True),
        ("expiring_dict.ExpiringDict", {}, False),
        ("expiring_dict.ExpiringDict", {0: "60"}, True),
        ("aiocache.SimpleMemoryCache", {}, False),
        ("aiocache.SimpleMemoryCache", {"ttl": "60"}, True),
        ("streamlit.cache_data", {}, False),
        ("streamlit.cache_data", {"ttl": "60"}, True),
        ("diskcache.Cache", {}, True),
        ("diskcache.Cache", {"eviction_policy": "none"}, False),
        ("trio.open_memory_channel", {0: "math.inf"}, False),
        ("threading.local", {}, True),
        ("redis.Redis", {}, True),
        ("concurrent.futures.ThreadPoolExecutor", {}, True),
        ("ttldict.TTLOrderedDict", {0: "60"}, False),
    ],
)
def test_what_is_bounded(known: Catalog, name: str, given: dict[int | str, str], bounded: bool) -> None:
    container = known.container(name)
    assert container is not None
    assert container.is_bounded(given) is bounded


def test_container_facts(known: Catalog) -> None:
    def get(name: str) -> model.ContainerKind:
        found = known.container(name)
        assert found is not None
        return found

    assert get("collections.defaultdict").reads_insert and not get("collections.Counter").reads_insert
    assert get("munch.DefaultFactoryMunch").reads_insert and not get("munch.Munch").reads_insert
    assert get("collections.OrderedDict").subscript and not get("list").subscript
    assert get("set").operators_remove == ("-=", "&=")
    assert get("cachetools.TTLCache").expiry == "lazy" and get("async_lru.alru_cache").expiry == "timer"
    assert get("functools.cache").calls_insert
    assert get("immutables.Map").rebinds
    assert get("prometheus_client.Counter").family == "registry"
    assert known.container("mypkg.Map") is None


def test_methods_by_family(known: Catalog) -> None:
    assert {"setdefault", "update"} <= known.methods_that_insert("map")
    assert {"append", "extend", "insert"} <= known.methods_that_insert("list")
    assert {"put", "put_nowait"} <= known.methods_that_insert("queue")
    assert "get" not in known.methods_that_insert("cache") and not known.removing("get", "cache")
    assert not any(known.inserting(name) for name in ("get", "set", "put", "map", "spawn"))
    assert known.inserting("setdefault") == (model.Method(name="setdefault", key=0),)
    assert known.inserting("append", "list") == (model.Method(name="append"),)
    assert known.inserting("update", "map") == (model.Method(name="update", key=0, bulk=True),)
    assert known.removing("popitem", "map") == (model.Method(name="popitem"),)
    assert known.inserting("get") == ()
    queue = known.container("queue.Queue")
    assert queue is not None and queue.inserting("put") and queue.removing("get") and not queue.inserting("get")


@pytest.mark.parametrize(
    ("name", "effect", "key"),
    [
        ("heapq.heappush", "insert", -1),
        ("heapq.heappop", "remove", -1),
        ("heapq.heappushpop", "neutral", -1),
        ("bisect.insort", "insert", -1),
        ("operator.setitem", "insert", 1),
        ("operator.delitem", "remove", 1),
        ("setattr", "insert", 1),
        ("delattr", "remove", 1),
        ("dict.update", "insert", 1),
        ("dict.pop", "remove", 1),
        ("dict.clear", "clear", -1),
        ("collections.deque.append", "insert", -1),
        ("typing.Dict.setdefault", "insert", 1),
    ],
)
def test_functions_that_take_the_container(known: Catalog, name: str, effect: str, key: int) -> None:
    function = known.argument_function(name)
    assert function is not None
    assert (function.effect, function.container, function.key) == (effect, 0, key)


def test_functions_that_leave_it_alone(known: Catalog) -> None:
    assert known.argument_function("dict.get") is None
    assert known.argument_function("len") is None


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("uuid.uuid4", "open"),
        ("time.monotonic", "open"),
        ("datetime.datetime.now", "open"),
        ("secrets.token_hex", "open"),
        ("next", "open"),
        ("id", "argument"),
        ("str", "argument"),
        ("hashlib.sha256", "argument"),
        ("os.getpid", "closed"),
        ("threading.get_ident", "thread"),
        ("importlib.metadata.entry_points", "closed"),
    ],
)
def test_key_calls(known: Catalog, name: str, domain: str) -> None:
    assert only(known.key_call(name)).domain == domain


def test_key_call_details(known: Catalog) -> None:
    assert {(call.arguments, call.domain) for call in known.key_call("type")} == {(1, "closed"), (None, "open")}
    assert only(known.key_call("id")).otherwise == "open" and only(known.key_call("str")).otherwise == "unknown"
    assert only(known.key_method("lower")).position == -1
    assert only(known.key_method("isoformat")).domain == "open"
    assert known.key_call("mypkg.make") == () and known.key_method("frobnicate") == ()


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("bool", "closed"),
        ("typing.Literal", "closed"),
        ("typing_extensions.Literal", "closed"),
        ("typing.Type", "closed"),
        ("typing.Callable", "closed"),
        ("types.ModuleType", "closed"),
        ("enum.Enum", "closed"),
        ("typing.Optional", "parts"),
        ("typing.Tuple", "parts"),
        ("bytes", "open"),
        ("fastapi.Request", "open"),
        ("uuid.UUID", "open"),
        ("str", "unknown"),
        ("mypkg.Thing", "unknown"),
    ],
)
def test_annotations(known: Catalog, name: str, domain: str) -> None:
    assert known.annotation(name).domain == domain


def test_bases_of_annotations(known: Catalog) -> None:
    assert known.annotation_base("enum.StrEnum").domain == "closed"
    assert known.annotation_base("django.db.models.TextChoices").domain == "closed"
    assert known.annotation_base("object").domain == "unknown"


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("session_id", "open"),
        ("_user_id", "open"),
        ("parent_session_id", "open"),
        ("requester_id", "open"),
        ("client_ip", "open"),
        ("url", "open"),
        ("cls", "closed"),
        ("klass", "closed"),
        ("plugin_name", "closed"),
        ("CONF_HOST", "closed"),
        ("tid", "thread"),
        ("thread_id", "unknown"),
        ("state", "unknown"),
        ("key", "unknown"),
        ("name", "unknown"),
        ("display_name", "unknown"),
        ("frobnicator", "unknown"),
        ("", "unknown"),
    ],
)
def test_words(known: Catalog, name: str, domain: str) -> None:
    assert known.word_hint(name).domain == domain


def test_roots(known: Catalog) -> None:
    assert {"request", "interaction"} <= set(known.data.open_roots)


# --- a project's own entries -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["pkg.sched.every:1", "pkg.sched:every:1"])
def test_own_timer(known: Catalog, text: str) -> None:
    mine = extend(known, timers=(text,))
    timer = only(mine.timers.named("pkg.sched.every"))
    assert (timer.kind, timer.callback.how, timer.callback.position) == ("recurring", "argument", 1)
    assert timer.callback.form == "either" and timer.repeats({})
    assert known.timers.named("pkg.sched.every") == (), "the shipped catalogue stays as it is"
    assert mine.timers.named("threading.Timer") == known.timers.named("threading.Timer")


def test_own_decorator(known: Catalog) -> None:
    for text in ("pkg.sched.every", "pkg.sched:every"):
        assert only(extend(known, timers=(text,)).timers.named("pkg.sched.every")).callback.how == "decorated"


def test_own_timer_stands_before_the_shipped_one(known: Catalog) -> None:
    mine = extend(known, timers=("asyncio.tasks.create_task:0",))
    assert [timer.kind for timer in mine.timers.named("asyncio.create_task")] == ["recurring", "spawn"]


def test_own_spawner_runs_its_callback_once_unless_that_loops(known: Catalog) -> None:
    (spawner,) = extend(known, spawners=("pkg.util.spawn:2",)).timers.named("pkg.util.spawn")
    assert (spawner.kind, spawner.recurs, spawner.callback.position, spawner.note) == ("spawn", "loops", 2, DECLARED)
    with pytest.raises(UserError, match="spawners: 'pkg spawn:0'"):
        extend(known, spawners=("pkg spawn:0",))


def test_own_bounded_types(known: Catalog) -> None:
    mine = extend(known, bounded_types=("pkg.caches:Small", "collections.defaultdict"))
    small = mine.container("pkg.caches.Small")
    assert small is not None and small.is_bounded({}) and small.subscript
    shipped = mine.container("collections.defaultdict")
    assert shipped is not None and shipped.bounded == "always" and shipped.reads_insert
    assert known.container("pkg.caches.Small") is None


def test_nothing_to_add_gives_the_same_catalogue(known: Catalog) -> None:
    assert extend(known) is known


@pytest.mark.parametrize("text", ["", "1", "pkg..every:1", "pkg every", "pkg.every:-1", "a:b:c"])
def test_own_timer_of_another_form_is_an_error(known: Catalog, text: str) -> None:
    with pytest.raises(UserError, match="timers: "):
        extend(known, timers=(text,))


def test_own_type_of_another_form_is_an_error(known: Catalog) -> None:
    with pytest.raises(UserError, match="bounded-types: 'pkg/Cache'"):
        extend(known, bounded_types=("pkg/Cache",))


def test_name_lists_are_all_filled_and_no_two_are_the_same() -> None:
    lists = {field: frozenset(getattr(name_lists(), field)) for field in model.NameLists.__struct_fields__}

    assert all(lists.values())
    assert len(set(lists.values())) == len(lists)


def test_name_lists_write_out_braces() -> None:
    text = """
    loops = { flags = [], endless = [], tickers = [], streams = [] }
    [names]
    clocks = ["time.{time,monotonic}"]
    """
    assert assemble([tomllib.loads(textwrap.dedent(text))]).names.clocks == {"time.time", "time.monotonic"}
