"""When code runs, and what runs it."""
