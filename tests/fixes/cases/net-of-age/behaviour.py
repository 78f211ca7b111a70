import codes

now = [1_000_000.0]
codes.time.monotonic = lambda: now[0]


class Lost:
    def __init__(self, *given):
        pass

    def start(self):
        pass


codes.threading.Timer = Lost
for number in range(100):
    codes.challenge(number, "old")
assert codes.is_right(5, "old")
now[0] += 7200
codes.challenge("new", "new")
assert codes.is_right("new", "new") and list(codes._codes) == ["new"]
