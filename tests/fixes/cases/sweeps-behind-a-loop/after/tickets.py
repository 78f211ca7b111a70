"""Tickets of the last hour: many are taken over at once, or one comes in after the other."""

import time

_tickets = {}
_tickets_swept_at = 0.0
saved = []


def take_over(rows):
    for number, at in rows:
        _tickets[number] = at
    _sweep_tickets_when_due()


def _sweep_tickets_when_due():
    """Call drop_old() at most once a minute."""
    global _tickets_swept_at
    now = time.monotonic()
    if now - _tickets_swept_at < 60:
        return
    _tickets_swept_at = now
    drop_old()


def serve(requests):
    while True:
        number = requests.get()
        if number is None:
            return
        _tickets[number] = time.time()
        _sweep_tickets_when_due()


def drop_old():
    for number, at in list(_tickets.items()):
        if time.time() - at > 3600:
            _tickets.pop(number, None)
    saved[:] = [sorted(_tickets)]
