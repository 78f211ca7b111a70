from world import Thing, answer, keys  # isort: split

import client

for key in keys(60):
    answer(client.send(Thing(key=key)) < 16384)
