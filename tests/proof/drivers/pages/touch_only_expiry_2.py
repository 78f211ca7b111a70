from world import Thing, answer, keys  # isort: split

import server

for key in keys():
    answer(server.handle(Thing(path=key, text=key.lower)))
