"""The grammar of a rule's page: what is read from one, and that each way to break it is told in one sentence."""

from __future__ import annotations

import pytest

from unbounded_lint.errors import UserError
from unbounded_lint.rules import pages, titles

PAGE = """\
# never-removed-entries (UBM101)

A map only
grows.

## What it does

Reports it.

## Why is this bad?

- Memory.
- And more.

## Example

Said beforehand.

Nothing removes
an entry:

`store.py`

```python
M = {}  # expect: UBM101

def put(key):
    M[key] = 1
```

`web/app.py`

```python
from store import put
```

## Use instead

One thing:

`a.py`

```python
A = {}
```

Another thing:

`a.py`

```python
B = {}
```

Said afterwards.

## When it stays quiet

Now and then.

## Options

None.
"""


def test_programs_are_read_from_top_to_bottom_with_their_sentences() -> None:
    page = pages.parse(PAGE, "x.md")
    assert (page.title, page.summary) == ("never-removed-entries (UBM101)", "A map only grows.")
    store = "M = {}  # expect: UBM101\n\ndef put(key):\n    M[key] = 1\n"
    assert page.examples == (
        pages.Example(
            "bad",
            "Nothing removes an entry:",
            {"store.py": store, "web/app.py": "from store import put\n"},
        ),
        pages.Example("good", "One thing:", {"a.py": "A = {}\n"}),
        pages.Example("good", "Another thing:", {"a.py": "B = {}\n"}),
    )


PROGRAM = (
    "a program is a sentence that ends in a colon and then, for each file, its name in backticks and its text in a "
    "block fenced as `python`"
)
BLOCK = "`o.py`\n\n```python\nX = 1\n```\n"

BROKEN = {
    "no title": ("# never-removed-entries (UBM101)\n\n", "", "1: a page begins with `# NAME (CODE)`, one paragraph"),
    "no summary": ("A map only\ngrows.\n\n", "", "1: a page begins with `# NAME (CODE)`, one paragraph"),
    "two summaries": ("grows.\n", "grows.\n\nFor ever.\n", "1: a page begins with `# NAME (CODE)`, one paragraph"),
    "a heading that is not there": (
        "## What it does\n\nReports it.\n\n",
        "",
        "6: `## What it does` is missing above this heading",
    ),
    "a heading that is not one of ours": (
        "## Use instead",
        "## Better",
        "37: `## Use instead` is missing above this heading",
    ),
    "a second title": ("## Use instead", "# Use instead", "37: `## Use instead` is missing above this heading"),
    "a smaller heading": ("Said afterwards.", "### Note", "55: a page has no place for this heading"),
    "no last heading": ("\n## Options\n\nNone.\n", "", " `## Options` is missing at the end"),
    "a heading too many": ("None.\n", "None.\n\n## More\n\nText.\n", "65: `## Options` is the last one"),
    "a heading without text": ("Now and then.\n\n", "", "57: nothing stands under `When it stays quiet`"),
    "a last heading without text": ("\nNone.\n", "", "61: nothing stands under `Options`"),
    "a block without a name": ("`web/app.py`\n\n", "", f"31: {PROGRAM}"),
    "a name without a block": ("```python\nfrom store import put\n```\n\n", "", f"31: {PROGRAM}"),
    "a name in a sentence": ("`web/app.py`\n", "And `web/app.py`\n", f"33: {PROGRAM}"),
    "a name that is no Python file": ("`web/app.py`\n", "`web/app.txt`\n", f"33: {PROGRAM}"),
    "a name that leads out": ("`web/app.py`\n", "`../app.py`\n", f"33: {PROGRAM}"),
    "a sentence without a colon": ("One thing:", "One thing.", f"41: {PROGRAM}"),
    "a colon without a program": ("Said afterwards.", "Said afterwards:", f"55: {PROGRAM}"),
    "prose between name and block": ("`store.py`\n", "`store.py`\n\nHere:\n", f"19: {PROGRAM}"),
    "two files of one name": ("`web/app.py`", "`store.py`", "19: two files of a program have one name"),
    "a program where none belongs": (
        "Reports it.\n",
        f"Reports this:\n\n{BLOCK}",
        "8: no program belongs under `What it does`",
    ),
    "another language": ("```python\nfrom", "```toml\nfrom", "33: a page has no place for this fence"),
    "an indented block": ("Said afterwards.", "    x = 1", "55: a page has no place for this code block"),
    "a quotation": ("Said afterwards.", "> x", "55: a page has no place for this blockquote"),
    "HTML": ("Said afterwards.", "<div>", "55: a page has no place for this html block"),
    "an open fence": ("import put\n```", "import put", "56: `## Use instead` is missing above this heading"),
    "nothing at all": (PAGE, "", "1: a page begins with `# NAME (CODE)`, one paragraph and a heading"),
}


@pytest.mark.parametrize(("old", "new", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_page_is_told_in_one_sentence(old: str, new: str, message: str) -> None:
    assert PAGE.count(old) == 1
    with pytest.raises(pages.PageError) as caught:
        pages.parse(PAGE.replace(old, new), "x.md")
    assert isinstance(caught.value, UserError)
    assert str(caught.value).startswith(f"x.md:{message}")


def test_the_text_of_a_page_is_all_below_its_title() -> None:
    whole = pages.path_of("never-removed-entries").read_text(encoding="utf-8")
    assert whole == f"# never-removed-entries (UBM101)\n\n{titles.text_of('never-removed-entries')}\n"


def test_a_rule_without_a_page_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        titles.text_of("no-such-rule")
    with pytest.raises(FileNotFoundError):
        pages.page_of("no-such-rule")
