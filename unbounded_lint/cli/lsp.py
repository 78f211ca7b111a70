"""`unbounded-lint lsp`: serve an editor."""

from __future__ import annotations

import argparse
import gc

from unbounded_lint.cli.options import Parser, available_cpus
from unbounded_lint.errors import UserError

_EDITORS = """\
Visual Studio Code, with the extension zsol.vscode-glspc (Generic LSP Client), in settings.json:
  "glspc.server.command": "unbounded-lint",
  "glspc.server.commandArguments": ["lsp"],
  "glspc.server.languageId": ["python"]

Neovim 0.11 or newer, in init.lua:
  vim.lsp.config("unbounded_lint", {
    cmd = { "unbounded-lint", "lsp" },
    filetypes = { "python" },
    root_markers = { "unbounded-lint.toml", "pyproject.toml", ".git" },
  })
  vim.lsp.enable("unbounded_lint")

Emacs 29 or newer, in init.el; then M-x eglot in a Python file:
  (with-eval-after-load 'eglot
    (add-to-list 'eglot-server-programs
                 '((python-mode python-ts-mode) . ("unbounded-lint" "lsp"))))
"""


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code: 0 where the client took its leave, otherwise 1."""
    parser = Parser(
        "lsp", "[--stdio]", "Serve an editor by the Language Server Protocol, over standard input and output."
    )
    parser.epilog = _EDITORS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
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
