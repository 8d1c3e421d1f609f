"""Messages that did not arrive: whoever wrote one hears of it, and a contact that was none is taken back."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from customers.consent import suppress_address
from customers.identities import NotAnIdentity
from customers.models import Suppression
from events.leases import RELEASED
from events.publishing import publish
from followups.alerts.messages import alert_of_lost
from followups.clock import ladder
from followups.models import FollowUp, FollowUpStep, Message
from followups.working.steps import UNRESOLVED, add_step, change, clockwork, standstill

Kind = FollowUpStep.Kind
State = Message.State
REACHED = (Kind.CONTACT, Kind.REACHED, Kind.ANSWERED)


@transaction.atomic
def note_failed(*, message: Message, words: str, at: datetime) -> None:
    """The other side takes it not at all; of a sender that lost its lease this says nothing."""
    follow_up = hold_follow_up(message)
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING, lease_token=message.lease_token)
    if follow_up and mine.update(state=State.FAILED, error=words, **RELEASED):
        note_lost(message, follow_up, words=words, at=at)


@transaction.atomic
def note_returned(*, message: Message, words: str, is_nobody_there: bool, at: datetime) -> None:
    """It was taken and came back later; told again, nothing changes. Where nobody is, nobody writes again."""
    follow_up = hold_follow_up(message)
    taken = Message.objects.filter(pk=message.pk, state__in=(State.SENDING, State.SENT, State.UNKNOWN))
    if follow_up is None or not taken.update(state=State.RETURNED, error=words, **RELEASED):
        return
    if is_nobody_there:
        stop_writing_to(message, reason=Suppression.Reason.BOUNCED, at=at)
    note_lost(message, follow_up, words=words, at=at)


def hold_follow_up(message: Message) -> FollowUp | None:
    """The follow-up in which `message` stands now, held before the message is changed, as merging holds it; None where it
    is gone with its customer."""
    held = FollowUp.objects.select_related("team__calendar", "rule", "customer", "owner__unit")
    where = Message.objects.filter(pk=message.pk).values_list("follow_up", flat=True)
    while pk := where.first():
        follow_up = held.select_for_update(of=("self",)).get(pk=pk)
        if where.filter(follow_up=pk).exists():
            return follow_up
    return None


def note_arrived(*, message: Message, at: datetime) -> None:
    """What arrived was sent, whatever nobody could tell."""
    unknown = Message.objects.filter(pk=message.pk, state=State.UNKNOWN)
    unknown.update(state=State.SENT, sent_at=at, error="")


def stop_writing_to(message: Message, *, reason: Suppression.Reason, at: datetime) -> None:
    """Nobody writes to the address of `message` again, whatever for."""
    with suppress(NotAnIdentity):
        suppress_address(channel=message.channel, address=message.address, reason=reason, at=at)


def note_lost(message: Message, follow_up: FollowUp, *, words: str, at: datetime) -> None:
    add_step(follow_up, Kind.RETURNED, by=None, text=words, at=at)
    if message.kind == Message.Kind.PERSON:
        take_back_contact(follow_up, at=at)
        alert_of_lost(follow_up=follow_up, message=message, at=at)


def take_back_contact(follow_up: FollowUp, *, at: datetime) -> None:
    """Who was only written to by messages that did not arrive was not contacted: the first clock runs again, as if it
    had never stopped. One that is resolved stays so, without a contact."""
    if follow_up.contacted_at is None or was_reached(follow_up):
        return
    fields: dict[str, Any] = {"contacted_at": None}
    if follow_up.state in UNRESOLVED:
        level, week = clockwork(follow_up)
        fields |= standstill(follow_up, level, week, at=at)
        fields |= ladder(level, week, since=at, due=follow_up.contact_due_at)
        fields["state"] = FollowUp.State.OPEN
    change(follow_up, seen_version=None, states=FollowUp.State, **fields)
    publish("followups.contact_taken_back", subject=follow_up.pk, at=at)


def was_reached(follow_up: FollowUp) -> bool:
    """Whether anything else since it was opened, this time, says that the customer was contacted."""
    since = Q(at__gte=follow_up.leg_opened_at)
    said_so = Q(kind__in=REACHED) | Q(kind=Kind.RESUMED, author__isnull=False)
    others = follow_up.messages.outgoing().of_people().filter(since).exclude(state__in=Message.LOST)
    return follow_up.steps.filter(since & said_so).exists() or others.exists()
