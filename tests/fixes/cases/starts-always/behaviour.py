import jobs

assert jobs.restore('{"a": 1}') == 1
first = jobs._thread
assert first is not None
jobs.submit("b", urgent=False)
assert jobs._thread is first
