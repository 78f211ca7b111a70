"""What programs put into registries of the standard library, which no name of theirs holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked

HANDLERS = "logging.Logger.handlers"
LOGGERS = "logging.Logger.manager.loggerDict"
CLIENT = "class Client:\n    def __init__(self, request):\n        {}\n    def close(self):\n        pass\n"
CALLED = "def handle(request):\n    return Client(request)\n"

CASES: dict[str, tuple[str, dict[str, str]]] = {
    # text in the constructor of what each request makes -> registry and verdict
    "exit handler": ("atexit.register(self.close)", {"atexit": "never"}),
    "exit handler that is taken back": (
        "atexit.register(self.close)\n    def end(self):\n        atexit.unregister(self.close)",
        {"atexit": "event-only"},
    ),
    "exit handler imported by its name": ("register(lambda: request)", {"atexit": "never"}),
    "new handler": ("logging.getLogger('a').addHandler(logging.NullHandler())", {HANDLERS: "never", LOGGERS: "closed"}),
    "new handler under a name": (
        "log = logging.getLogger('a')\n        made = logging.StreamHandler()\n        log.addHandler(made)",
        {HANDLERS: "never", LOGGERS: "closed"},
    ),
    "new filter": ("logging.root.addFilter(lambda record: request)", {HANDLERS: "never"}),
    "handler for the time of a call": (
        "made = logging.StreamHandler()\n        logging.root.addHandler(made)\n        try:\n            request()\n"
        "        finally:\n            logging.root.removeHandler(made)",
        {HANDLERS: "paired"},
    ),
    "handler where there is none": (
        "log = logging.getLogger('a')\n        if not log.handlers:\n            log.addHandler(logging.NullHandler())",
        {LOGGERS: "closed"},
    ),
    "handler unless one is above": (
        "log = logging.getLogger('a')\n        if log.hasHandlers():\n            return\n"
        "        log.addHandler(logging.NullHandler())",
        {LOGGERS: "closed"},
    ),
    "the same handler again": ("logging.root.addHandler(SAME)", {}),
    "logger of each request": ("logging.getLogger(f'a.{request.id}')", {LOGGERS: "never"}),
    "logger below another": ("logging.getLogger('a').getChild(str(uuid.uuid4()))", {LOGGERS: "never"}),
    "logger of the module": ("logging.getLogger(__name__)", {LOGGERS: "closed"}),
    "root logger": ("logging.getLogger()", {}),
    "source of what is compiled": (
        "linecache.cache[f'<made {uuid.uuid4()}>'] = (1, None, [], '')",
        {"linecache.cache": "never"},
    ),
    "the same, unless it is there": ("linecache.cache.setdefault(request.path, ())", {"linecache.cache": "never"}),
    "the same, for the time of a call": (
        "linecache.cache[request.path] = ()\n        try:\n            request()\n"
        "        finally:\n            del linecache.cache[request.path]",
        {"linecache.cache": "paired"},
    ),
    "a module under a name": ("sys.modules['other'] = request", {"sys.modules": "closed"}),
    "a module of each request": ("sys.modules[f'made_{uuid.uuid4()}'] = request", {"sys.modules": "never"}),
    "logger below one of a class of the project": ("Log('a').getChild(str(request.id))", {LOGGERS: "never"}),
    "logger below one of a class of the project that derives from what a call gives": (
        "Made('a').getChild(str(request.id))",
        {LOGGERS: "never"},
    ),
    "handler of an application's logger": (
        "flask.Flask('a').logger.addHandler(logging.NullHandler())",
        {HANDLERS: "never"},
    ),
    "method of that name of another package": ("static.File.getChild(self, request.path, request)", {}),
    "method of that name that a class of another package has": ("Page('a').getChild(request.path, request)", {}),
    "method of that name of something unknown": ("request.site.getChild(request.path, request)", {}),
    "filter of something unknown": ("request.table.addFilter(lambda row: request)", {}),
    "method of the project of that name": ("Own().addHandler(object())", {}),
}
HEAD = (
    "import atexit, linecache, logging, sys, uuid\nfrom atexit import register\nSAME = logging.NullHandler()\n"
    "class Own:\n    def addHandler(self, handler):\n        print(handler)\n"
    "import flask\nfrom twisted.web import static\nclass Page(static.File):\n    pass\n"
    "class Log(logging.Logger):\n    pass\nclass Made(logging.getLoggerClass()):\n    pass\n"
)


def kept(tmp_path: Path, text: str) -> dict[str, str]:
    project = linked(tmp_path, {"m.py": text})
    assert not project.failures
    return {c.name: c.verdict.name for c in project.containers}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES)
def test_what_each_request_puts_there(code: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert kept(tmp_path, HEAD + CLIENT.format(code) + CALLED) == expected


@pytest.mark.parametrize(
    "text",
    [
        CLIENT.format("atexit.register(self.close)") + "CLIENT = Client(None)\n",
        CLIENT.format("atexit.register(self.close)"),
        "def setup(level):\n    made = logging.StreamHandler()\n    logging.root.addHandler(made)\n",
        "def main():\n    atexit.register(print)\nif __name__ == '__main__':\n    main()\n",
    ],
    ids=["made at import", "made by users alone", "set up by users", "in a script"],
)
def test_what_is_put_there_once_is_closed(text: str, tmp_path: Path) -> None:
    assert set(kept(tmp_path, HEAD + text).values()) <= {"closed", "idle"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("log: logging.Logger", "never"), ("log", "never"), ("log: static.File", None), ("log=None", None)],
    ids=["annotated", "passed", "annotated as another", "not told"],
)
def test_a_method_counts_where_its_receiver_is_known(given: str, expected: str | None, tmp_path: Path) -> None:
    below = f"def below(request, {given}):\n    log.getChild(str(request.id))\n"
    passed = "logging.getLogger('a')" if given == "log" else "request.log"
    text = HEAD + below + f"def handle(request):\n    below(request, {passed})\n"
    assert kept(tmp_path, text).get(LOGGERS) == expected


def test_it_stands_where_a_function_first_puts_something_there(tmp_path: Path) -> None:
    text = HEAD + "atexit.register(print)\n" + CLIENT.format("atexit.register(self.close)") + CALLED
    (found,) = linked(tmp_path, {"m.py": text}).containers
    assert (found.symbol, text.splitlines()[found.place.line - 1].strip()) == (
        "m:atexit",
        "atexit.register(self.close)",
    )
