import json
import sys
import threading

import store


def main():
    """Answer requests from standard input."""
    threading.Thread(target=store.keep_visits_swept, daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        store.visit(request["user"])
        print(store.is_here(request["friend"]))


if __name__ == "__main__":
    main()
