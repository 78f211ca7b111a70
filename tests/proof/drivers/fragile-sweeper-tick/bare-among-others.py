"""One image is gone as the sweep comes to it, and is there again later."""

import tempfile
from pathlib import Path

from world import answer, flask, keys  # isort: split

flask()
import chats
import images
import maintenance

maintenance.start()
with tempfile.TemporaryDirectory() as folder:
    for key in keys(10):
        file, first = Path(folder, key), Path(folder, "0-0")
        file.touch()
        chats.said(key)
        images.saved(str(file))
        answer(key in chats._chats)
        if key in {"0-0", "1-0"}:
            first.touch() if key == "1-0" else first.unlink()
