"""Whether the keys of a container are from a closed set, and whether two of them are the same."""
