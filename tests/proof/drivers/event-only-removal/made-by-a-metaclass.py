"""Lamps of which none is sold again."""

from world import answer, flask, keys  # isort: split

request = flask()
import lamps

for key in keys(60):
    request.form["address"] = key
    answer(lamps.switch())
