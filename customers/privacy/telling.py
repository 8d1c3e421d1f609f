"""Everything that is kept about a customer, as a file for them: the same in JSON and as a page to read."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import translation

from customers.models import Customer
from customers.privacy.personal import holdings, person_of
from staff.audit import audit
from staff.models import AuditEntry, User


def export_customer(*, customer: Customer, by: User, at: datetime) -> bytes:
    """A ZIP with customer.json and customer.html, in the customer's language; that `by` took it is written down."""
    with translation.override(customer.language):
        parts = parts_of(customer)
        page = render_to_string("customers/export.html", {"customer": customer, "parts": parts, "at": at})
    told = {part["name"]: part["rows"] for part in parts}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "customer.json", json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        )
        archive.writestr("customer.html", page)
    audit(user=by, action=AuditEntry.Action.EXPORTED, subject=customer, at=at)
    return packed.getvalue()


def parts_of(customer: Customer) -> list[dict[str, Any]]:
    """One part for each room's holding: its name, its title and its rows."""
    person = person_of(customer)
    return [
        {"name": holding.name, "title": str(holding.title), "rows": rows}
        for holding in holdings()
        if (rows := holding.tell(person))
    ]
