"""Staff pages about us."""

from staff.admin import api_keys, messages, people, teams, units

__all__ = ["api_keys", "messages", "people", "teams", "units"]
