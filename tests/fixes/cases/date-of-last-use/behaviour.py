import time

now = [1_000_000.0]
time.monotonic = lambda: now[0]
from chats import chats

for name in ("silent", "said", "added"):
    chats.open(name, "weather")
now[0] += 3000
chats.say("said", "it rains")
assert chats.add("added", "it rains") == 1 and chats.add("none", "") == 0
now[0] += 3000
chats.close_old()
assert list(chats._chats) == ["said", "added"]
now[0] += 3000
chats.close_old()
assert not chats._chats
