"""What bounds a container: its removals, when they run, and the verdict."""
