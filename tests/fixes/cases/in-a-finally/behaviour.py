import calls

assert calls.call("1", "data:,hello") == b"hello"
try:
    calls.call("2", "data:no comma")
except ValueError:
    pass
else:
    raise AssertionError("an error went away")
assert not calls._running
