"""Pages for customers. Nobody signs in: what stands in the address is the key."""
