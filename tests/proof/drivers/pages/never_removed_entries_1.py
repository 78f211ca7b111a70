from world import Thing, answer, keys  # isort: split

import server

for key in keys(400):
    answer(server.handle(Thing(run_id=key, body="text")))
