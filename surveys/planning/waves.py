"""Planning: one row for each customer of the segment, with what will become of it and why, in one statement."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from customers.models import Customer
from staff.access import within
from staff.models import Unit
from surveys.contact.verdicts import policy_now, verdicts
from surveys.models import Campaign, Wave

INSERT_INVITATIONS = """
    INSERT INTO surveys_invitation (
        wave_id, customer_id, state, reason, cap_id, channel, address, digest, language, variant, due_at,
        occasion, error, attempts, reminders_sent, is_test, context)
    SELECT %s, customer, state, reason, cap, channel, address, digest, language, variant, due_at,
        '', '', 0, 0, %s, '{{}}'
    FROM ({verdicts}) AS verdict
    WHERE NOT EXISTS (
        SELECT 1 FROM surveys_invitation known
        WHERE known.wave_id = %s AND known.customer_id = verdict.customer AND known.occasion = '' AND NOT known.is_test
    )
"""


@transaction.atomic
def plan_wave(*, campaign: Campaign, at: datetime) -> Wave:
    """Write the send ledger of the campaign's wave; planning it again changes nothing."""
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=1)
    if Wave.objects.filter(pk=wave.pk, planned_at=None).update(planned_at=at):
        write_ledger(wave, campaign, at=at)
        wave.planned_at = at
    return wave


def write_ledger(
    wave: Wave, campaign: Campaign, *, at: datetime, customers: Collection[int] | None = None
) -> int:
    """A row for everybody, or those of `customers`, who has none in `wave` yet; returns how many."""
    policy = policy_now(send_at=campaign.send_at)
    sql, params = verdicts(campaign, policy=policy, at=at, customers=customers)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_INVITATIONS.format(verdicts=sql), [wave.pk, False, *params, wave.pk])
        return int(cursor.rowcount)


def among_those_of(unit: Unit | None) -> tuple[str, list[Any]]:
    if unit is None:
        return "", []
    theirs = within(Customer.objects.all(), unit).order_by().values("pk")
    keys, params = theirs.query.sql_with_params()
    return f"WHERE customer IN ({keys})", list(params)
