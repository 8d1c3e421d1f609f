"""Who we serve, by what we know them, what they agreed to, and how we pick them."""

from customers.models.consent import Consent, ConsentProof, ConsentRecord, Suppression
from customers.models.customers import Channel, Customer, Identity
from customers.models.imports import CustomerImport, RefusedRow
from customers.models.merges import IdentityConflict, Merge, SuggestedDuplicate
from customers.models.privacy import Erasure, RetentionRule
from customers.models.segments import Persona, Segment, SegmentMember

__all__ = [
    "Channel",
    "Consent",
    "ConsentProof",
    "ConsentRecord",
    "Customer",
    "CustomerImport",
    "Erasure",
    "Identity",
    "IdentityConflict",
    "Merge",
    "Persona",
    "RefusedRow",
    "RetentionRule",
    "Segment",
    "SegmentMember",
    "SuggestedDuplicate",
    "Suppression",
]
