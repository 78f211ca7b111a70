"""The `sitecustomize` of an observed process: starts the observer, then makes place for the user's own, if any.

Any Python may come here, so this file is valid in all of them.
"""

import os
import sys
import time

_FOLDER = os.path.dirname(os.path.abspath(__file__))

try:
    if sys.hexversion < 0x03080000:
        raise RuntimeError("this Python is older than 3.8, and the observer needs that or a newer one")
    _begun = time.process_time()
    from _unbounded_lint_observer.sampler import start  # type: ignore[import-not-found]

    start(_FOLDER, _begun)
except Exception:  # the program must not notice, whatever it is
    try:
        with open(os.path.join(_FOLDER, "records", str(os.getpid()) + "-0.jsonl"), "a") as _file:
            _error = sys.exc_info()[1]
            _file.write('{"pid": ' + str(os.getpid()) + ', "failed": "' + type(_error).__name__ + ": ")
            _file.write("".join(char for char in str(_error) if char not in '"\\\n') + '"}\n')
    except Exception:
        pass

# From here on it is as if this file did not exist: an ImportError means that the user has none, which `site` expects.
sys.path[:] = [entry for entry in sys.path if entry != _FOLDER]
sys.modules.pop("sitecustomize", None)
import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401
