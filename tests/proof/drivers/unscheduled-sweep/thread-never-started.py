from world import answer, keys  # isort: split

import queue_view

for key in keys():
    queue_view.enqueue(key)
    answer(key in queue_view._positions)
