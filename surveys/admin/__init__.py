"""Staff pages about what we ask and what came back."""

from surveys.admin import responses, surveys

__all__ = ["responses", "surveys"]
