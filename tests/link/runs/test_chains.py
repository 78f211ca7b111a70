"""The calls that lead from where code begins to run to a function."""

from __future__ import annotations

from pathlib import Path

from tests.programs import linked, named
from unbounded_lint.link.project import Project

HANDLER = """\
import flask
from app import store
app = flask.Flask("x")

@app.route("/login/<name>")
def login(name):
    remember(name)

def remember(name):
    store.add(name)
"""
STORE = """\
import threading
SEEN = {}

def add(key):
    SEEN[key] = 1

def start():
    timer = threading.Timer(60, tick)
    timer.daemon = True
    timer.start()

def tick():
    purge()
    start()

def purge():
    for key in list(SEEN):
        del SEEN[key]
"""
MAIN = """\
from app import store, web

def main():
    store.start()
    web.app.run()

if __name__ == "__main__":
    main()
"""
FILES = {"app/__init__.py": "", "app/web.py": HANDLER, "app/store.py": STORE, "app/main.py": MAIN}


def ways(project: Project, name: str, kind: str) -> dict[str, list[tuple[str, str, int]]]:
    """How the inserts ("insert") or removals ("remove") of a container come to run: role, function and line of each
    link."""
    told = {}
    for access in named(project, name).accesses:
        for journey in project.journeys.to(*access.place) if access.kind == kind else ():
            told[journey.run] = [
                (link.role, project.function(link.place[0]), project.place(*link.place, "", "").line)
                for link in journey.chain.links
            ]
    return told


def test_a_request_is_followed_from_its_handler_to_the_insert(tmp_path: Path) -> None:
    told = ways(linked(tmp_path, FILES), "SEEN", "insert")
    assert told["request"] == [("call", "login()", 7), ("call", "remember()", 10)]


def test_a_sweep_is_followed_from_where_its_timer_is_started_and_what_leads_there(tmp_path: Path) -> None:
    told = ways(linked(tmp_path, FILES), "SEEN", "remove")
    assert told["timer"] == [
        ("call", "module level", 8),
        ("call", "main()", 4),
        ("timer", "start()", 10),
        ("call", "tick()", 13),
    ]


def test_what_begins_in_the_function_itself_has_no_links(tmp_path: Path) -> None:
    text = "X = {}\ndef add(key):\n    X[key] = 1\n"
    assert ways(linked(tmp_path, {"m.py": text}), "X", "insert") == {"public": []}


def test_a_loop_that_waits_is_followed_from_where_its_thread_is_started(tmp_path: Path) -> None:
    text = """\
import threading, time
X = {}

def add(key):
    X[key] = 1

def work():
    while True:
        time.sleep(5)
        sweep()

def sweep():
    for key in list(X):
        del X[key]

def begin():
    threading.Thread(target=work).start()

if __name__ == "__main__":
    begin()
"""
    told = ways(linked(tmp_path, {"m.py": text}), "X", "remove")
    assert told["timer"] == [("call", "module level", 20), ("timer", "begin()", 17), ("call", "work()", 10)]


def test_the_shortest_way_is_told_and_circles_end(tmp_path: Path) -> None:
    text = """\
X = {}

def first(key):
    second(key)

def second(key):
    first(key)
    third(key)

def third(key):
    second(key)
    add(key)

def add(key):
    X[key] = 1

def public(key):
    third(key)
"""
    told = ways(linked(tmp_path, {"m.py": text}), "X", "insert")
    assert told["public"] == [("call", "public()", 18), ("call", "third()", 12)]


def test_a_way_begins_with_the_operation_that_hands_the_function_over_and_not_with_a_nearer_call(
    tmp_path: Path,
) -> None:
    text = """\
import somewhere
X = {}

def begin(key):
    add(key)
    somewhere.subscribe(told)

def told(key):
    add(key)

def add(key):
    X[key] = 1
"""
    told = ways(linked(tmp_path, {"m.py": text}), "X", "insert")
    assert told == {"public": [("call", "begin()", 5)], "request": [("call", "begin()", 6), ("call", "told()", 9)]}


def test_a_thread_is_started_on_the_way_of_the_script_that_starts_it(tmp_path: Path) -> None:
    text = """\
import threading
X = {}

def work():
    X[len(X)] = 1

if __name__ == "__main__":
    while True:
        threading.Thread(target=work).start()
"""
    project = linked(tmp_path, {"m.py": text})
    assert ways(project, "X", "insert") == {"loop": [("call", "module level", 9)]}
    places = {access.place for access in named(project, "X").accesses if access.kind == "insert"}
    assert {project.function(way.first) for place in places for way in project.journeys.to(*place)} == {"module level"}


def test_of_a_way_that_begins_too_far_away_only_the_beginning_is_told(tmp_path: Path) -> None:
    calls = "".join(f"def _f{number}(key):\n    _f{number + 1}(key)\n" for number in range(1200))
    text = f"X = {{}}\ndef _f1200(key):\n    X[key] = 1\n{calls}def public(key):\n    _f0(key)\n"
    told = ways(linked(tmp_path, {"m.py": text}), "X", "insert")
    assert told["public"] == [("begin", "public()", 2404)]


def test_a_class_body_is_come_to_from_the_scope_around_it(tmp_path: Path) -> None:
    text = "X = {}\nclass A:\n    X['a'] = 1\n\ndef add(key):\n    X[key] = 1\n"
    told = ways(linked(tmp_path, {"m.py": text}), "X", "insert")
    assert told["import"] == [("call", "module level", 2)]


def test_a_timer_that_nothing_starts_is_told_from_one_that_nobody_comes_to(tmp_path: Path) -> None:
    text = """\
import threading, time
X = {}

def add(key):
    X[key] = 1

def sweep():
    while True:
        time.sleep(3)
        X.clear()

def start():
    threading.Thread(target=sweep)SUFFIX

if __name__ == "__main__":
    while True:
        add(input())
    CALL
"""

    def told(suffix: str, call: str) -> list[tuple[str, str, int]]:
        root = tmp_path / f"{len(suffix)}{len(call)}"
        project = linked(root, {"m.py": text.replace("SUFFIX", suffix).replace("CALL", call)})
        return ways(project, "X", "clear")["unstarted"]

    assert told("", "start()") == [("call", "module level", 18), ("unstarted", "start()", 13)]
    assert told(".start()", "pass") == [("idle timer", "start()", 13)]
    assert told("", "pass") == [("unstarted", "start()", 13)]
