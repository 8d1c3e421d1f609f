"""The outer loop: a cause seen often becomes an improvement, and those who raised it hear what was done."""
