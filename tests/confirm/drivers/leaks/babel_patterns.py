"""Formats a day by patterns with a text of the user in them."""

from datetime import date

from babel.dates import format_date
from pace import steps

for number in steps():
    for part in range(60):
        format_date(date(2024, 1, 1), f"yyyy 'for user {number} {part}'", locale="en")
