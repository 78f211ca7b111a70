import sessions as module

begun = module.monotonic()
clock = [begun + 100]
module.monotonic = lambda: clock[0]
sessions = module.sessions
for number in range(500):
    sessions._by_token[f"old {number}"] = module.Session("ann", began=begun - 3700)
sessions.open("new", "eve")
clock[0] += 61
sessions.open("newer", "bob")
assert sessions.user("new") == "eve" and sessions.user("old 1") is None
assert list(sessions._by_token) == ["new", "newer"]
