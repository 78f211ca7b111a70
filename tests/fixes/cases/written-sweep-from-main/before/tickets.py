import sys
import time

_tickets = {}


def issue(name):
    _tickets[name] = time.monotonic() + 60


def drop_expired():
    now = time.monotonic()
    for name, ends in _tickets.items():
        if ends < now:
            _tickets.pop(name, None)


def main():
    for line in sys.stdin:
        issue(line.strip())


if __name__ == "__main__":
    main()
