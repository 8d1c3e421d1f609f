"""Sending invitations so that nobody is written to twice and nobody is forgotten, whatever is killed when.

A sender claims a few hundred planned rows. Then, as many at a time as it has connections: one commit marks them as
*sending* and records what became of the ones before; the mails are handed over outside of any transaction. Whoever
dies leaves at most that many rows in *sending*; when their lease is over they become *unknown* and are not sent again
by themselves.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from customers.models import Channel, Consent, Suppression
from events.leases import RELEASED, claim
from events.lookups import Among, among
from events.publishing import publish
from mail.post import Post, post_office
from mail.smtp import Ending, Message, Outcome
from surveys.messages import Letter, write_letter
from surveys.models import Invitation, InvitationQuerySet, Wave

State, Reason = Invitation.State, Invitation.Reason
LEASE_TOKEN = Invitation._meta.get_field("lease_token")

CLAIM = 512
NEEDED = ("wave", "customer", "address", "language", "attempts", "sent_at", "is_test", "due_at")
LEASE = timedelta(minutes=5)
WORK_AT_MOST = 30.0  # seconds a task keeps its worker
BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
)

Handed = Sequence[tuple[Invitation, Outcome]]

# The two statements of every hand-over. Their conditions are looked at again in the statement that sends: who said
# no before it is not written to.
MARK = """
    UPDATE surveys_invitation SET state = 'sending', attempts = attempts + 1
    WHERE id {among} AND lease_token = %s AND state = 'claimed' AND answered_at IS NULL
    AND EXISTS (
        SELECT 1 FROM surveys_wave wave JOIN surveys_campaign campaign ON campaign.id = wave.campaign_id
        WHERE wave.id = surveys_invitation.wave_id AND campaign.state = 'sending'
    )
    AND NOT EXISTS (
        SELECT 1 FROM customers_suppression
        WHERE channel = 'email' AND customers_suppression.digest = surveys_invitation.digest
    )
    AND NOT EXISTS (
        SELECT 1 FROM customers_consent consent
        WHERE consent.customer_id = surveys_invitation.customer_id
        AND purpose = 'survey' AND channel = 'email' AND consent.state = 'withdrawn'
    )
    RETURNING id
"""
RECORD_ACCEPTED = """
    UPDATE surveys_invitation SET state = 'sent', sent_at = %s, error = '', lease_token = NULL, lease_until = NULL
    WHERE id {among} AND lease_token = %s AND state = 'sending'
    RETURNING id
"""


def send_due_invitations(*, at: datetime, seconds: float = WORK_AT_MOST, post: Post | None = None) -> bool:
    """Send what is due `at`, for a while; False when it stopped with work left over.

    Stops early when the mail server takes nothing at all: the rows wait, and a later sweep tries again.
    """
    if post is None:
        if not Invitation.objects.due(at).exists():
            return True
        with post_office() as house_post:
            return send_due_invitations(at=at, seconds=seconds, post=house_post)
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        due = Invitation.objects.due(at).unleased().order_by("due_at", "pk")
        due = due.only(*NEEDED).annotate(first_name=F("customer__first_name"))
        claimed = claim(due, batch=CLAIM, lease=LEASE, state=State.CLAIMED)
        if not claimed or not send_claimed(claimed, post=post, at=at, stop_at=stop_at):
            return True
    return False


def send_claimed(claimed: list[Invitation], *, post: Post, at: datetime, stop_at: float) -> bool:
    """Send claimed invitations, one hand-over at a time; False when the mail server takes nothing."""
    desk = Desk(claimed, at=at)
    handed: Handed = ()
    rest = iter(claimed)
    while time.monotonic() < stop_at and (group := list(islice(rest, post.width))):
        written = {
            invitation.pk: desk.write(invitation) for invitation in group
        }  # what fails here has not begun
        sending = record_and_mark(handed, group, desk=desk)
        outcomes = post.hand_over([written[invitation.pk] for invitation in sending]) if sending else []
        handed = list(zip(sending, outcomes, strict=True))
        if handed and all(outcome.ending is Ending.NOT_SENT for _invitation, outcome in handed):
            record_and_mark(handed, [], desk=desk)
            release(list(rest))
            return False
    record_and_mark(handed, [], desk=desk)
    release(list(rest))
    return True


class Desk:
    """Where a batch of invitations is written: its campaigns, its people's names, and the letters made so far."""

    def __init__(self, invitations: Sequence[Invitation], *, at: datetime) -> None:
        waves = Wave.objects.filter(pk__in={invitation.wave_id for invitation in invitations})
        self.campaigns = {wave.pk: wave.campaign for wave in waves.select_related("campaign__survey")}
        self.first_names = {each.pk: each.first_name for each in invitations}  # type: ignore[attr-defined]  # claimed so
        self.letters: dict[tuple[int, str, bool], Letter] = {}
        self.at = at

    def write(self, invitation: Invitation) -> Message:
        is_reminder = invitation.sent_at is not None
        key = (invitation.wave_id, invitation.language, is_reminder)
        if key not in self.letters:
            campaign = self.campaigns[invitation.wave_id]
            self.letters[key] = write_letter(
                campaign, language=invitation.language, is_reminder=is_reminder, at=self.at
            )
        return self.letters[key].to(invitation, first_name=self.first_names[invitation.pk])


@transaction.atomic
def record_and_mark(handed: Handed, group: Sequence[Invitation], *, desk: Desk) -> list[Invitation]:
    """One commit: what became of the last hand-over, and who is in the next one; returns the latter."""
    record_outcomes(handed, desk=desk)
    if not group:
        return []
    sending = change(MARK, group)
    if len(sending) < len(group):
        set_aside(held(group, State.CLAIMED))
    return [invitation for invitation in group if invitation.pk in sending]


def held(group: Sequence[Invitation], state: str) -> InvitationQuerySet:
    """Those of `group` whose lease is still ours."""
    pks = Among("pk", [invitation.pk for invitation in group])
    return Invitation.objects.filter(pks, lease_token=group[0].lease_token, state=state)


def change(statement: str, group: Sequence[Invitation], *values: Any) -> set[int]:
    """Run one of the statements above on those of `group` whose lease is still ours; returns whom it changed."""
    condition, pks = among(invitation.pk for invitation in group)
    token = LEASE_TOKEN.get_db_prep_value(group[0].lease_token, connection)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(among=condition), [*values, pks, token])
        return {pk for (pk,) in cursor.fetchall()}


def suppressions() -> QuerySet[Suppression]:
    return Suppression.objects.filter(channel=Channel.EMAIL, digest=OuterRef("digest"))


def refusals() -> QuerySet[Consent]:
    return Consent.objects.filter(
        customer=OuterRef("customer"),
        purpose=Consent.Purpose.SURVEY,
        channel=Channel.EMAIL,
        state=Consent.State.WITHDRAWN,
    )


def set_aside(mine: InvitationQuerySet) -> None:
    """Say of claimed rows that may not be sent why; who was written to before stays *sent*."""
    mine.exclude(sent_at=None).filter(answered_at__isnull=False).update(state=State.SENT, **RELEASED)
    for why, reason in ((suppressions(), Reason.SUPPRESSED), (refusals(), Reason.NO_CONSENT)):
        stopped = mine.filter(Exists(why))
        stopped.exclude(sent_at=None).update(state=State.SENT, **RELEASED)
        stopped.filter(sent_at=None).update(state=State.EXCLUDED, reason=reason, **RELEASED)
    mine.update(state=State.PLANNED, **RELEASED)


def record_outcomes(handed: Handed, *, desk: Desk) -> None:
    """Write down what became of each message; a row whose lease was lost is left to the one who took it."""
    by_ending: dict[Ending, list[tuple[Invitation, str]]] = {}
    for invitation, outcome in handed:
        by_ending.setdefault(outcome.ending, []).append((invitation, outcome.words))
    if accepted := by_ending.pop(Ending.ACCEPTED, None):
        record_accepted([invitation for invitation, _words in accepted], desk=desk)
    for ending, group in by_ending.items():
        for invitation, words in group:
            held([invitation], State.SENDING).update(
                **after(ending, invitation, at=desk.at), error=words[:500], **RELEASED
            )


def record_accepted(invitations: Sequence[Invitation], *, desk: Desk) -> None:
    first = [invitation for invitation in invitations if invitation.sent_at is None]
    again = [invitation for invitation in invitations if invitation.sent_at is not None]
    if first:
        sent_at = connection.ops.adapt_datetimefield_value(desk.at)
        recorded = change(RECORD_ACCEPTED, first, sent_at)
        announce([each for each in first if each.pk in recorded], desk=desk, is_first=True)
    reminded = {"reminded_at": desk.at, "reminders_sent": F("reminders_sent") + 1}
    if again and held(again, State.SENDING).update(state=State.SENT, **reminded, **RELEASED):
        announce(again, desk=desk, is_first=False)


def announce(invitations: Sequence[Invitation], *, desk: Desk, is_first: bool) -> None:
    """One event per wave and hand-over, with all that those need who may not look into this room; tests are private."""
    by_wave: dict[int, list[Invitation]] = {}
    for invitation in invitations:
        if not invitation.is_test:
            by_wave.setdefault(invitation.wave_id, []).append(invitation)
    for wave, group in by_wave.items():
        campaign = desk.campaigns[wave]
        publish(
            "surveys.invitations_sent",
            subject=wave,
            at=desk.at,
            invitations=[invitation.pk for invitation in group],
            customers=[invitation.customer_id for invitation in group],
            touchpoint=campaign.survey.touchpoint_id,
            campaign=campaign.name,
            first=is_first,
        )


def after(ending: Ending, invitation: Invitation, *, at: datetime) -> dict[str, object]:
    """Where a row goes that the mail server did not take."""
    was_sent = invitation.sent_at is not None
    match ending:
        case Ending.UNKNOWN:
            return {"state": State.UNKNOWN}
        case Ending.REFUSED if was_sent:
            return {"state": State.SENT, "reminders_sent": F("reminders_sent") + 1, "reminded_at": at}
        case Ending.REFUSED:
            return {"state": State.FAILED, "reason": Reason.REFUSED}
        case _:
            pause = BACK_OFF[min(invitation.attempts, len(BACK_OFF) - 1)]
            return {"state": State.PLANNED, "due_at": at + pause}


def release(claimed: Sequence[Invitation]) -> None:
    """Give back what was claimed and not begun."""
    if claimed:
        held(claimed, State.CLAIMED).update(state=State.PLANNED, **RELEASED)


def return_leases() -> int:
    """What dead senders left: claimed rows are planned again, those in their hands are *unknown*; returns how many."""
    lapsed = Invitation.objects.filter(lease_until__lt=Now())
    claimed = lapsed.filter(state=State.CLAIMED).update(state=State.PLANNED, **RELEASED)
    return claimed + lapsed.filter(state=State.SENDING).update(state=State.UNKNOWN, **RELEASED)


def send_again(*, invitations: Sequence[int], at: datetime) -> int:
    """A person decides that *unknown* or *failed* invitations are sent again; returns how many."""
    stuck = Invitation.objects.filter(
        pk__in=invitations, state__in=[State.UNKNOWN, State.FAILED], answered_at=None
    )
    return stuck.update(state=State.PLANNED, due_at=at, attempts=0, reason="", error="")
