"""Rules are chosen by codes, prefixes and names, in settings, options and comments alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for
from unbounded_lint import cli
from unbounded_lint.errors import UserError
from unbounded_lint.rules.titles import code_of, is_known, nearest
from unbounded_lint.run import runner
from unbounded_lint.run.choosing import Choice, with_choice
from unbounded_lint.settings.config import Settings

NEVER, CACHE = "never-removed-entries", "unbounded-function-cache"
STORE = "_runs = {}\n\n\ndef register(request):\n    _runs[request.id] = request\n"


def test_codes_and_prefixes_stay_as_they_are() -> None:
    settings = Settings(
        select=("UBM1", "UBM201"), extend_select=("UBM",), ignore=("U",), per_file_ignores={"x": ("UBM9",)}
    )
    assert with_choice(settings, Choice()) == settings


def test_names_become_codes_in_every_key() -> None:
    named = Settings(select=(NEVER,), extend_select=(CACHE,), ignore=(NEVER,), per_file_ignores={"x": (CACHE, "UBM1")})
    coded = Settings(
        select=("UBM101",), extend_select=("UBM301",), ignore=("UBM101",), per_file_ignores={"x": ("UBM301", "UBM1")}
    )
    assert with_choice(named, Choice()) == coded


def test_select_starts_afresh_and_the_others_add() -> None:
    of_file = Settings(select=("UBM1",), extend_select=("UBM301",), ignore=("UBM102",))
    assert with_choice(of_file, Choice(select=[NEVER])) == Settings(select=("UBM101",))
    added = with_choice(of_file, Choice(extend_select=["UBM209"], ignore=["UBM103"]))
    assert added == Settings(select=("UBM1",), extend_select=("UBM301", "UBM209"), ignore=("UBM102", "UBM103"))


def test_without_any_choice_the_default_rules_stay() -> None:
    assert with_choice(Settings(), Choice(ignore=["UBM101"])).select is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(select=("UBM1011",)), "`select` names the unknown rule `UBM1011`; did you mean `UBM101`?"),
        (Settings(extend_select=("ubm2",)), "`extend-select` names the unknown rule `ubm2`; did you mean `UBM2`?"),
        (
            Settings(ignore=("never_removed_entry",)),
            "`ignore` names the unknown rule `never_removed_entry`; did you mean `never-removed-entries`?",
        ),
        (Settings(ignore=("E501",)), "`ignore` names the unknown rule `E501`; `unbounded-lint rule` lists the rules."),
        (Settings(ignore=("",)), "`ignore` names the unknown rule ``"),
        (Settings(per_file_ignores={"a/*": ("UBM7",)}), '`per-file-ignores."a/*"` names the unknown rule `UBM7`'),
    ],
)
def test_what_names_no_rule_is_refused(settings: Settings, message: str) -> None:
    with pytest.raises(UserError) as caught:
        with_choice(settings, Choice())
    assert message in str(caught.value)


def test_words_are_known_by_code_prefix_and_name() -> None:
    assert [is_known(word) for word in ("UBM101", "UBM", NEVER, NEVER.upper(), "never", "", "X")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip
    assert (code_of(NEVER), code_of("UBM1"), code_of("what")) == ("UBM101", "UBM1", "what")
    assert (nearest("UBM1O1"), nearest("event_only_removals"), nearest("zzz")) == ("UBM101", "event-only-removal", "")


@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore"])
def test_an_option_with_a_wrong_name_is_one_sentence(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.py").write_text(STORE)
    assert cli.main(["check", str(tmp_path), option, "never-removed-entry"]) == 2
    said = capsys.readouterr().err
    assert "unknown rule `never-removed-entry`; did you mean `never-removed-entries`?" in said and said.count("\n") == 1


def codes(root: Path) -> list[str]:
    return [finding.code for finding in runner.check(request_for(root)).findings]


def test_a_comment_takes_names_too(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(STORE)
    assert codes(tmp_path) == ["UBM101"]
    (tmp_path / "m.py").write_text(STORE.replace("{}\n", "{}  # ubm: ignore[Never-Removed-Entries] few\n", 1))
    assert codes(tmp_path) == []
    (tmp_path / "m.py").write_text(STORE.replace("{}\n", "{}  # ubm: ignore[event-only-removal]\n", 1))
    assert codes(tmp_path) == ["UBM101", "UBM902"]


def test_a_comment_with_a_wrong_name_says_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(STORE.replace("{}\n", "{}  # ubm: ignore[never-removed]\n", 1))
    found = {one.code: one.message for one in runner.check(request_for(tmp_path)).findings}
    assert "did you mean `never-removed-entries`?" in found["UBM903"]
    assert "UBM101" in found


def test_what_flake8_reads_takes_no_names(tmp_path: Path) -> None:
    """flake8 takes a name after `noqa:` for no code at all, so the comment is a blanket one there as here."""
    (tmp_path / "m.py").write_text(STORE.replace("{}\n", f"{{}}  # noqa: UBM102, {NEVER}\n", 1))
    assert "UBM101" in codes(tmp_path)
