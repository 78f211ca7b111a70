"""Hosts that are announced, and each forgotten as the next one is."""

from pace import steps
from zeroconf import DNSCache, DNSText

cache = DNSCache()
before = None
for number in steps():
    for part in range(20):
        record = DNSText(f"host-{number}-{part}.local.", 16, 1, 120, b"text")
        cache.add(record)
        if before is not None:
            cache.remove(before)
        before = record
