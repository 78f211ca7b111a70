import sys

import tickets


def main():
    """Gives a ticket to each name that is read."""
    for line in sys.stdin:
        tickets.issue(line.strip())


if __name__ == "__main__":
    main()
