"""What the catalogue can say about keys: the domains of results, of types and of words."""

from __future__ import annotations

from typing import Literal, TypeAlias

from unbounded_lint.catalog.entry import Entry

Domain: TypeAlias = Literal["open", "closed", "thread", "argument", "parts", "unknown"]
Source: TypeAlias = Literal[
    "request",
    "message",
    "path",
    "url",
    "counter",
    "identity",
    "time",
    "exception",
    "object",
    "class",
    "function",
    "module",
    "code",
    "environment",
    "configuration",
    "status",
    "enum",
    "constant",
    "names",
    "installed",
    "outside",
    "data",
    "derived",
    "appended",
    "unknown",
]
"""Where a key comes from. identity: uuid, token, random number, id(); object: one of those made again and again;
code: a place in it; status: an error or status code; names: written in the program; installed: what is installed;
outside: callers outside the project; data: a file, socket or database; derived: made of something that is not known;
appended: there is no key."""


class KeyCall(Entry, frozen=True, kw_only=True):
    """A call whose result is a key: `domain` of the result.

    argument: that of the argument at `position` (-1: the receiver), and `otherwise` where that is not decidable;
    `arguments`: the entry holds only for this number of arguments. `methods` match whatever the receiver is. weak: what
    else is known of the result counts more.
    """

    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    domain: Domain
    position: int = 0
    otherwise: Literal["open", "unknown"] = "unknown"
    source: Source = "unknown"
    arguments: int | None = None
    weak: bool = False
    note: str = ""


class Annotation(Entry, frozen=True, kw_only=True):
    """A type whose values, or (`bases`) whose subclasses' values, have this domain; parts: that of its arguments.
    weak: what is known of a value counts more."""

    names: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    domain: Domain
    source: Source = "unknown"
    weak: bool = False


class Finite(Entry, frozen=True, kw_only=True):
    """Names of which one finite set of keys is known: attributes that have only such values, or callees that take only
    such an argument and raise for any other."""

    names: tuple[str, ...]
    source: Source
    note: str = ""


class Words(Entry, frozen=True, kw_only=True):
    """Words in names that hint at a domain, never prove one. `prefixes` end in "_" and count for the whole name."""

    id: str
    domain: Domain
    source: Source = "unknown"
    words: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    note: str = ""
