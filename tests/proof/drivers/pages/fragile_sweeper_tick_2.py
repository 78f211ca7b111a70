"""The first file is gone before the tick comes to it, and stays so; all others are there."""

from pathlib import Path

from world import Thing, answer, keys  # isort: split

import uploads
import web

for key in keys(10):
    if key != "0-0":
        Path(key).touch()
    web.handle(Thing(path=key))
    answer(key in uploads._uploads)
