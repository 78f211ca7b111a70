"""Which growable objects last, and what is done to each."""
