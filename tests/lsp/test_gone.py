"""What becomes of the language server when nobody listens any more."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.processes import started

LEAK = "SEEN = set()\n\n\ndef see(request):\n    SEEN.add(request.id)\n"


def messages(project: Path, *more: str) -> bytes:
    """A client that introduces itself, opens a file and says more."""
    uri = (project / "a.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": LEAK}
    said = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"id": 2, "method": "textDocument/hover", "params": {"textDocument": {"uri": uri}, "position": {}}},
        *({"method": method} if method == "exit" else {"id": 3, "method": method} for method in more),
    ]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in said]
    return b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


@pytest.mark.parametrize("more", [(), ("shutdown",), ("exit",), ("shutdown", "exit")])
def test_a_client_that_reads_no_more_is_not_told_so_without_end(tmp_path: Path, more: tuple[str, ...]) -> None:
    with started([sys.executable, "-m", "unbounded_lint", "lsp"], cwd=tmp_path) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.stdin.write(messages(tmp_path, *more))
        process.stdin.close()
        assert b"Error sending data" not in process.stderr.read(1 << 20)


def test_a_client_that_reads_no_more_but_holds_the_line_is_left(tmp_path: Path) -> None:
    with started([sys.executable, "-m", "unbounded_lint", "lsp"], cwd=tmp_path) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.close()
        process.stdin.write(messages(tmp_path))
        process.stdin.flush()
        assert process.wait() == 1
