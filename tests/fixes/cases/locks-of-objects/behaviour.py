import gc
import io

import rooms

kept = io.StringIO()
for number in range(10):
    rooms.note(io.StringIO(), "gone")
    rooms.note(kept, str(number))
    assert rooms.speak("hall", "hello") == ["hello"]
gc.collect()
assert kept.getvalue() == "0123456789"
assert list(rooms._file_locks) == [kept] and not rooms._room_locks
