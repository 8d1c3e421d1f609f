"""Which rule fits what came in, and whether somebody can be called because of it."""
