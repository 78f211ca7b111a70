"""Why something is not repaired."""

from __future__ import annotations


class Refused(Exception):
    """A repair that is not made; the message is one clause that says why."""


class NotConcerned(Exception):
    """A recipe that is for other findings than this one: another may fit. The message may be empty."""
