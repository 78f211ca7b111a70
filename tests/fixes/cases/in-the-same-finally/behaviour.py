import sys
from types import SimpleNamespace

request = SimpleNamespace(form={})
app = SimpleNamespace(post=lambda path: lambda function: function)
sys.modules["flask"] = SimpleNamespace(Flask=lambda name: app, request=request)

import calls

assert calls.fetch("1", "data:,hello") == b"hello"
for url, answer in (("data:,hello", b"hello"), ("file:/nowhere", "gone")):
    request.form["url"] = url
    assert calls.ask() == answer
try:
    calls.fetch("2", "data:no comma")
except ValueError:
    pass
else:
    raise AssertionError("an error went away")
assert not calls._running and not calls._asked
