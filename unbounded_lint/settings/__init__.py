"""What a project may set, and in words what is wrong with it."""
