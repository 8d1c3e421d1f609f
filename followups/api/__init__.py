"""Follow-ups, their conversations and improvements for programs."""
