"""What a key is made of: its domain, and the parameters of functions that it also comes from."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from unbounded_lint.catalog.keys import Source
from unbounded_lint.link.program.module import ScopeId

T = TypeVar("T")
DomainKind: TypeAlias = Literal["open", "closed", "unknown"]
KeySource: TypeAlias = Source


@dataclass(frozen=True, slots=True)
class Domain:
    """kind is open, closed or unknown; `why` what the key is or, for what is appended, one clause; weak: it rests on a
    name or a missing annotation, not on data flow; hinted: on less than a source of ever new values, such as a root
    called `request` or a `+=`. `source`: where the part comes from that decides."""

    kind: DomainKind
    why: str
    weak: bool = False
    hinted: bool = False
    source: KeySource = "unknown"

    @property
    def rank(self) -> tuple[int, bool]:
        """How much it says about a whole of which it is a part: open most, closed least; a constant says nothing."""
        strength = ("closed", "unknown", "open").index(self.kind) * 2 + (not self.weak)
        return strength, self.source not in {"constant", "unknown"}

    @property
    def words(self) -> str:
        """What the key is made of, as a clause; why an entry is added whatever the key is, for what is appended."""
        if self.source == "appended":
            return self.why
        return f"the key: {self.why}" if self.why.startswith("`") else f"the key is {self.why}"


_MOST = (5, True)
"""The highest rank of a domain: of two such, the first one tells."""

LASTING: frozenset[KeySource] = frozenset({"class", "function", "module", "code", "installed"})
"""The sources of what is never collected: identities and parts are as few as these."""
CLOSED_LITERAL = Domain("closed", "a literal", source="constant")
UNKNOWN = Domain("unknown", "of unknown origin")


def stated(kind: str, why: str, source: KeySource) -> Domain | None:
    """The domain that an entry of the catalogue states, None where it leaves it open what the domain is."""
    match kind:
        case "open" | "closed":
            return Domain(kind, why, source=source)
        case "thread":
            return Domain("unknown", f"{why} is as many as there are threads", source=source)
    return None


def join(parts: Iterable[Domain]) -> Domain:
    """The domain of something that can be any of the parts, or is made of all of them: open wins, then unknown."""
    return max(parts, key=lambda part: part.rank, default=UNKNOWN)


class Parameter(NamedTuple):
    """A parameter of a function, by its position."""

    function: ScopeId
    position: int


class Origin(NamedTuple):
    """What a value is made of: the domain of what is known of it (None: nothing yet), and the parameters that it is
    made of besides, where they could still say more."""

    domain: Domain | None
    parameters: frozenset[Parameter] = frozenset()

    @property
    def is_decided(self) -> bool:
        """Whether nothing that it is made of besides could say more."""
        return self.domain is not None and self.domain.rank == _MOST


NOT_KNOWN = Origin(UNKNOWN)
NOTHING_YET = Origin(None)


def closed(why: str, source: KeySource) -> Origin:
    """An origin from a closed set."""
    return Origin(Domain("closed", why, source=source))


def opened(why: str, source: KeySource, *, hinted: bool = False) -> Origin:
    """An origin from an open set."""
    return Origin(Domain("open", why, hinted=hinted, source=source))


def made_of(origins: Iterable[Origin]) -> Origin:
    """What is made of all of some origins; nothing is known of what is made of none."""
    found = list(origins)
    domains = [origin.domain for origin in found if origin.domain is not None]
    if not found:
        return NOT_KNOWN
    whole = Origin(join(domains) if domains else None)
    if whole.is_decided:
        return whole
    sets = {origin.parameters for origin in found if origin.parameters}
    return Origin(whole.domain, sets.pop() if len(sets) == 1 else frozenset().union(*sets))


def widened(one: Origin, other: Origin) -> Origin:
    """What two rounds of a circle say together; of two domains that say as much, the first in the alphabet."""
    domains = [origin.domain for origin in (one, other) if origin.domain is not None]
    best = max((domain.rank for domain in domains), default=None)
    chosen = min((domain for domain in domains if domain.rank == best), key=lambda d: (d.why, d.source), default=None)
    whole = Origin(chosen)
    return whole if whole.is_decided else Origin(chosen, one.parameters | other.parameters)


Equation: TypeAlias = Literal[
    "use", "value", "items", "elements", "variable", "target", "member", "result", "argument", "arguments", "keywords"
]
"""`use` and `elements` are `value` and `items` with nothing left to ask; `target` is a variable by the loop alone that
gives it its value where it is used; `argument` is what callers pass for a
parameter, `arguments` for each of a set of them, which many share."""


class Question(msgspec.Struct, frozen=True, gc=False):
    """One of the equations of `Keys`, and what it is asked about; expressions are told apart by their nodes."""

    equation: Equation
    about: tuple[Hashable, ...]


Asking: TypeAlias = Generator[Question, Origin, T]
"""A part of an equation."""
Asked: TypeAlias = Asking[Origin]


def mixed(parts: Iterable[Origin | Question | Asked]) -> Asked:
    """What is made of all of some parts, of which no more are asked for than can still say more."""
    found = []
    for part in parts:
        if isinstance(part, Origin):
            origin = part
        elif isinstance(part, Question):
            origin = yield part
        else:
            origin = yield from part
        found.append(origin)
        if origin.is_decided:
            break
    return made_of(found)


def settled(origin: Origin) -> Asked:
    """An origin with the domains of what callers pass in place of its parameters."""
    if not origin.parameters:
        return origin
    passed = yield Question("arguments", (origin.parameters,))
    return made_of((Origin(origin.domain), passed))


def is_closed(origin: Origin) -> bool:
    """Whether all that a settled origin is made of is closed."""
    return origin.domain is not None and origin.domain.kind == "closed" and not origin.parameters


def declared_as(annotated: Domain | None, origin: Origin) -> Origin:
    """What is left of a settled origin by an annotation: one that closes the set holds, but a weak one gives way to
    what is known to be open, and not by its name alone."""
    if annotated is None or annotated.kind != "closed":
        return origin
    told = origin.domain
    is_open = told is not None and told.kind == "open" and not told.weak
    return origin if annotated.weak and is_open else Origin(annotated)


def source_of(origin: Origin) -> KeySource:
    """Where a settled origin comes from."""
    return origin.domain.source if origin.domain is not None else "unknown"
