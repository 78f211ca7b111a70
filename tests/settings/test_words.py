"""Settings in words: every key has some, and the reference says what `Settings` says."""

from __future__ import annotations

import re

import msgspec
import pytest

from unbounded_lint import cli
from unbounded_lint.settings.config import Settings
from unbounded_lint.settings.words import settings_table, wrong


def rows() -> dict[str, list[str]]:
    """The cells of the table by key."""
    _, _, *lines = settings_table()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {key.strip("`"): rest for key, *rest in cells}


def test_the_table_has_every_key_in_the_order_of_the_settings() -> None:
    assert list(rows()) == [field.encode_name for field in msgspec.structs.fields(Settings)]
    assert all(len(rest) == 3 and all(rest) for rest in rows().values())


def test_the_defaults_are_those_of_the_settings() -> None:
    defaults = msgspec.to_builtins(Settings())
    for key, (_, default, _) in rows().items():
        if default.startswith("`"):
            assert msgspec.json.decode(default.strip("`")) == msgspec.json.decode(msgspec.json.encode(defaults[key])), (
                key
            )
        elif key == "exclude":
            assert default.startswith(f"{len(defaults[key])} patterns")
        else:
            assert (default, defaults[key]) == ("not set", None), key


def test_the_reference_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "--docs"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# Settings\n") and "\n".join(settings_table()) in shown


def test_only_one_form_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "--docs", "--schema"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize("key", [field.encode_name for field in msgspec.structs.fields(Settings)])
def test_whatever_is_wrong_has_words_without_jargon(key: str) -> None:
    for value in (3.5, True, "?", ["?", 1], [[]], {"a": 1}, {"a": [{}]}, "x" * 1000):
        said = wrong(key, value)
        assert said.startswith("it must be ") and len(said) < 400
        assert not re.search(r"null|regex|enum|array|object|\^|\$", said), said
