import logging
from types import SimpleNamespace

import upkeep

logging.disable(logging.CRITICAL)
answers = [False, False, True]
upkeep._images["old"] = 0.0
upkeep.loop(SimpleNamespace(wait=lambda seconds: answers.pop(0)))
assert not upkeep._images and not answers
