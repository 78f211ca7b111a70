"""`unbounded-lint lsp`: serve an editor."""

from __future__ import annotations

import gc

from unbounded_lint.cli.options import Parser, available_cpus
from unbounded_lint.errors import UserError


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code: 0 where the client took its leave, otherwise 1."""
    parser = Parser(
        "lsp", "[--stdio]", "Serve an editor by the Language Server Protocol, over standard input and output."
    )
    parser.add_argument("--stdio", action="store_true", help="taken since many editors give it; there is no other way")
    parser.parse_args(arguments)
    try:
        from unbounded_lint.lsp.server import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise UserError(f"the language server needs pygls ({error}); install unbounded-lint[lsp]") from None
    gc.enable()  # this process does not end soon
    return 0 if serve(available_cpus()) else 1
