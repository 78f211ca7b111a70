"""One run, and then replies alone, with times between in which there is nothing at all."""

from world import Thing, answer, keys  # isort: split

import gateway
import server

for key in keys():
    server.handle(Thing(kind="run" if key == "0-0" else "reply", id=key))
    answer(key in gateway._runs or key in gateway._replies)
