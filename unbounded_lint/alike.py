"""Words that are alike: what somebody meant who mistyped one of those that are known."""

from __future__ import annotations

from collections.abc import Iterable

ALIKE = 0.6
"""How much of a word has to be as it is written, from 0 to 1."""

_LONGEST = 500
"""Characters of a word that somebody meant as a name."""


def closest(word: str, known: Iterable[str], most: int, *, alike: float = ALIKE) -> list[str]:
    """The known words that are most like another one, the likest first; case, and `_` for `-`, make no difference."""
    if len(word) > _LONGEST:
        return []
    import difflib  # a slip is rare, and whoever makes none shall not wait for this

    spellings: dict[str, list[str]] = {}
    for one in dict.fromkeys(known):
        spellings.setdefault(_folded(one), []).append(one)
    found = difflib.get_close_matches(_folded(word), spellings, n=most, cutoff=alike)
    return [one for name in found for one in spellings[name]][:most]


def nearest(word: str, known: Iterable[str], *, alike: float = ALIKE) -> str:
    """The one that is most like it, "" where none is."""
    return next(iter(closest(word, known, 1, alike=alike)), "")


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")
