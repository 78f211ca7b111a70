"""What is looked at in the running program: the containers, each as the analysis found it in the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from unbounded_lint.explain.symbols import Unknown
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.link.containers.accesses import REMOVING, Access
from unbounded_lint.link.dataflow.handles import Attribute, Foreign, Variable
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container

Kind: TypeAlias = Literal["variable", "attribute", "local", "memo", "hung"]


class Site(msgspec.Struct, frozen=True):
    """A line that inserts into a container or removes from it, with the function that it stands in: as a message names
    it, and by its module and the parts of its qualified name."""

    place: Place
    function: str
    module: str
    owner: tuple[str, ...]


class Target(msgspec.Struct, frozen=True):
    """A container that is to be found in a process.

    variable   `name` of the module
    attribute  `name` of the class `owner`, or of its objects
    local      `name` of the function `owner`: a variable, a default, or what functions inside capture
    memo       what the memo of the function `name` (in the class `owner`) remembers
    hung       `name` of an object of another package that is called `below`, or the entry of that name

    module and path are those that `owner` is written in; place is where the container is defined.
    """

    symbol: str
    kind: Kind
    module: str
    path: str
    owner: tuple[str, ...]
    name: str
    place: Place
    below: str = ""
    is_key: bool = False


class Found(msgspec.Struct, frozen=True):
    """What a symbol comes to: a target with the sites of its container, or a sentence that says why there is none."""

    symbol: str
    target: Target | None
    sites: tuple[Site, ...] = ()
    why: str = ""
    place: Place | None = None


def found(project: Project, symbol: str, answer: Container | Unknown) -> Found:
    """What a symbol comes to, by what the analysis answers for it."""
    if isinstance(answer, Container):
        return _of_container(project, answer)
    for memo, scope in project.defects.unbounded_function_caches.memos.items():
        if plain_symbol(symbol) == memo or memo.endswith(f":{plain_symbol(symbol)}"):
            place = project.place(scope, -1, "definition", "")
            *owner, name = _parts(project, scope)
            return Found(memo, _target(project, memo, "memo", scope, tuple(owner), name, place))
    return Found(symbol, None, (), answer.sentence(lambda path: path))


def _of_container(project: Project, container: Container) -> Found:
    holder, symbol, place = container.holder, container.symbol, container.place
    of = holder.handle
    kind: Kind
    match of:
        case Variable(scope=scope):
            kind = "local" if scope.index else "variable"
        case Attribute(cls=scope):
            kind = "attribute"
        case Foreign():
            scope, kind = holder.scope, "hung"
        case _:
            why = f"`{container.name}` is a registry of the standard library, which cannot be watched"
            return Found(symbol, None, (), why, place)
    owner = () if kind == "hung" else _parts(project, scope)
    target = _target(project, symbol, kind, scope, owner, holder.name, place)
    if isinstance(of, Foreign):
        target = msgspec.structs.replace(target, below=of.below, is_key=of.is_key)
    return Found(symbol, target, tuple(_sites(project, container)))


def _target(
    project: Project, symbol: str, kind: Kind, scope: ScopeId, owner: tuple[str, ...], name: str, place: Place
) -> Target:
    module = project.program.of(scope).name
    return Target(symbol, kind, module, scope.path, owner, name, place)


def _parts(project: Project, scope: ScopeId) -> tuple[str, ...]:
    qualname = project.program.facts(scope).qualname
    return tuple(qualname.split(".")) if qualname else ()


def _sites(project: Project, container: Container) -> Iterator[Site]:
    """Where entries come and go, in the order of the source, each line once."""
    seen: set[tuple[str, int, str]] = set()
    for access in sorted(container.accesses, key=lambda a: (a.scope.path, a.op)):
        role = "insert" if access.kind == "insert" else "removal" if access.kind in REMOVING else ""
        if role and (site := _site(project, access, role)) is not None:
            identity = (site.place.path, site.place.line, role)
            if identity not in seen:
                seen.add(identity)
                yield site


def _site(project: Project, access: Access, role: str) -> Site | None:
    scope = access.scope
    if not scope.index or project.program.facts(scope).kind == "class":
        return None  # it runs at import alone
    place = project.place(scope, access.op, role, "")
    module = project.program.of(scope).name
    return Site(place, project.function(scope), module, _parts(project, scope))
