"""Staff pages about how messages leave, and what became of them."""

from mail.admin import letters, outbox, reports

__all__ = ["letters", "outbox", "reports"]
