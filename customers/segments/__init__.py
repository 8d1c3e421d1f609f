"""Segments: a rule tree in JSON, compiled to one query.

    {"all": [RULE, …]}   every one holds          {"any": [RULE, …]}   at least one holds
    {"not": RULE}        it does not hold         {"field": F, "op": O, "value": V}   a condition

Fields are the customer's own columns, `attributes.NAME`, how they can be reached, what they agreed to, other segments,
and the activities that other rooms lend (settings.SEGMENT_ACTIVITIES). An empty rule is everybody. Some conditions are
narrowed by "touchpoint" and "in_last_days" beside the value. A segment may also be a list (customers/segments/lists.py).
"""

from customers.segments.belonging import customers_matching, members
from customers.segments.values import RuleError

__all__ = ["RuleError", "customers_matching", "members"]
