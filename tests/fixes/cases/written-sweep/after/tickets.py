import time

_tickets = {}
_tickets_swept_at = 0.0


def open_ticket(number: str, seconds: float) -> str:
    _tickets[number] = time.time() + seconds
    _sweep_tickets_when_due()
    return number


def _sweep_tickets_when_due() -> None:
    """Call sweep_tickets() at most once a minute."""
    global _tickets_swept_at
    now = time.monotonic()
    if now - _tickets_swept_at < 60:
        return
    _tickets_swept_at = now
    sweep_tickets()


def sweep_tickets(max_age: float = 3600.0) -> int:
    now = time.time()
    stale = [number for number, end in _tickets.items() if end < now]
    for number in stale:
        del _tickets[number]
    return len(stale)
