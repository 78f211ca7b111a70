import sys
from types import SimpleNamespace

app = SimpleNamespace(get=lambda path: lambda function: function)
sys.modules["flask"] = SimpleNamespace(Flask=lambda name: app, request=SimpleNamespace(args={}))

import colours

assert colours.code("red") == f"#{315:06x}" and colours.title("red") == "Red"
for number in range(3000):
    colours.code(str(number))
    colours.title(str(number))
assert colours.code.cache_info().currsize <= 1024 and colours.title.cache_info().currsize <= 1024
