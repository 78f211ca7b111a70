import sys
import threading

import tickets


def main():
    """Gives a ticket to each name that is read."""
    threading.Thread(target=tickets.drop_again_and_again, daemon=True).start()
    for line in sys.stdin:
        tickets.issue(line.strip())


if __name__ == "__main__":
    main()
