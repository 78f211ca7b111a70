"""The cache keeps what it is given, believes only what it sealed, and whatever is wrong with it makes it empty."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import stat
import time
from pathlib import Path

import pytest

from unbounded_lint.disk.cache import DIRECTORY_VARIABLE, LIMIT, SEAL_BYTES, SECRET_VARIABLE, Cache, clean, open_cache
from unbounded_lint.errors import UserError

VALUES = {bytes([number]) * 16: bytes([number]) * 1000 for number in range(50)}
WEEK = 7 * 24 * 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project."""
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the platform is said to keep caches; no variable is set."""
    monkeypatch.delenv(DIRECTORY_VARIABLE, raising=False)
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "platform" / "unbounded-lint")
    return tmp_path / "platform" / "unbounded-lint"


def opened(root: Path, setting: str | None = None, limit: int = LIMIT) -> Cache:
    cache, note = open_cache(root, setting, limit)
    assert cache is not None and note == ""
    return cache


def refusal(root: Path, setting: str | None = None) -> str:
    """Why the cache of a project is not used."""
    cache, note = open_cache(root, setting)
    assert cache is None
    return note


def fill(root: Path, values: dict[bytes, bytes] = VALUES, setting: str | None = None) -> None:
    opened(root, setting).put_many(values)


def stored(root: Path, setting: str | None = None) -> dict[bytes, bytes]:
    return opened(root, setting).get_many(VALUES)


def folder(base: Path) -> Path:
    """The folder of the only project."""
    (found,) = (path for path in base.iterdir() if path.is_dir())
    return found


def entries(where: Path) -> list[Path]:
    return sorted(path for path in where.iterdir() if len(path.name) == 32)


# --- it keeps what it is given ---------------------------------------------------------------------------------------


def test_what_is_put_is_got(root: Path) -> None:
    cache = opened(root)
    assert cache.get_many(VALUES) == {}
    cache.put_many(VALUES)
    assert cache.get_many(VALUES) == VALUES
    assert stored(root) == VALUES


def test_only_what_is_asked_for(root: Path) -> None:
    fill(root)
    assert opened(root).get_many([b"\x01" * 16, b"unknown"]) == {b"\x01" * 16: b"\x01" * 1000}
    assert opened(root).get_many([]) == {}


def test_newer_values_replace_older_ones(root: Path) -> None:
    fill(root, {b"k": b"old", b"other": b"x"})
    fill(root, {b"k": b"new"})
    assert opened(root).get_many([b"k", b"other"]) == {b"k": b"new", b"other": b"x"}


def test_empty_keys_and_values(root: Path) -> None:
    cache = opened(root)
    cache.put_many({b"": b"", b"k": b""})
    assert cache.get_many([b"", b"k"]) == {b"": b"", b"k": b""}


# --- where it lies ---------------------------------------------------------------------------------------------------


def test_it_lies_outside_the_project_in_a_folder_for_this_user_alone(root: Path, base: Path) -> None:
    fill(root)
    assert list(root.iterdir()) == []
    for made in (base, folder(base)):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for entry in (*entries(folder(base)), base / "secret"):
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert (folder(base) / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder(base) / ".gitignore").read_text() == "*\n"


def test_each_project_has_a_folder_by_its_real_path(tmp_path: Path, root: Path, base: Path) -> None:
    other = tmp_path / "elsewhere" / "project"
    other.mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    fill(root)
    fill(other, {b"k": b"v"})
    assert stored(other) == {}
    assert stored(tmp_path / "link") == VALUES
    assert len([path for path in base.iterdir() if path.is_dir()]) == 2


def test_the_environment_says_where(tmp_path: Path, root: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "mine"))
    fill(root, setting="inside")
    assert len(entries(folder(tmp_path / "mine"))) == len(VALUES)
    assert list(root.iterdir()) == [] and not base.exists()


def test_a_folder_inside_the_project_has_its_secret_elsewhere(root: Path, base: Path) -> None:
    fill(root, setting="deep/cache")
    assert stored(root, "deep/cache") == VALUES
    assert sorted(path.name for path in base.iterdir()) == ["secret"]
    assert "secret" not in {path.name for path in root.rglob("*")}


def test_a_folder_that_the_environment_puts_inside_the_project_has_its_secret_elsewhere(
    root: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(root / ".cache"))
    fill(root)
    assert stored(root) == VALUES
    assert sorted(path.name for path in base.iterdir()) == ["secret"]
    assert "secret" not in {path.name for path in root.rglob("*")}


@pytest.mark.parametrize("setting", ["/tmp/x", "..", "../x", "a/../../x", ".", "", "~/x", "a\0b"])
def test_the_setting_leads_nowhere_else(root: Path, setting: str) -> None:
    with pytest.raises(UserError, match=r"`cache-dir` is .* no directory below the project"):
        open_cache(root, setting)


def test_a_project_whose_name_is_no_text(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \n$"))
    odd.mkdir()
    fill(odd)
    assert stored(odd) == VALUES


# --- what is not used ------------------------------------------------------------------------------------------------


def test_a_link_is_no_cache(tmp_path: Path, root: Path, base: Path) -> None:
    fill(root)
    real = folder(base)
    real.rename(tmp_path / "moved")
    real.symlink_to(tmp_path / "moved")
    assert "is a symbolic link" in refusal(root)
    assert clean(root, None) == 0 and len(entries(tmp_path / "moved")) == len(VALUES)


def test_a_link_on_the_way_to_a_cache_in_the_tree(tmp_path: Path, root: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "way").symlink_to(tmp_path / "outside")
    assert "behind a symbolic link" in refusal(root, "way/cache")
    assert "behind a symbolic link" in refusal(root, "way")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_for_the_folder_of_all_projects(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside").mkdir()
    (root / "caches").symlink_to(tmp_path / "outside")
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(root / "caches"))
    assert "is a symbolic link" in refusal(root)
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to(root: Path, base: Path, mode: int) -> None:
    fill(root)
    folder(base).chmod(mode)
    assert "other users may write to it" in refusal(root)
    folder(base).chmod(0o755)
    assert stored(root) == VALUES
    base.chmod(mode)
    assert "other users may write to it" in refusal(root)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_folder_of_another_user(root: Path, base: Path) -> None:
    fill(root)
    os.chown(folder(base), 12345, 12345)
    assert "belongs to another user" in refusal(root)


def test_a_folder_with_other_things_is_left_alone(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src" / "main.py").write_text("")
    assert "files that are none of ours" in refusal(root, "src")
    assert [path.name for path in (root / "src").iterdir()] == ["main.py"]


def test_a_file_in_the_place_of_the_folder(root: Path) -> None:
    (root / "cache").write_text("")
    assert "is no directory" in refusal(root, "cache")
    assert refusal(root, "cache/below") == ""


def test_no_place_to_write(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, "/proc/none")
    assert open_cache(root, None) == (None, "")
    monkeypatch.setenv(DIRECTORY_VARIABLE, "/dev/null/none")
    assert open_cache(root, None) == (None, "")


# --- what is not believed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["seal", "value"])
def test_an_entry_changed_by_one_bit_is_none(root: Path, base: Path, part: str) -> None:
    fill(root)
    path = entries(folder(base))[0]
    data = bytearray(path.read_bytes())
    data[0 if part == "seal" else SEAL_BYTES] ^= 1
    path.write_bytes(data)
    assert len(stored(root)) == len(VALUES) - 1


def test_an_entry_of_another_key_is_none(root: Path, base: Path) -> None:
    fill(root)
    first, second, *_ = entries(folder(base))
    shutil.copy(first, second)
    assert len(stored(root)) == len(VALUES) - 1


def test_a_cache_that_came_with_the_tree_says_nothing(tmp_path: Path, root: Path, base: Path) -> None:
    """The stranger made it with the same program, on another machine."""
    fill(root, setting="cache")
    shutil.rmtree(base)
    assert stored(root, "cache") == {}
    fill(root, setting="cache")
    assert stored(root, "cache") == VALUES


def test_machines_that_share_a_secret_share_a_cache(root: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "a secret of the build server")
    fill(root, setting="cache")
    shutil.rmtree(base, ignore_errors=True)
    assert stored(root, "cache") == VALUES
    monkeypatch.setenv(SECRET_VARIABLE, "a secret of somebody else")
    assert stored(root, "cache") == {}


def test_a_secret_that_can_be_guessed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "short")
    with pytest.raises(UserError, match="shorter than 16 characters"):
        open_cache(root, None)


def test_entries_that_are_no_files(tmp_path: Path, root: Path, base: Path) -> None:
    fill(root)
    fifo, link, directory, device, *_ = entries(folder(base))
    outside = tmp_path / "outside"
    shutil.move(link, outside)
    link.symlink_to(outside)
    for path in (fifo, directory, device):
        path.unlink()
    os.mkfifo(fifo)
    directory.mkdir()
    device.symlink_to("/dev/zero")
    before = outside.read_bytes()
    assert len(stored(root)) == len(VALUES) - 4
    fill(root, dict.fromkeys(VALUES, b"new"))
    assert outside.read_bytes() == before, "nothing is written through a link"


def test_a_secret_that_is_no_file(tmp_path: Path, root: Path, base: Path) -> None:
    fill(root)
    (base / "secret").unlink()
    (tmp_path / "known").write_bytes(bytes(32))
    (base / "secret").symlink_to(tmp_path / "known")
    assert stored(root) == {}
    assert (tmp_path / "known").read_bytes() == bytes(32)
    assert not (base / "secret").is_symlink()


# --- faults ----------------------------------------------------------------------------------------------------------


def damaged(path: Path, rng: random.Random) -> None:
    """Truncate, flip, extend or replace a file."""
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    choice = rng.randrange(4)
    if choice == 0:
        del data[at:]
    elif choice == 1:
        data[at] ^= 1 << rng.randrange(8)
    elif choice == 2:
        data += rng.randbytes(10)
    else:
        data[:] = b"this is no entry " * 10
    path.write_bytes(data)


def test_damage_never_gives_a_wrong_value(root: Path, base: Path) -> None:
    rng = random.Random(7)
    fill(root)
    for _ in range(400):
        damaged(rng.choice([*entries(folder(base)), folder(base) / "CACHEDIR.TAG", base / "secret"]), rng)
        cache, note = open_cache(root, None)
        found = {} if cache is None else cache.get_many(VALUES)
        assert all(VALUES[key] == value for key, value in found.items())
        assert note == "" or cache is None
        shutil.rmtree(base)
        fill(root)
        assert stored(root) == VALUES


def test_folder_deleted_while_open(root: Path, base: Path) -> None:
    cache = opened(root)
    cache.put_many(VALUES)
    shutil.rmtree(base)
    cache.put_many({b"k": b"v"})
    assert cache.get_many([*VALUES, b"k"]) == {}
    fill(root)
    assert stored(root) == VALUES


def test_full_disk(root: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(root)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    fill(root, {b"k": b"v", b"l": b"w"})
    monkeypatch.undo()
    assert not [path for path in folder(base).iterdir() if path.name.endswith(".new")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_still_read(root: Path, base: Path) -> None:
    fill(root)
    folder(base).chmod(0o500)
    try:
        assert stored(root) == VALUES
        fill(root, {b"k": b"v"})
    finally:
        folder(base).chmod(0o700)


def write_many(root: Path, name: str) -> None:
    for run in range(10):
        cache = opened(root)
        cache.put_many({f"{name} {run} {number}".encode(): name.encode() * 50 for number in range(20)})
        cache.put_many({b"shared": name.encode() * 5000})
        assert cache.get_many([b"shared"]).get(b"shared", b"") in {n.encode() * 5000 for n in WRITERS} | {b""}


WRITERS = ("first", "second", "third", "fourth")


def test_four_writers_at_once(root: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(base))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_many, args=(root, name)) for name in WRITERS]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    # Whoever made the secret first may have lost it to a slower one, and with it what it wrote until then.
    for name in WRITERS:
        last = {f"{name} 9 {number}".encode(): name.encode() * 50 for number in range(20)}
        assert opened(root).get_many(last) == last


# --- its size --------------------------------------------------------------------------------------------------------


def test_least_recently_used_entries_go_first(root: Path, base: Path) -> None:
    cache = opened(root, limit=100_000)
    old = {f"old {number}".encode(): bytes(10_000) for number in range(4)}
    new = {f"new {number}".encode(): bytes(10_000) for number in range(4)}
    cache.put_many(old | new)
    for path in entries(folder(base)):
        os.utime(path, (time.time() - 3 * WEEK,) * 2)
    assert cache.get_many(old) == old, "and marks them as used"
    cache.put_many({f"more {number}".encode(): bytes(10_000) for number in range(2)})
    assert cache.get_many(old) == old
    assert len(cache.get_many(new)) < len(new)


def test_a_limit_keeps_the_folder_small_for_ever(root: Path, base: Path) -> None:
    for run in range(12):
        cache = opened(root, limit=300_000)
        cache.put_many({f"{run} {number}".encode(): os.urandom(20_000) for number in range(5)})
        assert cache.get_many([f"{run} 4".encode()])
    assert sum(path.stat().st_size for path in entries(folder(base))) <= 300_000


def test_what_a_killed_process_left_half_written_goes(root: Path, base: Path) -> None:
    fill(root)
    left = folder(base) / f"{'0' * 32}.{'0' * 16}.new"
    left.write_bytes(b"half")
    fill(root)
    assert left.exists(), "another process may be at it"
    os.utime(left, (time.time() - WEEK,) * 2)
    fill(root)
    assert not left.exists()


def test_folders_of_projects_that_nobody_looks_at_any_more_go(tmp_path: Path, root: Path, base: Path) -> None:
    fill(root)
    os.utime(folder(base) / "CACHEDIR.TAG", (time.time() - 61 * 24 * 3600,) * 2)
    unused = folder(base)
    (base / "somebody's").mkdir()
    (tmp_path / "other").mkdir()
    fill(tmp_path / "other")
    assert not unused.exists()
    assert (base / "somebody's").exists()


def test_a_folder_in_use_stays(root: Path, base: Path) -> None:
    fill(root)
    tag = folder(base) / "CACHEDIR.TAG"
    os.utime(tag, (time.time() - 2 * WEEK,) * 2)
    stored(root)
    assert time.time() - tag.stat().st_mtime < WEEK


def test_clean_removes_what_is_ours_and_nothing_else(root: Path, base: Path) -> None:
    fill(root)
    kept = folder(base) / "precious.txt"
    kept.write_text("")
    assert clean(root, None) == len(VALUES)
    assert [path.name for path in folder(base).iterdir()] == ["precious.txt"]
    kept.unlink()
    fill(root)
    assert clean(root, None) == len(VALUES)
    assert [path.name for path in base.iterdir()] == ["secret"]
    assert clean(root, None) == 0
