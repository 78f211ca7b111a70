"""What the entries of a container are, from what is stored and never from names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HOLDINGS = {
    "lock": ("locks", "X = {}", "X[request.id] = threading.Lock()"),
    "lock by a name": ("locks", "X = {}", "made = asyncio.Lock()\n    X[request.id] = made"),
    "lock by setdefault": ("locks", "X = {}", "return X.setdefault(request.id, threading.RLock())"),
    "lock by defaultdict": ("locks", "X = defaultdict(asyncio.Lock)", "return X[request.id]"),
    "lock by a lambda": ("locks", "X = defaultdict(lambda: asyncio.Semaphore(2))", "return X[request.id]"),
    "lock by a function": ("locks", "X = {}", "X[request.id] = new()\n\ndef new():\n    return threading.Condition()"),
    "lock of the project": ("locks", "class L(threading.Condition): ...\nX = {}", "X[request.id] = L()"),
    "lock asked for first": (
        "locks",
        "X = {}",
        "made = X.get(request.id)\n    if made is None:\n        made = threading.Lock()\n        X[request.id] = made",
    ),
    "called a lock": ("", "locks = X = {}", "lock = request.lock\n    X[request.id] = lock"),
    "a lock or something else": ("", "X = {}", "X[request.id] = threading.Lock() if request.id else request"),
    "locks and others": ("", "X = {}", "X[request.id] = threading.Lock()\n    X[request.name] = 1"),
    "task": ("tasks", "X = set()", "X.add(asyncio.create_task(work(request)))"),
    "task of a loop": ("tasks", "X = []", "X.append(asyncio.get_running_loop().create_task(work(request)))"),
    "task by a helper": (
        "tasks",
        "X = {}",
        "X[request.id] = spawn(request)\n\ndef spawn(request):\n    task = asyncio.ensure_future(work(request))\n"
        "    return task",
    ),
    "future": ("tasks", "pool = ThreadPoolExecutor()\nX = []", "X.append(pool.submit(work, request))"),
    "thread": ("threads", "X = []", "t = threading.Thread(target=work)\n    t.start()\n    X.append(t)"),
    "object": ("objects", "class C: ...\nX = set()", "X.add(C())"),
    "text": ("", "X = set()", "X.add(request.id)"),
    "result": (
        "results",
        "X = {}",
        "if request.url not in X:\n        X[request.url] = download(request.url)\n    return X[request.url]",
    ),
    "result by get": (
        "results",
        "X = {}",
        "found = X.get(request.url)\n    if found is None:\n        found = download(request.url)\n"
        "        X[request.url] = found\n    return found",
    ),
    "result awaited": (
        "results",
        "X = {}",
        "try:\n        return X[request.url]\n    except KeyError:\n"
        "        X[request.url] = await download(request.url)",
    ),
    "result of parts of the key": (
        "results",
        "X = {}",
        "key = (request.a, request.b)\n    if key not in X:\n        X[key] = render(key)\n    return X[key]",
    ),
    "nobody asked": ("", "X = {}", "X[request.url] = download(request.url)"),
    "of something else": ("", "X = {}", "if request.id not in X:\n        X[request.id] = time.monotonic()"),
    "count": ("", "X = {}", "X[request.id] = X.get(request.id, 0) + 1"),
    "entry of its own": (
        "objects",
        "class C: ...\nX = {}",
        "if request.id not in X:\n        X[request.id] = C(request.id)",
    ),
}

HEAD = """
import asyncio
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

"""


@pytest.mark.parametrize(("kind", "made", "body"), HOLDINGS.values(), ids=HOLDINGS)
def test_holding(kind: str, made: str, body: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": f"{HEAD}{made}\n\nasync def handle(request):\n    {body}\n"})
    assert project.holdings.of(named(project)) == kind


def test_tests_say_nothing_about_what_is_held(tmp_path: Path) -> None:
    files = {
        "m.py": "import threading\nX = {}\n\ndef handle(request):\n    X[request.id] = threading.Lock()\n",
        "test_m.py": "from m import X\n\ndef test():\n    X['a'] = None\n",
    }
    project = linked(tmp_path, files)
    assert project.holdings.of(named(project)) == "locks"
