"""More leases end than there are sweeps."""

from world import Thing, answer, keys  # isort: split

import leases
import server

for key in keys(hours=0.005):
    server.handle(Thing(name=key))
    answer(key in leases._leases)
