"""Parses dates relative to a moment that is another one each time, as it is for a server that takes the present."""

from datetime import datetime, timedelta

import dateparser
from pace import steps

for number in steps():
    for part in range(25):
        now = datetime(2024, 1, 1) + timedelta(seconds=number, milliseconds=part)
        dateparser.parse("11 December 2014", languages=["en"], settings={"RELATIVE_BASE": now})
