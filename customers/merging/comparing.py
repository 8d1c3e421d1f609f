"""Two customers side by side: what a merge would make of them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.merging.merges import strictest
from customers.merging.moves import lent_belongings
from customers.models import Consent, Customer, Identity, SuggestedDuplicate
from staff.access import visible
from staff.models import User

REASONS: dict[str, str | Promise] = {
    "same_phone": _("Same phone"),
    "same_card_or_device": _("Same member card or device"),
    "same_name_and_postcode": _("Same name and postcode"),
    "same_name_and_birthday": _("Same name and birthday"),
    "same_mail_name_and_last_name": _("Same last name and same beginning of the e-mail address"),
}
FIELDS = (
    "first_name", "last_name", "language", "time_zone", "country", "customer_since", "unit", "preferred_channel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of both, and what it will be."""

    name: str
    kept: Any
    merged: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    fields: list[Line]
    consents: list[Line]
    moves: list[Line]
    identities: list[Identity]


def compare(*, kept: Customer, merged: Customer) -> Comparison:
    return Comparison(
        fields=field_lines(kept, merged),
        consents=consent_lines(kept, merged),
        moves=[
            Line(str(each.title), each.count(kept.pk), each.count(merged.pk), None)
            for each in lent_belongings()
        ],
        identities=list(merged.identities.order_by("kind", "pk")),
    )


def field_lines(kept: Customer, merged: Customer) -> list[Line]:
    lines = []
    for name in FIELDS:
        ours, theirs = shown(kept, name), shown(merged, name)
        title = str(getattr(Customer._meta.get_field(name), "verbose_name", name))
        lines.append(Line(title, ours or "", theirs or "", ours or theirs or ""))
    for name in sorted(kept.attributes.keys() | merged.attributes.keys()):
        ours, theirs = kept.attributes.get(name, ""), merged.attributes.get(name, "")
        lines.append(Line(name, ours, theirs, ours if name in kept.attributes else theirs))
    return lines


def shown(customer: Customer, name: str) -> Any:
    is_channel = name == "preferred_channel" and customer.preferred_channel
    return customer.get_preferred_channel_display() if is_channel else getattr(customer, name)


def consent_lines(kept: Customer, merged: Customer) -> list[Line]:
    said: dict[tuple[str, str], dict[int, str]] = {}
    for consent in Consent.objects.filter(customer__in=[kept, merged]).order_by("purpose", "channel"):
        name = (consent.get_purpose_display(), consent.get_channel_display())
        said.setdefault(name, {})[consent.customer_id] = consent.state
    labels = {"": "", **dict(Consent.State.choices)}
    return [
        Line(
            " · ".join(map(str, name)),
            labels[ours := states.get(kept.pk, "")],
            labels[theirs := states.get(merged.pk, "")],
            labels[strictest(ours, theirs)],
        )
        for name, states in said.items()
    ]


def look_alikes(*, user: User) -> Subquery:
    """How many others whom `user` sees look like the same person as the customer it is asked for."""
    suggested = visible(SuggestedDuplicate.objects.all(), user).filter(
        Q(first=OuterRef("pk")) | Q(second=OuterRef("pk")),
        state=SuggestedDuplicate.State.OPEN,
        first__merged_into=None,
        second__merged_into=None,
        first__erased_at=None,
        second__erased_at=None,
    )
    counted = suggested.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")
    return Subquery(counted, output_field=IntegerField())
