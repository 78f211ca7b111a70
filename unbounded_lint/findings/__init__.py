"""What is told of containers, as data and in words."""
