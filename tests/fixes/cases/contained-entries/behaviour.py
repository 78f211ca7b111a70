import logging
import tempfile

from uploads import uploads

logging.disable(logging.CRITICAL)
started = []
uploads.start = lambda: started.append(True)
with tempfile.NamedTemporaryFile(delete=False) as file:
    uploads._saved |= {"/nowhere/gone": 0.0, file.name: 0.0}
uploads.save("new")
uploads.tick()
assert list(uploads._saved) == ["/nowhere/gone", "new"], (
    "an entry that fails keeps the others"
)
assert started
