"""One run, and then replies alone, of which there are always some."""

from world import answer, keys  # isort: split

import gateway

gateway.run("first")
for key in keys(hours=0.1):
    gateway.reply(key)
    answer(key in gateway._replies)
