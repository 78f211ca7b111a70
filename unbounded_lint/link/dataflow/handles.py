"""What can hold a value, and what can be done with one."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from unbounded_lint.facts import model as m
from unbounded_lint.link.program.module import ScopeId, Site


class Variable(msgspec.Struct, frozen=True, gc=False):
    """A name of a scope."""

    scope: ScopeId
    name: str


class Attribute(msgspec.Struct, frozen=True, gc=False):
    """An attribute of a class or of its instances."""

    cls: ScopeId
    name: str


class Returned(msgspec.Struct, frozen=True, gc=False):
    """What a function returns."""

    function: ScopeId


class Yielded(msgspec.Struct, frozen=True, gc=False):
    """What a generator-based context manager hands to its `with`."""

    function: ScopeId


class Foreign(msgspec.Struct, frozen=True, gc=False):
    """What a program hangs on an object of another package: `below.name`, or `below["name"]` where it is a key. Who
    hangs it there and who takes it from there only share these words."""

    below: str
    name: str
    is_key: bool


class Registered(msgspec.Struct, frozen=True, gc=False):
    """What a module puts into a registry of the standard library, which the catalogue knows by this name."""

    api: str
    path: str


Handle: TypeAlias = Variable | Attribute | Returned | Yielded | Foreign | Registered

UseKind: TypeAlias = Literal[
    "called", "decorates", "argument", "partial", "member", "subscript", "augmented", "rebound", "deleted", "contained",
    "iterated", "entered", "tested", "kept", "escaped", "read",
]  # fmt: skip
ARGUMENTS: frozenset[UseKind] = frozenset({"argument", "partial"})
"""The value is handed to something: by a call, or by what `functools.partial` gives."""
HANDED_ON: frozenset[UseKind] = frozenset({*ARGUMENTS, "kept", "escaped"})
"""Something else may use the value later."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """One thing done with a value.

    kind       called, decorates, argument (handed to something that cannot be seen), member (`value.name`),
               subscript, augmented, rebound, deleted, contained (`k in value`), iterated, tested, kept (stored in
               something), escaped (returned or yielded to where it cannot be seen), read (anything else)
    site       the value where it is used
    bound      how many leading parameters are bound, for a function
    guess      the receiver was matched by the attribute's name alone
    """

    kind: UseKind
    site: Site
    bound: int
    guess: bool

    @property
    def call(self) -> m.Call | None:
        """The call that it is, None for any other use."""
        return self.site.call if self.kind == "called" else None

    @property
    def outer(self) -> m.Expr | None:
        """The expression directly around the value."""
        return self.site.parents[-1] if self.site.parents else None
