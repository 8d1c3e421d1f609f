"""Closing the loop in figures: how soon, how well, with which causes, and by whom."""
