"""Planning a wave: one row for each customer of the segment, with what will become of it and why, in one statement."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from customers.consent import KIND_OF_CHANNEL
from customers.models import Channel, Consent, Customer, Identity, Suppression
from customers.segments import members
from staff.access import within
from staff.models import Unit
from surveys.models import Campaign, Invitation, Wave

Reason = Invitation.Reason

# Of customers with one address the one who was here first is asked.
INSERT_INVITATIONS = """
    INSERT INTO surveys_invitation (
        wave_id, customer_id, state, reason, error, address, digest, language, due_at, attempts,
        reminders_sent, is_test)
    SELECT %s, customer, CASE WHEN why_not = '' AND nth = 1 THEN 'planned' ELSE 'excluded' END,
        CASE WHEN why_not = '' AND nth > 1 THEN 'duplicate_address' ELSE why_not END,
        '', address, address_digest, language, %s, 0, 0, %s
    FROM ({candidates}) AS candidates
"""
COUNT_CANDIDATES = """
    SELECT CASE WHEN why_not = '' AND nth > 1 THEN 'duplicate_address' ELSE why_not END AS reason, COUNT(*)
    FROM ({candidates}) AS candidates {among} GROUP BY reason
"""


@transaction.atomic
def plan_wave(*, campaign: Campaign, at: datetime) -> Wave:
    """Write the send ledger of the campaign's wave; planning it again changes nothing."""
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=1)
    if Wave.objects.filter(pk=wave.pk, planned_at=None).update(planned_at=at):
        candidates, params = candidates_of(campaign, at=at).query.sql_with_params()
        due_at = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT_INVITATIONS.format(candidates=candidates), [wave.pk, due_at, False, *params]
            )
        wave.planned_at = at
    return wave


def forecast(campaign: Campaign, *, at: datetime, unit: Unit | None = None) -> dict[str, int]:
    """How many would be planned if the campaign started `at`, and how many not, by reason; '' counts those asked.

    With a unit only its customers are counted, and still a stranger may have their address.
    """
    candidates, params = candidates_of(campaign, at=at).query.sql_with_params()
    among, more_params = "", ()
    if unit is not None:
        theirs = within(Customer.objects.all(), unit).order_by().values("pk")
        keys, more_params = theirs.query.sql_with_params()
        among = f"WHERE customer IN ({keys})"
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CANDIDATES.format(candidates=candidates, among=among), [*params, *more_params])
        return dict(cursor.fetchall())


def candidates_of(campaign: Campaign, *, at: datetime) -> QuerySet[Customer, tuple[object, ...]]:
    """The segment's customers with their address and, where they are not asked, why not; `nth` of that address."""
    return (
        members(segment=campaign.segment, at=at)
        .order_by()
        .annotate(customer=F("pk"), **address_of(campaign.channel))
        .annotate(why_not=why_not(campaign.channel))
        .annotate(
            nth=Window(RowNumber(), partition_by=[F("address_digest"), F("why_not")], order_by=F("pk").asc())
        )
        .values_list("customer", "address", "address_digest", "language", "why_not", "nth")
    )


def address_of(channel: str) -> dict[str, Coalesce]:
    primary = Identity.objects.filter(
        customer=OuterRef("pk"), kind=KIND_OF_CHANNEL[Channel(channel)], is_primary=True
    )
    return {
        "address": Coalesce(Subquery(primary.values("value")[:1]), Value("")),
        "address_digest": Coalesce(Subquery(primary.values("digest")[:1]), Value("")),
    }


def why_not(channel: str) -> Case:
    """Why a customer is not asked over `channel`, the first reason that holds; empty when nothing stands against it."""
    withdrawn = Consent.objects.filter(
        customer=OuterRef("pk"),
        purpose=Consent.Purpose.SURVEY,
        channel=channel,
        state=Consent.State.WITHDRAWN,
    )
    suppressed = Suppression.objects.filter(channel=channel, digest=OuterRef("address_digest"))
    return Case(
        When(address="", then=Value(Reason.NO_ADDRESS)),
        When(Exists(withdrawn), then=Value(Reason.NO_CONSENT)),
        When(Exists(suppressed), then=Value(Reason.SUPPRESSED)),
        default=Value(""),
        output_field=CharField(),
    )
