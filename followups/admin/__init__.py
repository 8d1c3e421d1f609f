"""Staff pages about what we do for customers who are unhappy."""

from followups.admin import calls, causes, follow_ups, improvements, messages, rules

__all__ = ["calls", "causes", "follow_ups", "improvements", "messages", "rules"]
