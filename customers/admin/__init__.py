"""Staff pages about who our customers are."""

from customers.admin import customers, imports, segments, suppressions

__all__ = ["customers", "imports", "segments", "suppressions"]
