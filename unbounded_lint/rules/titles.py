"""What the first lines of the pages say of the rules: enough to list them and to choose among them.

Nothing is imported that takes time, since each run chooses rules, and `unbounded-lint rule` must answer at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.rules.pages import Example

_HEAD = re.compile(r"# (?P<name>[a-z-]+) \((?P<code>[A-Z]+\d+)\)(?P<opt_in>, opt-in)?\n\n(?P<summary>(?:.+\n)+)")

_CODE = re.compile(r"UBM\d{3}")


class Title(NamedTuple):
    """A rule without what it does; `default` is False where it is opt-in."""

    code: str
    name: str
    default: bool
    summary: str

    @property
    def doc(self) -> str:
        """The page below its title, as Markdown; raises OSError if it is not there."""
        return text_of(self.name)

    @property
    def examples(self) -> tuple[Example, ...]:
        """The programs of the page; raises OSError if it is not there, `pages.PageError` if it is malformed."""
        from unbounded_lint.rules.pages import page_of

        return page_of(self.name).examples


@cache
def titles() -> tuple[Title, ...]:
    """Every rule, by code; raises OSError for a page that cannot be read."""
    names = [name.removesuffix(".md") for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".md")]
    heads = (_HEAD.match(_page(name)) for name in names)
    found = (
        Title(head["code"], head["name"], not head["opt_in"], _as_clause(" ".join(head["summary"].split())))
        for head in heads
        if head is not None
    )
    return tuple(sorted(found))


def code_of(word: str) -> str:
    """The code of the rule with a name; any other word as it is."""
    return next((title.code for title in titles() if title.name == word.lower()), word)


def is_known(word: str) -> bool:
    """Whether a word is a rule's code, a prefix of one, or a rule's name."""
    code = code_of(word)
    return bool(code) and any(title.code.startswith(code) for title in titles())


def nearest(word: str) -> str:
    """The code, prefix or name that is most like a word, "" where none is."""
    from unbounded_lint import alike  # only what is mistyped pays for it

    if is_known(word.upper()):
        return word.upper()
    # Of a code as there might be one, every digit may be meant: any other code would be a guess.
    codes = [] if _CODE.fullmatch(word.upper()) else [title.code for title in titles()]
    return alike.nearest(word, codes) or alike.nearest(word, [title.name for title in titles()])


def codes_for(key: str, words: Iterable[str]) -> tuple[str, ...]:
    """The codes, or prefixes of codes, that words stand for. Raises `UserError` that names the key, and the word that
    stands for none with the nearest one."""
    words = tuple(words)
    for word in words:
        if not is_known(word):
            near = nearest(word)
            hint = f"did you mean `{near}`?" if near else "`unbounded-lint rule` lists the rules."
            raise UserError(f"`{key}` names the unknown rule `{word}`; {hint}")
    return tuple(code_of(word) for word in words)


def file_of(name: str) -> str:
    """Where the page of the rule with this name lies."""
    return os.path.join(os.path.dirname(__file__), f"{name.replace('-', '_')}.md")


def text_of(name: str) -> str:
    """The page of a rule below its title, as Markdown; raises OSError if there is none."""
    return _page(name).partition("\n")[2].strip()


def _page(name: str) -> str:
    with open(file_of(name), encoding="utf-8") as page:
        return page.read()


def _as_clause(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:].removesuffix('.')}"
