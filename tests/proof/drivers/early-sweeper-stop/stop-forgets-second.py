"""One run, and then replies alone, with times between in which there is nothing at all."""

from world import answer, keys  # isort: split

import gateway

gateway.run("first")
for key in keys():
    gateway.reply(key)
    answer(key in gateway._replies)
