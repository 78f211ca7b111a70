from rooms import rooms

held = rooms.lock_of("hall")
held.acquire()
assert rooms.lock_of("hall") is held and not rooms.lock_of("hall").acquire(
    blocking=False
)
for number in range(100):
    assert rooms.enter(f"room {number}") == f"ROOM {number}"
assert list(rooms._locks) == ["hall"]
