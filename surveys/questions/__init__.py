"""What is asked: questions, their conditions, settings and wording, and which answers each takes."""
