"""What is kept about a person: told to them, erased, and forgotten in time."""
