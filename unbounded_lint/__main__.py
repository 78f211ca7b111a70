"""`python -m unbounded_lint`."""

from __future__ import annotations

import os
import sys


def _main() -> int:
    # With -m the working directory comes first among the places to import from, and it holds what is analysed.
    if sys.path[0] in {"", os.getcwd()} and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    from unbounded_lint.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(_main())
