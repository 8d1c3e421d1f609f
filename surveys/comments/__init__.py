"""What customers say in their own words, and the topics found in it."""
