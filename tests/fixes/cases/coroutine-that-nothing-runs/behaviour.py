import asyncio
import os
import sys
import time

import tickets

sleep = asyncio.sleep
asyncio.sleep = lambda seconds: sleep(0)
tickets._tickets.update({f"old {number}": time.monotonic() - 1 for number in range(500)})
read, write = os.pipe()
os.write(write, b"new\n")
os.close(write)
sys.stdin = os.fdopen(read)
asyncio.run(tickets.main())
assert list(tickets._tickets) == ["new"]
