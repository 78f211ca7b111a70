"""Write the compact form anew: `python -m unbounded_lint.catalog` after any change to a TOML source."""

from __future__ import annotations

from pathlib import Path

from unbounded_lint.catalog.build import COMPACT, build, encode

if __name__ == "__main__":
    Path(__file__).with_name(COMPACT).write_bytes(encode(build()))
