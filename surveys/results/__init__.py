"""What came back to one survey: per question, as a funnel, in words, and as a file."""
