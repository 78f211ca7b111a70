"""What all entries of the catalogue have in common."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of everything in the catalogue: no unknown field, no default written to the compact form."""
