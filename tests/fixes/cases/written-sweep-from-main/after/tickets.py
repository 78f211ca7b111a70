import logging
import sys
import threading
import time

logger = logging.getLogger(__name__)

_tickets = {}


def issue(name):
    _tickets[name] = time.monotonic() + 60


def drop_expired():
    now = time.monotonic()
    for name, ends in list(_tickets.items()):
        if ends < now:
            _tickets.pop(name, None)


def _keep_tickets_swept():
    """Run drop_expired() once a minute."""
    while True:
        time.sleep(60)
        try:
            drop_expired()
        except Exception:
            logger.exception("drop_expired() failed")


def main():
    threading.Thread(target=_keep_tickets_swept, daemon=True).start()
    for line in sys.stdin:
        issue(line.strip())


if __name__ == "__main__":
    main()
