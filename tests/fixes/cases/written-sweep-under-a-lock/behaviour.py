import sys
from types import SimpleNamespace

request = SimpleNamespace(form={"key": "new", "value": "it"})
app = SimpleNamespace(post=lambda path: lambda function: function)
sys.modules["flask"] = SimpleNamespace(Flask=lambda name: app, request=request)

import faulthandler
import time

import drafts

faulthandler.dump_traceback_later(20, exit=True)
for number in range(500):
    drafts.drafts._kept[number] = (time.monotonic() - 3700, "old")
drafts.drafts._kept_swept_at = time.monotonic() - 61
assert drafts.save() == "saved"
assert list(drafts.drafts._kept) == ["new"]
