import gc

import meters


class Connection:
    closed = False

    def close(self):
        self.closed = True


kept = Connection()
for number in range(10):
    assert meters.meter(kept).sent("text") is (number < 9)
assert kept.closed
for _ in range(10):
    meters.meter(Connection()).sent("text")
gc.collect()
assert list(meters._meters) == [kept]
