"""Getting planned messages out: once each, whatever is killed, and what became of them."""
