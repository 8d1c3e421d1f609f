"""Staff pages about who our customers are."""

from customers.admin import audit, customers, imports, merging, privacy, segments, suppressions

__all__ = ["audit", "customers", "imports", "merging", "privacy", "segments", "suppressions"]
