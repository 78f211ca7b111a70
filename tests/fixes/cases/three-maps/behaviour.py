import tables

now, begun = [1_000_000.0], []
tables.time.monotonic = lambda: now[0]


class Timer:
    def __init__(self, seconds, act):
        self.act = act

    def start(self):
        begun.append(self)


tables.threading.Timer = Timer


def pass_an_hour():
    now[0] += 3600
    while begun:
        begun.pop().act()


tables.order("first")
assert len(begun) == 1
pass_an_hour()
assert not tables._orders
tables.receipt("second")
tables.complain(["third", "fourth"])
assert len(begun) == 1 and len(tables._complaints) == 2
pass_an_hour()
assert not tables._receipts and not tables._complaints
