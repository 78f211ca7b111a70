"""Analyses one small module after the other, as an editor's server does that never ends."""

import astroid
from pace import steps

TEXT = "from collections import namedtuple\nPair = namedtuple('Pair', 'one other')\nPair"

for number in steps():
    for part in range(8):
        (name,) = astroid.parse(f"{TEXT}  # {number} {part}").body[-1].get_children()
        next(name.infer())
