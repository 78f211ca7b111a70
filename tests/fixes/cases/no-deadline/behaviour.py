import time

clock = [1_000_000.0]
time.time = lambda: clock[0]
import runs

runs.register("kept", "a long task")
runs.register("short", "a short task", 60)
clock[0] += 3600
runs.sweep()
assert list(runs._runs) == ["kept"] and runs.archived == ["a short task"]
clock[0] += 90_000
runs.register("new", "a new task")
runs.sweep()
assert list(runs._runs) == ["new"] and runs.archived == ["a short task", "a long task"]
