from world import Thing, answer, keys  # isort: split

import runs
import server

for key in keys():
    server.handle(Thing(run_id=key, task="a task", mode="session"))
    answer(runs._runs[key].task)
