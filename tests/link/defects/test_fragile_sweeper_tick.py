"""What drives a sweep, and whether one exception ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.defects.fragile_sweeper_tick import Fragile

STORE = (
    "import asyncio, contextlib, logging, os, threading, time\n"
    "X = {}\ndef put(request):\n    X[request.id] = time.monotonic()\n"
    "def sweep():\n    for k, t in list(X.items()):\n        if time.monotonic() - t > 60:\n"
    "            X.pop(k, None)\n"
    "def report():\n    os.unlink('state')\n"
)
THREAD = "threading.Thread(target=loop, daemon=True).start()\n"
TASK = (
    "async def main():\n    keep = asyncio.create_task(loop())\n    await asyncio.Event().wait()\nasyncio.run(main())\n"
)


def loop(*body: str, head: str = "while True:") -> str:
    """A loop function with these lines behind its sleep."""
    lines = "".join(f"        {line}\n" for line in body)
    return f"def loop():\n    {head}\n        time.sleep(30)\n{lines}"


TRY_ALL = ("try:", "    report()", "    sweep()", "except Exception:", "    logging.exception('tick')")
TICK = "def tick():\n    report()\n    sweep()\n    arm()\n"
ARM = "def arm():\n    threading.Timer(30, tick).start()\n"

FRAGILE: dict[str, tuple[str, str, str]] = {
    "outward step": (loop("report()", "sweep()") + THREAD, "loop", "`os.unlink()`"),
    "behind the sweep": (loop("sweep()", "report()") + THREAD, "loop", "`os.unlink()`"),
    "narrow handler": (
        loop("try:", "    report()", "except KeyError:", "    pass", "sweep()") + THREAD,
        "loop",
        "`os.unlink()`",
    ),
    "handler that raises again": (
        loop("try:", "    report()", "except Exception:", "    logging.exception('x')", "    raise", "sweep()")
        + THREAD,
        "loop",
        "`os.unlink()`",
    ),
    "only cancelling is caught": (
        "async def loop():\n    while True:\n        try:\n            await asyncio.sleep(9)\n            report()\n"
        "            sweep()\n        except asyncio.CancelledError:\n            break\n" + TASK,
        "loop",
        "`os.unlink()`",
    ),
    "try around the loop": (
        "def loop():\n    try:\n        while True:\n            time.sleep(9)\n            report()\n"
        "            sweep()\n"
        "    except Exception:\n        logging.exception('loop ended')\n" + THREAD,
        "loop",
        "`os.unlink()`",
    ),
    "suppressed keys alone": (
        loop("with contextlib.suppress(KeyError):", "    report()", "sweep()") + THREAD,
        "loop",
        "`os.unlink()`",
    ),
    "awaited connection": (
        "async def loop(client):\n    while True:\n        await asyncio.sleep(9)\n"
        "        await client.ping()\n        sweep()\n" + TASK.replace("loop()", "loop(object())"),
        "loop",
        "`client.ping()`",
    ),
    "somebody else's function": (
        "listeners = []\ndef on_gone(f):\n    listeners.append(f)\n"
        + loop("for listener in listeners:", "    listener('gone')", "sweep()")
        + THREAD,
        "loop",
        "`listener()`",
    ),
    "loop below the thread's function": (
        loop("report()", "sweep()") + "def worker():\n    loop()\n" + THREAD.replace("=loop", "=worker"),
        "loop",
        "`os.unlink()`",
    ),
    "method run of a thread": (
        "class Janitor(threading.Thread):\n    def run(self):\n        while True:\n            time.sleep(9)\n"
        "            report()\n            sweep()\nJanitor().start()\n",
        "loop",
        "`os.unlink()`",
    ),
    "asked whether it lives, but only at the start": (
        loop("report()", "sweep()") + "T = None\ndef start():\n    global T\n    if T is None or not T.is_alive():\n"
        "        T = threading.Thread(target=loop)\n        T.start()\nif __name__ == '__main__':\n    start()\n",
        "loop",
        "`os.unlink()`",
    ),
    "armed behind the work": (TICK + ARM + "arm()\n", "rearm", "`os.unlink()`"),
    "armed deeper": (
        "def tick():\n    run()\ndef run():\n    report()\n    sweep()\n    arm()\n" + ARM + "arm()\n",
        "rearm",
        "`os.unlink()`",
    ),
    "job of a scheduler that stops": (
        "from twisted.internet import task\ndef tick():\n    report()\n    sweep()\n"
        "def start():\n    task.LoopingCall(tick).start(30)\nstart()\n",
        "timer",
        "`os.unlink()`",
    ),
}

ROBUST: dict[str, str] = {
    "nothing that raises": loop("sweep()") + THREAD,
    "logging, clocks, locks": "lock = threading.Lock()\n"
    + loop("started = time.time()", "with lock:", "    sweep()", "logging.info('%s', time.time() - started)")
    + THREAD,
    "try in the loop": loop(*TRY_ALL) + THREAD,
    "bare except": loop("try:", "    report()", "except:", "    pass", "sweep()") + THREAD,
    "handler of the error itself": loop("try:", "    report()", "except OSError:", "    pass", "sweep()") + THREAD,
    "suppressed": loop("with contextlib.suppress(OSError):", "    report()", "sweep()") + THREAD,
    "manager of the project": "@contextlib.contextmanager\ndef logged():\n    try:\n        yield\n"
    "    except Exception:\n"
    "        logging.exception('tick')\n" + loop("with logged():", "    report()", "    sweep()") + THREAD,
    "wrapper": "def safely(step):\n    try:\n        step()\n    except Exception:\n        logging.exception('tick')\n"
    + loop("safely(report)", "safely(sweep)")
    + THREAD,
    "decorator": "def safe(f):\n    def inner():\n        try:\n            f()\n        except Exception:\n"
    "            pass\n"
    "    return inner\n@safe\ndef tick():\n    report()\n    sweep()\n" + loop("tick()") + THREAD,
    "try around a loop in a loop": "def loop():\n    while True:\n        try:\n            while True:\n"
    "                time.sleep(9)\n                report()\n                sweep()\n"
    "        except Exception:\n            logging.exception('again')\n" + THREAD,
    "called again and again": loop("report()", "sweep()")
    + "def worker():\n    while True:\n        try:\n            loop()\n        except Exception:\n            pass\n"
    + THREAD.replace("=loop", "=worker"),
    "started anew by the handler": "def loop():\n    try:\n        while True:\n            time.sleep(9)\n"
    "            report()\n            sweep()\n    except Exception:\n        start()\n"
    "def start():\n    " + THREAD + "start()\n",
    "started anew when dead": loop("report()", "sweep()")
    + "T = None\ndef ensure():\n    global T\n    if T is None or not T.is_alive():\n"
    "        T = threading.Thread(target=loop)\n        T.start()\ndef handle(request):\n    ensure()\n",
    "started anew at its end": "async def loop():\n    while True:\n        await asyncio.sleep(9)\n        report()\n"
    "        sweep()\nasync def start(*_):\n    task = asyncio.create_task(loop())\n    task.add_done_callback(again)\n"
    "def again(task):\n    asyncio.ensure_future(start())\nasync def main():\n    await start()\n"
    "    await asyncio.Event().wait()\nasyncio.run(main())\n",
    "loop of the program itself": loop("report()", "sweep()") + "if __name__ == '__main__':\n    loop()\n",
    "gathered by the program": "async def loop():\n    while True:\n        await asyncio.sleep(9)\n        report()\n"
    "        sweep()\nasync def serve():\n    await asyncio.Event().wait()\n"
    "async def main():\n    await asyncio.gather(serve(), loop())\nasyncio.run(main())\n",
    "second loop": loop("report()", "sweep()")
    + THREAD
    + loop("sweep()").replace("loop()", "other()")
    + THREAD.replace("=loop", "=other"),
    "sweep on insert too": loop("report()", "sweep()")
    + THREAD
    + "def put_two(request):\n    sweep()\n    X[request.id] = 1\n",
    "armed first": TICK.replace("    arm()\n", "").replace("tick():\n", "tick():\n    arm()\n") + ARM + "arm()\n",
    "armed in a finally": "def tick():\n    try:\n        report()\n        sweep()\n    finally:\n        arm()\n"
    + ARM
    + "arm()\n",
    "armed behind a caught error": "def tick():\n    try:\n        report()\n    except OSError:\n"
    "        pass\n    sweep()\n"
    "    arm()\n" + ARM + "arm()\n",
    "scheduler that goes on": "from apscheduler.schedulers.background import BackgroundScheduler\n"
    "s = BackgroundScheduler()\ndef tick():\n    report()\n    sweep()\n"
    "s.add_job(tick, 'interval', minutes=1)\ns.start()\n",
    "helper that runs another callback in another thread": "def upload():\n    os.unlink('x')\n"
    "class Every(threading.Thread):\n    def __init__(self, function):\n        super().__init__()\n"
    "        self.function = function\n    def run(self):\n        while True:\n            time.sleep(9)\n"
    "            self.function()\nEvery(sweep).start()\nEvery(upload).start()\n",
    "error dealt with before it goes on": "def loop():\n    while True:\n        time.sleep(9)\n        try:\n"
    "            sweep()\n        except Exception:\n            report()\n            raise\n" + THREAD,
    "end of the process": "def panic():\n    os._exit(1)\ndef loop():\n    while True:\n        time.sleep(9)\n"
    "        if not X:\n            panic()\n        sweep()\n" + THREAD,
    "task of its own": "async def notify(k):\n    os.unlink(k)\nasync def loop():\n    while True:\n"
    "        await asyncio.sleep(9)\n        asyncio.create_task(notify('k'))\n        sweep()\n" + TASK,
}


def fragile(text: str, root: Path) -> Fragile | None:
    project = linked(root, {"m.py": STORE + text})
    container = named(project)
    assert container.verdict.name in {"swept", "amortised"}
    return project.defects.fragile_sweeper_ticks.of(container)


@pytest.mark.parametrize(("text", "ending", "what"), FRAGILE.values(), ids=FRAGILE)
def test_one_exception_ends_it(text: str, ending: str, what: str, tmp_path: Path) -> None:
    found = fragile(text, tmp_path)
    assert found is not None
    assert (found.ending, found.risk.what) == (ending, what)


@pytest.mark.parametrize("text", ROBUST.values(), ids=ROBUST)
def test_it_goes_on(text: str, tmp_path: Path) -> None:
    assert fragile(text, tmp_path) is None


def test_a_risk_in_another_module_is_found(tmp_path: Path) -> None:
    files = {
        "mail.py": "import smtplib\ndef send(text):\n    smtplib.SMTP('host').sendmail('a', 'b', text)\n",
        "m.py": STORE + "import mail\n" + loop("mail.send('tick')", "sweep()") + THREAD,
    }
    project = linked(tmp_path, files)
    found = project.defects.fragile_sweeper_ticks.of(named(project))
    assert found is not None and found.risk.scope.path == "mail.py"
    assert project.place(*found.tick, "", "").path == "m.py"


LOOPING_CALL = "from twisted.internet import task\ndef start():\n    task.LoopingCall({}).start(5)\nstart()\n"


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        (loop("report()", "sweep()") + THREAD, "tick", True),
        (loop("report()", "sweep()") + THREAD, "sweep", False),
        (loop(*TRY_ALL) + THREAD, "tick", False),
    ],
)
def test_a_loop_and_a_scheduler_of_the_same_sweep_must_both_end(
    first: str, second: str, ends: bool, tmp_path: Path
) -> None:
    text = first + "def tick():\n    report()\n    sweep()\n" + LOOPING_CALL.format(second)
    assert (fragile(text, tmp_path) is not None) is ends
