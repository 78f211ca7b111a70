"""How often the files of a run are read, and how often what the cache has of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.programs import forget_results, request_for, write
from unbounded_lint.files import sources
from unbounded_lint.files.contents import Contents
from unbounded_lint.run.runner import check

FILES = {f"m{i}.py": f"import m{(i + 1) % 5}\nA{i} = {{}}\ndef add(r):\n    A{i}[r.id] = r\n" for i in range(5)}


class _Counting:
    """A decoder that counts what it is given."""

    def __init__(self) -> None:
        self._decode = sources.msgspec.msgpack.Decoder(sources.Parsed).decode
        self.times = 0

    def decode(self, data: bytes) -> Any:
        self.times += 1
        return self._decode(data)


def test_facts_are_decoded_once_and_what_was_just_read_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, caches = write(tmp_path / "project", FILES), tmp_path / "caches"
    monkeypatch.setenv("UNBOUNDED_LINT_CACHE_DIR", str(caches))
    counting = _Counting()
    started = sources.Sources.__init__

    def start(self: sources.Sources, *arguments: Any) -> None:
        started(self, *arguments)
        self._decoder = counting  # type: ignore[assignment]

    monkeypatch.setattr(sources.Sources, "__init__", start)
    cold = check(request_for(root, use_cache=True))
    assert cold.findings and counting.times == 0
    (root / "m0.py").write_text(FILES["m0.py"] + "# touched\n")
    assert check(request_for(root, use_cache=True)).findings == cold.findings
    assert counting.times == len(FILES) - 1
    forget_results(caches)
    assert check(request_for(root, use_cache=True)).findings == cold.findings
    assert counting.times == 2 * len(FILES) - 1


def test_bytes_that_were_let_go_are_read_again_as_they_were(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "A = {}\n", "b.py": "B = {}\n"})
    contents = Contents(root, None)
    first = contents.data("a.py")
    contents.let_go()
    assert contents.data("a.py") == first
    assert contents.data("b.py") == b"B = {}\n"
    for name in ("a.py", "b.py"):
        (root / name).write_text("C = {}\n")
        with pytest.raises(OSError, match="it changed during the run"):
            contents.data(name)
