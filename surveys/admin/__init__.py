"""Staff pages about what we ask and what came back."""

from surveys.admin import campaigns, responses, surveys

__all__ = ["campaigns", "responses", "surveys"]
