"""What is inside the entries of a container, and what conditions ask of them."""
