"""How the values of options are written, on the command line of ours and of flake8."""

from __future__ import annotations

import argparse


def confidence(text: str) -> str | float:
    """A level of confidence or a probability; raises ArgumentTypeError for what is neither."""
    if text in {"low", "medium", "high"}:
        return text
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be low, medium, high or a number from 0 to 1, not {text!r}")
    return number
