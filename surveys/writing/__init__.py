"""A survey before customers see it: drafted, published, and looked at for what its author should know."""
