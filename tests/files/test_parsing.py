"""What a pool of processes gives of the files that it is told of."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from unbounded_lint.files.contents import DIGEST_BYTES
from unbounded_lint.files.parsing import Parsed, Place, parse, parse_in_pool


def test_a_file_that_changed_since_is_given_back(tmp_path: Path) -> None:
    data = b"made = {}\n"
    for name in ("same", "other"):
        (tmp_path / f"{name}.py").write_bytes(data)
    digest = hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
    places = [Place(str(tmp_path / f"{name}.py"), digest) for name in ("same", "other", "gone")]
    (tmp_path / "other.py").write_bytes(b"made = []\n")
    same, *rest = parse_in_pool(places, 1)
    assert msgspec.msgpack.decode(same, type=Parsed) == parse(data)
    assert rest == [b"", b""]
