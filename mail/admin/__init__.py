"""Staff pages about how messages leave, and what became of them."""

from mail.admin import outbox, reports

__all__ = ["outbox", "reports"]
