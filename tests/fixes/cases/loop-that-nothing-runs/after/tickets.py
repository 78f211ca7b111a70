import time

_tickets = {}


def issue(name):
    _tickets[name] = time.monotonic() + 60


def drop_expired():
    now = time.monotonic()
    for name, ends in list(_tickets.items()):
        if ends < now:
            _tickets.pop(name, None)


def drop_again_and_again():
    while True:
        time.sleep(60)
        drop_expired()
