import codes


class Lost:
    def __init__(self, *given):
        pass

    def start(self):
        pass


codes.threading.Timer = Lost
for number in range(10_010):
    codes.challenge(number, "a code")
assert codes.is_right(10_009, "a code")
assert len(codes._codes) == 10_000
