"""Which memos grow without limit, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.defects.unbounded_function_cache import FunctionCache

ROUTE = "import flask\napp = flask.Flask(__name__)\n@app.get('/<key>')\ndef show(key):\n    return f(key)\n"
PLAIN = "import functools\n{}\ndef f(key):\n    return key\n" + ROUTE

GROWS: dict[str, str] = {
    "cache": PLAIN.format("@functools.cache"),
    "no size": PLAIN.format("@functools.lru_cache(maxsize=None)"),
    "no size by position": PLAIN.format("@functools.lru_cache(None)"),
    "behind another decorator": PLAIN.format("@functools.wraps(print)\n@functools.cache"),
    "ever new values": (
        "import functools, uuid\n@functools.cache\ndef f(key):\n    return key\ndef go():\n    return f(uuid.uuid4())\n"
    ),
    "a method": (
        "import functools\nclass Key:\n    @functools.cache\n    def f(self):\n        return 1\n"
        "def go(text):\n    return Key().f()\n"
    ),
    "a static method": (
        "import functools\nclass Key:\n    @staticmethod\n    @functools.cache\n    def f(key):\n        return 1\n"
        + ROUTE.replace("f(key)", "Key.f(key)")
    ),
    "through a helper": PLAIN.format("@functools.cache").replace("return f(key)", "return help(key)")
    + "def help(text):\n    return f(text.lower())\n",
}

QUIET: dict[str, str] = {
    "a size": PLAIN.format("@functools.lru_cache(maxsize=99)"),
    "the size by default": PLAIN.format("@functools.lru_cache"),
    "the size by default, called": PLAIN.format("@functools.lru_cache()"),
    "no arguments": "import functools\n@functools.cache\ndef f():\n    return 1\ndef go():\n    return f()\n",
    "literals": (
        "import functools\n@functools.cache\ndef _f(key):\n    return key\ndef go():\n    return _f('a'), _f('b')\n"
    ),
    "only at import": (
        "import functools, uuid\n@functools.cache\ndef _f(key):\n    return key\nX = _f(str(uuid.uuid4()))\n"
    ),
    "a function inside a function": (
        "import functools, uuid\ndef go():\n    @functools.cache\n    def f(key):\n        return key\n"
        "    return f(uuid.uuid4())\n"
    ),
    "emptied": PLAIN.format("@functools.cache") + "@app.get('/empty')\ndef empty():\n    f.cache_clear()\n",
    "the only object": (
        "import functools\nclass Table:\n    @functools.cache\n    def f(self):\n        return 1\nTABLE = Table()\n"
        "def go():\n    return TABLE.f()\n"
    ),
    "one slot an object": (
        "import functools\nclass Key:\n    @functools.cached_property\n    def f(self):\n        return 1\n"
        "def go():\n    return Key().f\n"
    ),
    "a decorator by that name": "def cache(f):\n    return f\n@cache\ndef f(key):\n    return key\n" + ROUTE,
    "an empty file": "",
}


def memos(root: Path, text: str) -> tuple[FunctionCache, ...]:
    return linked(root, {"m.py": text}).defects.unbounded_function_caches.all


@pytest.mark.parametrize("name", list(GROWS))
def test_a_memo_that_grows(name: str, tmp_path: Path) -> None:
    (found,) = memos(tmp_path, GROWS[name])
    assert found.confidence is not Confidence.LOW
    assert found.symbol in {"m:f", "m:Key.f"}


@pytest.mark.parametrize("name", list(QUIET))
def test_a_memo_that_does_not(name: str, tmp_path: Path) -> None:
    assert memos(tmp_path, QUIET[name]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "def f(key):\n    return key\ndef handle(request):\n    return f(request.urlconf)\n",
        "from pathlib import Path\n@functools.cache\ndef f(key: Path):\n    return key\n",
        "def f(user_id):\n    return user_id\n",
        "def f(key):\n    return key\ndef main():\n    import uuid\n    for _ in range(9):\n        f(uuid.uuid4())\n"
        "if __name__ == '__main__':\n    main()\n",
    ],
)
def test_a_name_or_a_type_alone_is_not_enough(text: str, tmp_path: Path) -> None:
    start = "import functools\n" if "@functools" in text else "import functools\n@functools.cache\n"
    assert {memo.confidence for memo in memos(tmp_path, start + text)} <= {Confidence.LOW}


def test_who_is_kept(tmp_path: Path) -> None:
    (method,) = memos(tmp_path, GROWS["a method"])
    assert (method.on_self, method.parameter, method.decorator) == (True, "self", "cache")
    (function,) = memos(tmp_path, GROWS["no size"])
    assert (function.on_self, function.parameter, function.decorator) == (False, "key", "lru_cache(maxsize=None)")


def test_tests_are_left_out(tmp_path: Path) -> None:
    assert linked(tmp_path, {"tests/test_m.py": GROWS["cache"]}).defects.unbounded_function_caches.all == ()


def test_a_remembered_result_is_no_new_object(tmp_path: Path) -> None:
    text = (
        "import functools\nclass Table:\n    pass\n@functools.cache\ndef table():\n    return Table()\n"
        "@functools.cache\ndef _f(key):\n    return key\ndef go():\n    return _f(table())\n"
    )
    assert memos(tmp_path, text) == ()
    assert memos(tmp_path, text.replace("@functools.cache\ndef table", "def table")) != ()
