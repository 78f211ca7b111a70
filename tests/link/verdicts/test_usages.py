"""How tests, examples and documentation are seen to call what only users call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

FUNCTION = {"pkg/__init__.py": "", "pkg/store.py": "X = {}\n\n\ndef enrol(name, kind=None):\n    X[name] = kind\n"}
METHOD = {
    "pkg/__init__.py": "",
    "pkg/store.py": (
        "class Store:\n    X = {}\n\n    def enrol(self, key):\n        self._put(key)\n\n"
        "    def _put(self, item):\n        Store.X[item] = 1\n"
    ),
}
IMPORT = "from pkg.store import enrol\n"


def usage(tmp_path: Path, files: dict[str, str], name: str = "X") -> tuple[str, ...]:
    evidence = named(linked(tmp_path, files), name).evidence
    assert evidence is not None
    return evidence.usage


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("enrol('a')\n", ("at module level", "with a literal")),
        ("def test():\n    enrol('a')\n", ("in a function", "with a literal")),
        ("def test():\n    for n in range(9):\n        enrol(n)\n", ("in a loop", "with an ever new key")),
        ("def test():\n    [enrol(f'a{n}') for n in range(9)]\n", ("in a loop", "with an ever new key")),
        ("import uuid\n\n\ndef test():\n    enrol(str(uuid.uuid4()))\n", ("in a function", "with an ever new key")),
        ("class A: ...\n\n\ndef setUp():\n    enrol(A)\n", ("in a set-up", "with a definition")),
        (
            "import pytest\n\n\n@pytest.fixture\ndef made():\n    enrol('a')\n    enrol('b')\n",
            ("in a set-up", "with a literal", "several times"),
        ),
        (
            "from web import app\n\n\n@app.get('/')\ndef view(request):\n    enrol(request.id)\n",
            ("in a handler", "with an ever new key"),
        ),
        ("@enrol('a')\ndef job(): ...\n", ("decorator", "with a literal")),
        ("@enrol\ndef job(): ...\n", ("decorator", "with a definition")),
        ("def test(name):\n    enrol(kind=1, name=name)\n", ("in a function", "with a variable")),
        ("def test():\n    key = 'a'\n    enrol(key)\n", ("in a function", "with a literal")),
        ("def test():\n    enrol(Path('a'))\n", ("in a function", "with a variable")),
        ("def test():\n    enrol(SOME)\n", ("in a function", "with a variable")),
        ("def test():\n    print(enrol)\n", ("never shown",)),
        ("", ("never shown",)),
    ],
)
def test_where_a_call_stands_and_what_it_gives_for_the_key_is_told(
    test: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    assert usage(tmp_path, {**FUNCTION, "tests/test_store.py": IMPORT + test}) == expected


def test_what_is_called_alike_and_not_imported_is_another(tmp_path: Path) -> None:
    test = "def enrol(name): ...\n\n\ndef test():\n    enrol('a')\n"
    assert usage(tmp_path, {**FUNCTION, "tests/test_store.py": test}) == ("never shown",)


@pytest.mark.parametrize(
    "page",
    [
        {"README.md": "Enrol:\n\n```python\nfrom pkg import store\nstore.enrol('a')\n```\n"},
        {"docs/use.rst": "Enrol::\n\n    enrol('a')\n"},
        {"docs/use.rst": ">>> enrol('a')\n"},
        {"docs/bad.md": "```\nenrol('a'\n```\n", "docs/good.md": "```\nenrol('a')\n```\n"},
    ],
)
def test_pages_show_calls_too(page: dict[str, str], tmp_path: Path) -> None:
    assert usage(tmp_path, {**FUNCTION, **page}) == ("on a page", "with a literal")


def test_an_example_that_is_a_program_shows_calls_too(tmp_path: Path) -> None:
    example = f"{IMPORT}\nif __name__ == '__main__':\n    while True:\n        enrol(input())\n"
    assert usage(tmp_path, {**FUNCTION, "examples/run.py": example}) == ("in a loop", "with a variable")


def test_a_docstring_shows_calls_too(tmp_path: Path) -> None:
    text = 'X = {}\n\n\ndef enrol(name):\n    """Enrol.\n\n    >>> enrol("a")\n    """\n    X[name] = 1\n'
    assert usage(tmp_path, {"store.py": text}) == ("on a page", "with a literal")


def test_the_key_is_followed_to_the_parameter_of_what_users_call(tmp_path: Path) -> None:
    test = "def test(store):\n    for n in range(9):\n        store.enrol(key=n)\n"
    found = usage(tmp_path, {**METHOD, "tests/test_store.py": test}, "Store.X")
    assert found == ("in a loop", "with an ever new key")


def test_a_common_name_needs_a_receiver_that_is_made_there(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/store.py": METHOD["pkg/store.py"].replace("enrol", "subscribe")}
    test = "from pkg.store import Store\n\n\ndef test(other):\n    {}\n    store.subscribe('a')\n"
    made = {**files, "tests/test_store.py": test.format("store = Store()")}
    assert usage(tmp_path / "made", made, "Store.X") == ("in a function", "with a literal")
    given = {**files, "tests/test_store.py": test.format("store = other")}
    assert usage(tmp_path / "given", given, "Store.X") == ("too common a name",)


def test_what_the_project_calls_needs_no_such_evidence(tmp_path: Path) -> None:
    files = {**FUNCTION, "pkg/app.py": f"from web import app\n{IMPORT}\n\n@app.get('/')\ndef v(r):\n    enrol(r.id)\n"}
    assert usage(tmp_path, {**files, "tests/test_store.py": f"{IMPORT}enrol('a')\n"}) == ()
