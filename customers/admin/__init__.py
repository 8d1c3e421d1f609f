"""Staff pages about who our customers are."""

from customers.admin import audit, customers, imports, merging, personas, privacy, segments, suppressions

__all__ = ["audit", "customers", "imports", "merging", "personas", "privacy", "segments", "suppressions"]
