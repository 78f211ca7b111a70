"""The catalogue in memory, and the questions that can be asked of it.

`catalog()` reads the shipped data once. A `Catalog` never changes; `extend` returns another one. Every lookup by
name takes a dotted path after import resolution and follows the known re-exports (`Catalog.canonical`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from unbounded_lint.catalog import keys, model
from unbounded_lint.catalog.build import COMPACT, CatalogError
from unbounded_lint.catalog.names import NameLists
from unbounded_lint.errors import UserError

_Api = TypeVar("_Api", bound=model.Api)
_Item = TypeVar("_Item")
_Effect = dict[str, tuple[tuple[model.ContainerKind, model.Method], ...]]
_PLAIN = frozenset({"map", "list", "set", "deque"})
DECLARED = "declared by the project"
"""The note of every entry that comes from the settings."""
_UNTOLD = keys.Annotation(domain="unknown")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")


@functools.lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The shipped catalogue. Raises CatalogError when the package's data is damaged."""
    try:
        data = msgspec.json.decode(Path(__file__).with_name(COMPACT).read_bytes(), type=model.Data)
    except (OSError, msgspec.DecodeError) as error:
        raise CatalogError(f"{COMPACT}: {error}") from error
    if data.schema != model.SCHEMA:
        raise CatalogError(f"{COMPACT} has schema {data.schema}, this program needs {model.SCHEMA}")
    return Catalog.of(data)


def name_lists() -> NameLists:
    """The names that the analysis knows by heart, as shipped. Raises CatalogError as `catalog` does."""
    return catalog().data.names


def receiver_word(expression: str) -> str:
    """The word that stands for a receiver: "self._event_loop" -> "event_loop", "get_scheduler()" -> "get_scheduler"."""
    return expression.rpartition(".")[2].partition("(")[0].strip("_").lower()


class WordHint(NamedTuple):
    """What a word in a name hints at."""

    domain: keys.Domain
    source: keys.Source


@dataclass(frozen=True)
class Apis(Generic[_Api]):
    """One section of the catalogue that knows callees: by their dotted names, and by those of methods. All lookups give
    entries in source order."""

    entries: tuple[_Api, ...]
    aliases: Mapping[str, str]
    _by_name: Mapping[str, tuple[int, ...]]
    _by_method: Mapping[str, tuple[int, ...]]
    _last_names: frozenset[str]

    @classmethod
    def of(cls, entries: tuple[_Api, ...], aliases: Mapping[str, str]) -> Apis[_Api]:
        """Index entries by their position."""
        by_name = _numbered(entry.names for entry in entries)
        by_method = _numbered(entry.methods for entry in entries)
        last = {name.rpartition(".")[2] for name in (*by_name, *aliases)}
        return cls(entries, aliases, by_name, by_method, frozenset(last) | by_method.keys())

    def may_know(self, attribute: str) -> bool:
        """Whether any entry goes by this last name: a quick look."""
        return attribute in self._last_names

    def named(self, dotted: str) -> tuple[_Api, ...]:
        """The entries whose function, class, method ("sched.scheduler.enter") or decorator has this dotted name."""
        numbers = self._by_name.get(model.canonical(self.aliases, dotted), ())
        return tuple(self.entries[number] for number in numbers)

    def method(self, method: str, receiver: str | None) -> tuple[_Api, ...]:
        """The entries with this method, for a receiver of unknown type that has this word (None: no word at all). Those
        that name the word come first, then those that take any receiver."""
        candidates = [self.entries[number] for number in self._by_method.get(method, ())]
        word = receiver_word(receiver).rstrip("0123456789") if receiver else ""
        named = [entry for entry in candidates if word and _accepts(entry.receivers, word)]
        return (*named, *(entry for entry in candidates if "*" in entry.receivers and entry not in named))


@dataclass(frozen=True)
class Catalog:
    """Frozen data and its indexes. All lookups give entries in source order, an empty tuple or None for an unknown
    name."""

    data: model.Data
    timers: Apis[model.Timer]
    sleepers: Apis[model.Sleeper]
    hooks: Apis[model.Hook]
    pairs: Apis[model.Pair]
    forwarders: Apis[model.Forwarder]
    _containers: Mapping[str, tuple[int, ...]]
    _timer_bases: Mapping[str, tuple[model.Timer, ...]]
    _hook_bases: Mapping[str, tuple[model.Hook, ...]]
    _pair_bases: Mapping[str, tuple[model.Pair, ...]]
    _hook_functions: Mapping[str, tuple[model.Hook, ...]]
    _functions: Mapping[str, model.ArgumentFunction]
    _key_names: Mapping[str, tuple[keys.KeyCall, ...]]
    _key_methods: Mapping[str, tuple[keys.KeyCall, ...]]
    _attributes: Mapping[str, keys.Source]
    _finders: Mapping[str, keys.Source]
    _annotations: Mapping[str, keys.Annotation]
    _annotation_bases: Mapping[str, keys.Annotation]
    _words: Mapping[str, WordHint]
    _prefixes: Mapping[str, WordHint]

    @classmethod
    def of(cls, data: model.Data) -> Catalog:
        """Index checked data."""
        words = [(word, WordHint(group.domain, group.source)) for group in data.words for word in group.words]
        return cls(
            data=data,
            timers=Apis.of(data.timers, data.aliases),
            sleepers=Apis.of(data.sleepers, data.aliases),
            hooks=Apis.of(data.hooks, data.aliases),
            pairs=Apis.of(data.pairs, data.aliases),
            forwarders=Apis.of(data.forwarders, data.aliases),
            _containers=_numbered(entry.names for entry in data.containers),
            _timer_bases=_grouped((base, timer) for timer in data.timers for base in timer.bases),
            _hook_bases=_grouped((base, hook) for hook in data.hooks for base in hook.bases),
            _pair_bases=_grouped((base, pair) for pair in data.pairs for base in pair.bases),
            _hook_functions=_grouped(
                (name, hook) for hook in data.hooks if hook.callback.how == "function" for name in hook.callback.names
            ),
            _functions={name: function for function in data.functions for name in function.names},
            _key_names=_grouped((name, call) for call in data.key_calls for name in call.names),
            _key_methods=_grouped((name, call) for call in data.key_calls for name in call.methods),
            _attributes={name: entry.source for entry in data.attributes for name in entry.names},
            _finders={name: entry.source for entry in data.finders for name in entry.names},
            _annotations={name: entry for entry in data.annotations for name in entry.names},
            _annotation_bases={name: entry for entry in data.annotations for name in entry.bases},
            _words=_agreed(words),
            _prefixes={
                prefix: WordHint(group.domain, group.source) for group in data.words for prefix in group.prefixes
            },
        )

    def canonical(self, dotted: str) -> str:
        """The spelling the catalogue uses: "typing.Dict" -> "dict", "asyncio.tasks.sleep" -> "asyncio.sleep"."""
        return model.canonical(self.data.aliases, dotted)

    # --- timers, sleepers, framework wiring

    def timer_base(self, dotted: str) -> tuple[model.Timer, ...]:
        """Timers made by subclassing this class: an overridden method (`callback.how == "override"`), or a
        constructor like the base's."""
        return self._timer_bases.get(self.canonical(dotted), ())

    def hook_base(self, dotted: str) -> tuple[model.Hook, ...]:
        """Wiring of a subclass of this class: the framework calls the methods in `callback.names`."""
        return self._hook_bases.get(self.canonical(dotted), ())

    def pair_base(self, dotted: str) -> tuple[model.Pair, ...]:
        """Hooks of a subclass of this class that come in pairs."""
        return self._pair_bases.get(self.canonical(dotted), ())

    def hook_function(self, name: str) -> tuple[model.Hook, ...]:
        """Wiring by a conventional name of a module-level function ("main", "async_setup_entry")."""
        return self._hook_functions.get(name, ())

    # --- containers

    def container(self, dotted: str) -> model.ContainerKind | None:
        """What this constructor, function or decorator makes."""
        numbers = self._containers.get(self.canonical(dotted))
        return self.data.containers[numbers[0]] if numbers else None

    @functools.cached_property
    def _by_effect(self) -> Mapping[str, _Effect]:
        return {
            effect: _grouped(
                (method.name, (container, method))
                for container in self.data.containers
                for method in getattr(container, effect)
            )
            for effect in ("inserts", "removes")
        }

    def inserting(self, method: str, family: str | None = None) -> tuple[model.Method, ...]:
        """How a method of this name inserts into containers of this family; without one, into a map, list, set or
        deque of the standard library. Distinct ways in source order; empty: it does not insert."""
        return _effects(self._by_effect["inserts"], method, family)

    def removing(self, method: str, family: str | None = None) -> tuple[model.Method, ...]:
        """As `inserting`, for removals of single entries."""
        return _effects(self._by_effect["removes"], method, family)

    def methods_that_insert(self, family: str) -> frozenset[str]:
        """Names of methods that insert into containers of this family."""
        chosen = (entry for entry in self.data.containers if entry.family == family)
        return frozenset(method.name for entry in chosen for method in entry.inserts)

    def argument_function(self, dotted: str) -> model.ArgumentFunction | None:
        """How this function changes a container handed to it; unbound methods ("dict.update",
        "collections.deque.append") included."""
        name = self.canonical(dotted)
        known = self._functions.get(name)
        if known is not None:
            return known
        owner, _, method = name.rpartition(".")
        container = self.container(owner) if owner else None
        return _unbound(container, name, method) if container else None

    # --- keys

    def key_call(self, dotted: str) -> tuple[keys.KeyCall, ...]:
        """What the result of this call says about a key; several entries differ in their number of arguments."""
        return self._key_names.get(self.canonical(dotted), ())

    def key_method(self, method: str) -> tuple[keys.KeyCall, ...]:
        """As `key_call`, for a method of any receiver."""
        return self._key_methods.get(method, ())

    def attribute_source(self, name: str) -> keys.Source | None:
        """Where the values of an attribute of this name come from, if there are finitely many of them."""
        return self._attributes.get(name)

    def finder(self, dotted: str) -> keys.Source | None:
        """Where the only arguments come from that this callee takes, if there are finitely many of them."""
        return self._finders.get(self.canonical(dotted))

    def annotation(self, dotted: str) -> keys.Annotation:
        """What the values of this type are; an entry of unknown domain for one that says nothing."""
        return self._annotations.get(self.canonical(dotted)) or self.annotation_base(dotted)

    def annotation_base(self, dotted: str) -> keys.Annotation:
        """What the values of a project class are that derives from this one ("enum.Enum" -> closed)."""
        return self._annotation_bases.get(self.canonical(dotted), _UNTOLD)

    def word_hint(self, name: str) -> WordHint:
        """What a name hints at: weak evidence, never proof. The whole name counts, then its endings at underscores;
        a word that stands for both says "unknown"."""
        word = name.strip("_").lower()
        for prefix, hint in self._prefixes.items():
            if word.startswith(prefix):
                return hint
        return self._words[tail] if (tail := _known_tail(self._words, word)) else WordHint("unknown", "unknown")


def extend(
    base: Catalog, *, timers: Iterable[str] = (), spawners: Iterable[str] = (), bounded_types: Iterable[str] = ()
) -> Catalog:
    """A catalogue with a project's own entries in front of the shipped ones.

    timers: "pkg.sched.every:1" (dotted callable, position of the callback counted without `self`) or
    "pkg.sched.every" (a decorator); "pkg.sched:every:1" is the same. spawners: the same for what runs a function once,
    in a thread or task. bounded_types: dotted constructors, "pkg.mod:Cache" or "pkg.mod.Cache", of containers that
    cannot grow without limit. Raises UserError for text of another form.
    """
    own_timers = tuple(_own_timer(text, base, "timers") for text in timers)
    own_timers += tuple(_spawning(_own_timer(text, base, "spawners")) for text in spawners)
    own_types = tuple(_own_type(text, base) for text in bounded_types)
    if not own_timers and not own_types:
        return base
    data = base.data
    return Catalog.of(
        msgspec.structs.replace(data, timers=own_timers + data.timers, containers=own_types + data.containers)
    )


def _own_timer(text: str, base: Catalog, option: str) -> model.Timer:
    target, colon, position = text.rpartition(":")
    if not (colon and position.isdecimal()):
        target, position = text, ""
    advice = "write a dotted callable and the position of its callback, as in pkg.sched.every:1"
    name = base.canonical(_dotted(target, option, text, advice))
    if position:
        callback = model.Callback(how="argument", position=int(position), form="either")
    else:
        callback = model.Callback(how="decorated")
    return model.Timer(api=name, names=(name,), kind="recurring", callback=callback, note=DECLARED)


def _spawning(timer: model.Timer) -> model.Timer:
    """The same callable, if it runs its callback once: again only if that loops."""
    return msgspec.structs.replace(timer, kind="spawn", recurs="loops")


def _own_type(text: str, base: Catalog) -> model.ContainerKind:
    name = base.canonical(_dotted(text, "bounded-types", text, "write a dotted constructor, as in pkg.caches.Bounded"))
    known = base.container(name) or base.container("dict")
    if known is None:
        raise CatalogError("the catalogue has no dict")
    return msgspec.structs.replace(
        known, api=name, names=(name,), methods=(), bounded="always", bound=None, note=DECLARED
    )


def _dotted(target: str, option: str, text: str, advice: str) -> str:
    name = target.replace(":", ".", 1)
    if not _DOTTED.match(name):
        raise UserError(f"{option}: {text!r} is not understood; {advice}")
    return name


def _grouped(pairs: Iterable[tuple[str, _Item]]) -> dict[str, tuple[_Item, ...]]:
    groups: dict[str, list[_Item]] = {}
    for name, item in pairs:
        groups.setdefault(name, []).append(item)
    return {name: tuple(items) for name, items in groups.items()}


def _numbered(names: Iterable[Iterable[str]]) -> dict[str, tuple[int, ...]]:
    """Name -> the positions of the entries that have it."""
    return _grouped((name, number) for number, each in enumerate(names) for name in each)


def _accepts(receivers: tuple[str, ...], word: str) -> bool:
    return any(word == known or word.endswith(f"_{known}") for known in receivers)


def _known_tail(table: Mapping[str, object], name: str) -> str:
    """The longest ending of `name`, at an underscore, that the table has; "" for none."""
    tail = name
    while tail and tail not in table:
        tail = tail.partition("_")[2]
    return tail


def _in_family(container: model.ContainerKind, family: str | None) -> bool:
    if family is None:
        return container.family in _PLAIN and container.evidence == "stdlib"
    return container.family == family


def _effects(table: _Effect, method: str, family: str | None) -> tuple[model.Method, ...]:
    found = (how for container, how in table.get(method, ()) if _in_family(container, family))
    return tuple(dict.fromkeys(found))


def _unbound(container: model.ContainerKind, name: str, method: str) -> model.ArgumentFunction | None:
    for effect, methods in (("insert", container.inserts), ("remove", container.removes)):
        for how in methods:
            if how.name == method:
                key = how.key + 1 if how.key >= 0 else -1
                return model.ArgumentFunction(
                    names=(name,), effect="insert" if effect == "insert" else "remove", key=key, bulk=how.bulk
                )
    return model.ArgumentFunction(names=(name,), effect="clear") if method in container.clears else None


def _agreed(pairs: Iterable[tuple[str, WordHint]]) -> dict[str, WordHint]:
    """Words with the one domain and source that all their groups give, "unknown" where they differ."""
    groups = _grouped(pairs)
    return {word: _common(hints) for word, hints in groups.items()}


def _common(hints: tuple[WordHint, ...]) -> WordHint:
    first = hints[0]
    domain = first.domain if all(hint.domain == first.domain for hint in hints) else "unknown"
    return WordHint(domain, first.source if all(hint.source == first.source for hint in hints) else "unknown")
