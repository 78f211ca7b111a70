"""Searches for ever new words; the site is played by an object that always has a token."""

from datetime import timedelta
from types import SimpleNamespace

from duckduckgo_search import utils
from pace import steps

ANSWER = SimpleNamespace(status_code=200, url="", elapsed=timedelta(0), text="vqd=4-1&")
utils.SESSION = SimpleNamespace(post=lambda *_, **__: ANSWER)

for number in steps():
    for part in range(1500):
        utils._get_vqd(f"words {number} {part}")
