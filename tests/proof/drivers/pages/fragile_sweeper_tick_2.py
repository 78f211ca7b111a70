"""One file is gone as the tick comes to it, and is there again later; all others are always there."""

from pathlib import Path

from world import Thing, answer, keys  # isort: split

import uploads
import web

for key in keys(10):
    Path(key).touch()
    web.handle(Thing(path=key))
    answer(key in uploads._uploads)
    if key == "0-0":
        Path(key).unlink()
    if key == "1-0":
        Path("0-0").touch()
