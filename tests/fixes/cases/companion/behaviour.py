import runs

for name in ("one", "two", "bad"):
    try:
        runs.run(name)
    except ValueError:
        assert name == "bad"
assert not runs._contexts and not runs._numbers
