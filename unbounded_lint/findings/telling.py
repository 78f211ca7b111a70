"""The pieces of the evidence in plain words: what `explain`, the table, the page and an editor show of them.

JSON has the keys, for programs; people read what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unbounded_lint.findings import wording

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "key": "its keys come from",
        "domain": "its keys are",
        "insert": "an insert adds",
        "runs": "an insert runs",
        "root": "a key is made from",
        "phase": "an insert is part of",
        "guess": "calls are matched by names alone",
        "guards": "what comes before an insert",
        "value": "its values are",
        "owner": "what has it",
        "shared": "how many of the objects with it last",
        "removals": "what takes entries out",
        "reads": "what else is done with it",
        "project": "the project is",
        "family": "its kind is",
        "filled": "it is written with entries in it",
        "form": "it is used as",
        "size": "what is seen of the program",
        "names": "its name speaks of",
        "class_names": "the name of the class that has it speaks of",
        "method_names": "the methods of the class that has it speak of",
        "key_names": "the names of its key speak of",
        "given_names": "the names of what callers pass for that speak of",
        "value_names": "the names of its values speak of",
        "function_names": "the name of what inserts speaks of",
        "path_names": "the path to that speaks of",
        "left": "an entry stays",
        "exit": "what leads past its removal",
        "removers": "what removes it runs",
        "usage": "its users are shown to call it",
    }
)
"""The fields of the evidence."""

_WEIGHED: Mapping[str, str] = MappingProxyType(
    {
        "also": "an insert runs besides",
        "code": "what is found is",
        "together": "taken together",
    }
)
"""What has a weight and is no field of the evidence."""

_WORDS_OF_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "adding": "adding",
        "aside": "scripts, tests and examples",
        "asking": "asking for something",
        "commands": "commands",
        "configured": "settings",
        "counted": "counts",
        "definitions": "definitions",
        "deployed": "what is set up once, as users and devices",
        "getting": "getting something",
        "handling": "handling what comes in",
        "history": "a history",
        "keeping": "keeping things",
        "lasting": "what lasts",
        "listeners": "listeners",
        "locks": "locks",
        "loops": "loops and threads",
        "memo": "remembered results",
        "memory": "a memory",
        "named": "names",
        "objects": "objects",
        "passing": "what comes and goes",
        "peers": "peers",
        "places": "places, as files and addresses",
        "reading": "loading",
        "registry": "a registry",
        "seen": "what was seen before",
        "serving": "serving",
        "setup": "setting up",
        "tasks": "tasks",
        "waiting": "waiting",
        "working": "work that begins and ends, or talks to others",
    }
)
"""What the words of names are sorted into, where they have a weight."""

VALUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "key": {
            "request": "a request",
            "message": "a message",
            "path": "paths of files",
            "url": "addresses",
            "counter": "a counter",
            "identity": "the identity of objects",
            "time": "the time",
            "exception": "errors",
            "object": "objects",
            "class": "classes",
            "function": "functions",
            "module": "modules",
            "code": "the code itself",
            "environment": "the environment",
            "configuration": "settings",
            "status": "states",
            "enum": "the members of an enum",
            "constant": "constants",
            "names": "names in the code",
            "installed": "what is installed",
            "outside": "whoever calls it",
            "data": "data",
            "derived": "other values",
            "appended": "nowhere, since it is appended",
            "unknown": "an unknown source",
        },
        "domain": {
            "open": "ever new",
            "weak open": "ever new, by a name alone",
            "unknown": "perhaps ever new",
            "weak unknown": "perhaps ever new, by a name alone",
            "closed": "few",
        },
        "insert": {
            "entry": "an entry",
            "inner": "something inside an entry",
            "append": "an element",
            "bulk": "many entries at once",
        },
        "runs": wording.RUNS,
        "root": {
            "parameter": "what the function is given",
            "receiver": "the object itself",
            "other": "something else",
            "none": "no name",
        },
        "phase": {
            "constructor": "the making of an object",
            "itself": "an object that puts itself in",
            "work": "work that goes on",
        },
        "guess": {"yes": "yes", "no": "no"},
        "guards": {
            "an error": "an error that was caught",
            "a refusal": "an error for a key that is there already",
            "a test of the key": "a test of the key",
            "a condition": "another test",
            "none": "nothing",
        },
        "value": {
            "locks": "locks",
            "tasks": "tasks",
            "threads": "threads",
            "objects": "objects",
            "results": "results that were computed",
            "callables": "functions",
            "constant": "always the same",
            "container": "containers",
            "data": "data",
        },
        "owner": {
            "module": "a module",
            "class": "a class",
            "application": "the application",
            "frame": "a function that goes on",
            "closure": "a function inside another",
            "registered": "another package",
            "framework": "a framework",
            "element": "another container",
            "closable": "users, until they close it",
            "outside": "users",
        },
        "shared": {"all": "all of them", "some": "some of them"},
        "reads": {
            "iterated": "walked",
            "looked up": "looked up",
            "tested": "tested",
            "measured": "measured",
            "handed on": "handed to other code",
            "taken out inside": "emptied in its entries",
            "none": "nothing",
        },
        "project": {"application": "an application", "library": "a library"},
        "family": {},
        "filled": {"yes": "yes", "no": "no"},
        "form": {
            "registration": "a registration: a public function keeps what it is given",
            "listeners": "a list of listeners",
            "table": "a table that is written out",
            "none": "any other container",
        },
        "size": {"sample": "a few functions", "project": "all of it"},
        "left": {
            "success": "where all goes well",
            "error": "where something fails in between",
            "condition": "where a condition does not hold",
            "emptied": "until all of them go at once",
            "unasked": "until it is asked to go",
            "none": "otherwise",
        },
        "exit": {
            "return": "a `return`",
            "break": "a `break`",
            "continue": "a `continue`",
            "condition": "a condition",
            "raise": "an error that is raised",
            "call": "a call that may raise",
            "wait": "a wait that may be cancelled",
            "yield": "a `yield`",
            "apart": "an insert that has no clean-up",
            "none": "nothing that is seen",
        },
        "removers": wording.RUNS,
        "code": {},
    }
)
"""Field of the evidence -> what it can be; a kind of container and a code are words already."""


def value(field: str, key: str) -> str:
    """One value of a field, by its key."""
    if field == "also":
        return wording.RUNS[key]
    if field == "owner" and key.startswith("part of "):
        return f"an object kept by {VALUES['owner'][key.removeprefix('part of ')]}"
    if field == "removals":
        return _removal(key)
    if field == "together":
        return key.replace("sample", "a small program")
    return VALUES.get(field, {}).get(key, key)


def feature(name: str) -> str:
    """A piece of evidence that has a weight, "field: value", in words."""
    field, _, key = name.partition(": ")
    words = _WORDS_OF_NAMES.get(key, key) if field.endswith("names") else value(field, key)
    return f"{FIELDS.get(field) or _WEIGHED[field]}: {words}"


def keys(source: str, domain: str) -> str:
    """Where keys come from, and which there can be, on one short line."""
    return f"{value('key', source)}, {value('domain', domain)}" if source != "appended" else "none, appended"


def _removal(key: str) -> str:
    """What takes entries out, "moment extent"; a moment alone where none of that is seen to run."""
    when, _, extent = key.rpartition(" ")
    if not when:
        return f"some, {wording.MOMENTS[key]}" if key in wording.MOMENTS else "nothing"
    moment = wording.FAILING if when == "failing" else wording.MOMENTS[when]
    return f"{wording.EXTENTS[extent].removeprefix('takes out ')}, {moment}"
