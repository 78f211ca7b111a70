"""One run, and then replies alone, of which there are always some."""

from world import Thing, answer, keys  # isort: split

import gateway
import server

for key in keys(hours=0.1):
    server.handle(Thing(kind="run" if key == "0-0" else "reply", id=key))
    answer(key in gateway._runs or key in gateway._replies)
