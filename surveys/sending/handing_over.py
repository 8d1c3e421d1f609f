"""The commit of every hand-over: what became of the messages before, and who is written to next.

On PostgreSQL it is one statement, so one round trip; on SQLite the same parts one after another.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from customers.models import Consent, Suppression
from events.lookups import Among, among, written_out
from events.publishing import PUBLISH, facts_of
from mail.messages import Ending, Outcome
from surveys.contact.addressees import Addressee, addressees_of
from surveys.contact.verdicts import REASON_OF_SUPPRESSION
from surveys.models import Campaign, Claim, Invitation
from surveys.models.invitations import InvitationQuerySet, one_reminder_more
from surveys.sending.claiming import Claimed, LeaseLost
from surveys.sending.deliveries import note_what_was_told
from surveys.sending.rerouting import reroute
from surveys.sending.stopping import REASON_OF, stop_planned

State, Reason = Invitation.State, Invitation.Reason
TOKEN = Claim._meta.get_field("lease_token")

BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
)

Handed = Sequence[tuple[Addressee, Outcome]]

# {ours} is the claim's token while the claim is still ours, else nothing; {wave} is the claim's wave.
RECORD = """
    UPDATE surveys_invitation SET state = 'sent', error = '', reason = '', cap_id = NULL, lease_token = NULL,
        sent_at = COALESCE(sent_at, %(at)s),
        first_reminded_at = CASE WHEN sent_at IS NULL THEN NULL ELSE COALESCE(first_reminded_at, %(at)s) END,
        reminded_at = CASE WHEN sent_at IS NULL THEN reminded_at ELSE %(at)s END,
        reminders_sent = reminders_sent + CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END
    WHERE id {accepted} AND lease_token = {ours} AND state = 'sending'
"""
# The conditions are looked at again in the statement that sends: who said no before it is not written to. Each is a
# single value, which PostgreSQL looks up row by row; it would make joins of EXISTS, and on tables that nobody has
# analysed since a large import read all customers for every hand-over.
MARK = """
    UPDATE surveys_invitation SET state = 'sending', reason = '', cap_id = NULL, attempts = attempts + 1,
        lease_token = {ours}
    WHERE id {next} AND {ours} IS NOT NULL AND state IN ('planned', 'deferred') AND answered_at IS NULL
    AND (
        SELECT campaign.state FROM surveys_wave wave JOIN surveys_campaign campaign ON campaign.id = wave.campaign_id
        JOIN surveys_survey survey ON survey.id = campaign.survey_id
        WHERE wave.id = {wave} AND survey.is_open
        AND (campaign.ends_at IS NULL OR campaign.ends_at > %(at)s)
        AND (survey.closes_at IS NULL OR survey.closes_at > %(at)s)
        AND (survey.quota IS NULL OR survey.taken < survey.quota)
    ) = 'sending'
    AND (
        SELECT TRUE FROM customers_suppression
        WHERE channel = surveys_invitation.channel AND customers_suppression.digest = surveys_invitation.digest
    ) IS NULL
    AND (
        SELECT TRUE FROM customers_consent consent
        WHERE consent.customer_id = surveys_invitation.customer_id
        AND purpose = 'survey' AND consent.channel = surveys_invitation.channel AND consent.state = 'withdrawn'
    ) IS NULL
    AND (
        SELECT TRUE FROM customers_customer customer WHERE customer.id = surveys_invitation.customer_id
        AND customer.merged_into_id IS NULL AND customer.erased_at IS NULL
    )
    RETURNING id
"""
AT_ONCE = f"""
    WITH mine AS (SELECT lease_token, wave_id FROM surveys_claim WHERE lease_token = %(token)s FOR UPDATE),
    recorded AS ({RECORD}), told AS ({PUBLISH["postgresql"]} WHERE {{ours}} IS NOT NULL), marked AS ({MARK})
    SELECT (SELECT COUNT(*) FROM mine), (SELECT string_agg(id::text, ' ') FROM marked)
""".format(  # noqa: S608  our own parts
    ours="(SELECT lease_token FROM mine)",
    wave="(SELECT wave_id FROM mine)",
    accepted="= ANY(%(accepted)s::bigint[])",
    next="= ANY(%(next)s::bigint[])",
)


def nothing(_until: int) -> None:
    """What is done meanwhile by who has nothing else to do."""


def record_and_mark(
    claimed: Claimed,
    handed: Handed,
    group: Sequence[Addressee],
    *,
    campaign: Campaign,
    at: datetime,
    meanwhile: Callable[[int], None] = nothing,
) -> list[Addressee]:
    """One commit: what became of the last messages, and who is written to next; returns the latter.

    `meanwhile` is what the caller does while the database works beside us. Raises LeaseLost when the claim was given back
    meanwhile; then nothing is written.
    """
    accepted = [addressee for addressee, outcome in handed if outcome.ending is Ending.ACCEPTED]
    others = [each for each in handed if each[1].ending is not Ending.ACCEPTED]
    with transaction.atomic() if others or connection.vendor == "sqlite" else nullcontext():
        if others:
            record_others(claimed, others, campaign=campaign, at=at)
        marked = set(write(claimed, accepted, group, campaign=campaign, at=at, meanwhile=meanwhile))
    if len(marked) < len(group):
        stopped = Invitation.objects.filter(Among("pk", [each.pk for each in group if each.pk not in marked]))
        set_aside(stopped, campaign, at=at)
    return [addressee for addressee in group if addressee.pk in marked]


def write(
    claimed: Claimed,
    accepted: Sequence[Addressee],
    group: Sequence[Addressee],
    *,
    campaign: Campaign,
    at: datetime,
    meanwhile: Callable[[int], None],
) -> list[int]:
    """The statement, or statements, of a hand-over; returns whom it marked. In a transaction nothing runs beside it."""
    facts = facts_of("surveys.invitations_sent", announcements(accepted, campaign=campaign, at=at))
    values = {
        "token": str(TOKEN.get_db_prep_value(claimed.token, connection)),
        "wave": str(claimed.wave),
        "at": str(connection.ops.adapt_datetimefield_value(at)),
        "facts": facts,
    }
    recorded, marked = ([each.pk for each in part] for part in (accepted, group))
    if connection.vendor == "postgresql":
        arrays = {"accepted": written_out(recorded), "next": written_out(marked)}
        if connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute(AT_ONCE, values | arrays)
                [(ours, sending)] = cursor.fetchall()
        else:
            from events.statements import run_beside  # noqa: PLC0415  SQLite needs no driver

            [(ours, sending)] = run_beside(AT_ONCE, values | arrays, meanwhile=meanwhile)
        if not int(ours):
            raise LeaseLost
        return [int(pk) for pk in (sending or "").split()]
    if not Claim.objects.filter(lease_token=claimed.token).exists():
        raise LeaseLost
    with connection.cursor() as cursor:
        if recorded:
            run(cursor, RECORD, values, accepted=recorded)
            cursor.execute(PUBLISH[connection.vendor], values)
        return [pk for (pk,) in run(cursor, MARK, values, next=marked)] if marked else []


def run(cursor: Any, statement: str, values: Mapping[str, Any], **pks: list[int]) -> list[tuple[int]]:
    """One of the statements above, on these rows."""
    conditions = {}
    for name, numbers in pks.items():
        condition, parameter = among(numbers)
        conditions[name] = condition.replace("%s", f"%({name})s")
        values = {**values, name: parameter}
    cursor.execute(statement.format(ours="%(token)s", wave="%(wave)s", **conditions), values)
    rows: list[tuple[int]] = cursor.fetchall()
    return rows


def announcements(
    accepted: Sequence[Addressee], *, campaign: Campaign, at: datetime
) -> list[tuple[int, datetime, dict[str, Any]]]:
    """One event for first mails and one for reminders, with all that those need who may not look into this room.

    Tests are private.
    """
    told = []
    for is_first in (True, False):
        group = [each for each in accepted if each.is_reminder is not is_first and not each.is_test]
        if group:
            payload = {
                "invitations": [each.pk for each in group],
                "customers": [each.customer_id for each in group],
                "touchpoint": campaign.survey.touchpoint_id,
                "campaign": campaign.name,
                "first": is_first,
            }
            told.append((group[0].wave_id, at, payload))
    return told


def record_others(claimed: Claimed, others: Handed, *, campaign: Campaign, at: datetime) -> None:
    """What the mail server did not take; a row whose lease was lost is left to the one who took it."""
    ours = Claim.objects.select_for_update().filter(lease_token=claimed.token)
    if not ours.exists():
        raise LeaseLost
    state = locked_state(claimed)
    for addressee, outcome in others:
        Invitation.objects.filter(pk=addressee.pk, lease_token=claimed.token, state=State.SENDING).update(
            **after(outcome.ending, addressee, at=at), error=outcome.words[:500], lease_token=None
        )
    if state in REASON_OF:  # for what was not taken there is no other time
        untaken = Invitation.objects.filter(Among("pk", [addressee.pk for addressee, _outcome in others]))
        stop_planned(untaken, reason=REASON_OF[state])
    else:
        refused = [addressee for addressee, outcome in others if outcome.ending is Ending.REFUSED]
        reroute([addressee for addressee in refused if not addressee.is_reminder], campaign, at=at)
    unknown = [addressee for addressee, outcome in others if outcome.ending is Ending.UNKNOWN]
    if unknown:
        note_what_was_told((addressee.pk, addressee.attempts + 1) for addressee in unknown)


def locked_state(claimed: Claimed) -> Campaign.State:
    """The campaign's; whoever ends it waits until what is written now is committed, and finds it."""
    campaigns = Campaign.objects.select_for_update(of=("self",), no_key=True)
    return Campaign.State(campaigns.values_list("state", flat=True).get(waves=claimed.wave))


def after(ending: Ending, addressee: Addressee, *, at: datetime) -> dict[str, object]:
    """Where a row goes that the mail server did not take."""
    match ending:
        case Ending.UNKNOWN:
            return {"state": State.UNKNOWN}
        case Ending.REFUSED if addressee.is_reminder:
            return {"state": State.SENT, **one_reminder_more(at)}
        case Ending.REFUSED:
            return {"state": State.FAILED, "reason": Reason.REFUSED}
        case _:
            pause = BACK_OFF[min(addressee.attempts, len(BACK_OFF) - 1)]
            return {"state": State.PLANNED, "due_at": at + pause}


def suppressions(reason: str) -> Exists:
    return Exists(
        Suppression.objects.filter(channel=OuterRef("channel"), digest=OuterRef("digest"), reason=reason)
    )


def refusals() -> Exists:
    return Exists(
        Consent.objects.filter(
            customer=OuterRef("customer"),
            purpose=Consent.Purpose.SURVEY,
            channel=OuterRef("channel"),
            state=Consent.State.WITHDRAWN,
        )
    )


def set_aside(stopped: InvitationQuerySet, campaign: Campaign, *, at: datetime) -> None:
    """Say of waiting rows that may not be sent why; who was written to before stays *sent*.

    Where other mail to the address came back meanwhile, the next channel is tried, as if this one had.
    """
    waiting = stopped.waiting()
    answered = waiting.filter(answered_at__isnull=False)
    answered.exclude(sent_at=None).update(state=State.SENT)
    answered.filter(sent_at=None).update(state=State.UNKNOWN)  # it arrived, although nobody could tell
    whys: list[tuple[Exists | Q, str]] = [
        (Q(customer__erased_at__isnull=False), Reason.ERASED),
        (Q(customer__merged_into__isnull=False), Reason.MERGED),
        *((suppressions(stop), reason) for stop, reason in REASON_OF_SUPPRESSION.items()),
        (refusals(), Reason.NO_CONSENT),
    ]
    for why, reason in whys:
        unwelcome = Invitation.objects.filter(pk__in=waiting.filter(why).values("pk"))
        unwelcome.exclude(sent_at=None).update(state=State.SENT, reason="", cap=None)
        unasked = unwelcome.filter(sent_at=None)
        unreachable = addressees_of(unasked) if reason == Reason.BOUNCED else []
        unasked.update(state=State.EXCLUDED, reason=reason, cap=None)
        reroute(unreachable, campaign, at=at)
