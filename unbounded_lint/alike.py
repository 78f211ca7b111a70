"""Words that are alike: what somebody meant who mistyped one of those that are known."""

from __future__ import annotations

from collections.abc import Iterable

ALIKE = 0.6
"""How much of a word has to be as it is written, from 0 to 1."""

SLIPS = 3
"""Of so many characters one may be wrong, missing or too much: letters in common alone are no slip."""

_LOOKED_AT = 20
"""How many words are looked at that have most letters in common."""

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
    folded = _folded(word)
    found = difflib.get_close_matches(folded, spellings, n=_LOOKED_AT, cutoff=alike)
    slips = sorted((edits, at) for at, name in enumerate(found) if (edits := _slips(folded, name)) is not None)
    return [one for _, at in slips for one in spellings[found[at]]][:most]


def nearest(word: str, known: Iterable[str], *, alike: float = ALIKE) -> str:
    """The one that is most like it, "" where none is."""
    return next(iter(closest(word, known, 1, alike=alike)), "")


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")


def _slips(word: str, other: str) -> int | None:
    """How many characters differ, None where those are too many for a slip and the word is no shortened one."""
    edits = _edits(word, other)
    is_part = bool(word) and (other.startswith(word) or other.endswith(word))
    return edits if is_part or edits * SLIPS <= max(len(word), len(other)) else None


def _edits(word: str, other: str) -> int:
    """How many characters have to be written, taken away, changed or swapped with the next to make one word of
    another."""
    earlier: list[int] = []
    before = list(range(len(other) + 1))
    for row, char in enumerate(word, 1):
        here = [row]
        for column, wanted in enumerate(other, 1):
            least = min(before[column] + 1, here[-1] + 1, before[column - 1] + (char != wanted))
            if row > 1 < column and char == other[column - 2] and wanted == word[row - 2]:
                least = min(least, earlier[column - 2] + 1)
            here.append(least)
        earlier, before = before, here
    return before[-1]
