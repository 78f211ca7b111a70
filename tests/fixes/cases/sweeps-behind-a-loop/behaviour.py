import queue

import tickets

clock = [1_000_000.0]
tickets.time.time = lambda: clock[0]
tickets.time.monotonic = lambda: clock[0]
tickets.take_over([("old", 0.0), ("one", clock[0]), ("two", clock[0])])
assert tickets.saved == [["one", "two"]], tickets.saved
clock[0] += 7200
requests = queue.Queue()
for number in ("three", "four", None):
    requests.put(number)
tickets.serve(requests)
assert sorted(tickets._tickets) == ["four", "three"]
