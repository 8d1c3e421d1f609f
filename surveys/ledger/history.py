"""Everything one customer was asked, will be asked and was not asked, each with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from customers.models import Channel, Customer
from surveys.contact.caps import moment_of, waits
from surveys.contact.verdicts import policy_now
from surveys.models import ContactCap, Invitation, Survey

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page, newest first. `next_before` is the last row on it, when there are older ones."""

    rows: list[Invitation]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """From when a customer may be asked by one kind of survey, and by `channel` where only that is spent."""

    kind: str
    until: datetime | None  # None: now
    because: str
    channel: str = ""


def history_of(customer: Customer, *, before: int | None = None) -> History:
    """The page of the send history below the invitation `before`; tests are left out. One query."""
    invitations = customer.invitations.filter(is_test=False).select_related("wave__campaign", "cap")
    if before:
        invitations = invitations.filter(pk__lt=before)
    found = list(invitations.order_by("-pk")[: PAGE + 1])
    return History(rows=found[:PAGE], next_before=found[PAGE - 1].pk if len(found) > PAGE else None)


def eligibility_of(customer: Customer, *, at: datetime) -> list[Eligibility]:
    """From when on each kind of survey may ask the customer, as far as caps and the rest they asked for go."""
    caps = {cap.pk: cap for cap in policy_now().caps}
    return [each for kind in Survey.Kind for each in eligible_for(kind, customer, caps, at=at)]


def eligible_for(
    kind: Survey.Kind, customer: Customer, caps: dict[int, ContactCap], *, at: datetime
) -> Iterator[Eligibility]:
    sql, params = waits(list(caps.values()), kind=kind, at=at, customers=[customer.pk])
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = [
            (moment_of(until), cap, channel)
            for _customer, cap, channel, until, _in_flight in cursor.fetchall()
        ]
    everywhere = [row for row in found if not row[2]]
    if not everywhere:
        yield Eligibility(kind=str(kind.label), until=None, because="")
    longest = [max(everywhere, key=lambda row: row[0])] if everywhere else []
    for until, cap, channel in [*longest, *(row for row in found if row[2])]:
        name = str(Channel(channel).label) if channel else ""
        because = str(caps[cap]) if cap in caps else str(Invitation.Reason.SNOOZED.label)
        yield Eligibility(kind=str(kind.label), until=until, because=because, channel=name)
