import time

_tickets = {}


def open_ticket(number: str, seconds: float) -> str:
    _tickets[number] = time.time() + seconds
    return number


def sweep_tickets(max_age: float = 3600.0) -> int:
    now = time.time()
    stale = [number for number, end in _tickets.items() if end < now]
    for number in stale:
        del _tickets[number]
    return len(stale)
