"""What became of messages after they were handed over, written into the send ledger; told twice, nothing changes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, DateTimeField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least

from customers.consent import suppress
from customers.models import Suppression
from events.delivery import NotYet
from events.lookups import Among
from events.publishing import publish_each
from mail.models import DeliveryReport
from mail.reading import Kind
from surveys.answering.asking import find_invitation
from surveys.models import Invitation
from surveys.models.invitations import InvitationQuerySet, one_reminder_more
from surveys.sending.rerouting import reroute_returned
from surveys.sending.unsubscribing import leave_by_provider

State, Reason = Invitation.State, Invitation.Reason
AT_ONCE = 300
# What a message is known by: surveys/sending/messages.py
KEY = re.compile(r"\Ainvitation\.(\d{1,18})\.(\d{1,4})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing a provider told of one message; `channel` and `kind` are the values of mail.reading's."""

    channel: str
    key: str
    kind: str
    at: datetime
    is_machine: bool = False
    words: str = ""


def note_deliveries(deliveries: Iterable[Delivery]) -> None:
    """Write down, for each message that is an invitation, that it arrived, came back, was opened or clicked.

    What is told of a channel that the invitation has left, or of a message before its newest, says nothing of where it
    is now. Raises NotYet where something came back that is still being handed over.
    """
    told: dict[tuple[str, str, bool, int], dict[int, Delivery]] = {}
    for delivery in without_recognised(deliveries):
        if found := KEY.match(delivery.key):
            pk, attempt = int(found[1]), int(found[2])
            alike = told.setdefault((delivery.channel, delivery.kind, delivery.is_machine, attempt), {})
            alike[pk] = min(delivery, alike.get(pk, delivery), key=lambda each: each.at)
    for (channel, kind, is_machine, attempt), alike in told.items():
        numbers = sorted(alike)
        for start in range(0, len(numbers), AT_ONCE):
            some = {pk: alike[pk] for pk in numbers[start : start + AT_ONCE]}
            note_alike(some, channel=channel, kind=kind, is_machine=is_machine, attempt=attempt)


def note_alike(
    told: Mapping[int, Delivery], *, channel: str, kind: str, is_machine: bool, attempt: int
) -> None:
    """The same happened to these invitations, each at its moment: a few statements for all of them.

    The first message of each has the number 0, and `attempts` is one more than the newest's.
    """
    moments = {pk: delivery.at for pk, delivery in told.items()}
    invitations = Invitation.objects.filter(Among("pk", moments), channel=channel)
    is_newest = Q(attempts__lte=attempt + 1)
    if field := FIRST_TIME.get((kind, is_machine)):
        invitations.update(**{field: first(moments, field)})
    if kind in SUPPRESSING:
        # the address is that of the newest message: what came back may have gone to one its customer had before
        meant = invitations.filter(is_newest) if kind == "bounced" else invitations
        stop_writing_to(meant, moments, kind=kind)
    match kind:
        case "delivered":
            arrived = invitations.filter(is_newest | Q(sent_at=None))  # whichever arrived, they were asked
            note_sent(arrived.filter(state=State.UNKNOWN), moments)
        case "clicked" if is_machine:
            take_back_clicks(invitations)
        case "unsubscribed":
            unsubscribe_recipients(invitations, moments)
        case "bounced" | "rejected":
            note_returned(invitations.filter(is_newest), told, kind=kind)


def note_what_was_told(messages: Iterable[tuple[int, int]]) -> None:
    """Look up what was told of messages before anybody knew that they are *unknown*: of invitations and their `attempts`."""
    keys = [f"invitation.{pk}.{attempts - 1}" for pk, attempts in messages]
    told = DeliveryReport.objects.filter(Among("key", keys), kind__in=[Kind.DELIVERED, *REASONS])
    note_deliveries(
        Delivery(channel=report.channel, key=report.key, kind=report.kind, at=report.at, words=report.words)
        for report in told.order_by("pk")
    )


def note_returned(invitations: InvitationQuerySet, told: Mapping[int, Delivery], *, kind: str) -> None:
    """What came back of these is *failed*, or goes by the next channel: nobody is reminded of it. Raises NotYet."""
    if invitations.filter(state=State.SENDING).exists():
        raise NotYet("Its message is still being handed over.")
    is_out = Q(state__in=[State.SENT, State.UNKNOWN]) | Q(state__in=Invitation.WAITING, sent_at__isnull=False)
    unanswered = invitations.filter(is_out, answered_at=None)
    if returned := list(unanswered.values_list("pk", flat=True)):
        words = Case(*(When(pk=pk, then=Value(told[pk].words)) for pk in returned), output_field=CharField())
        unanswered.update(state=State.FAILED, reason=REASONS[kind], cap=None, error=words)
        reroute_returned(
            Invitation.objects.filter(Among("pk", returned)), at=max(told[pk].at for pk in returned)
        )


def note_sent(unknown: InvitationQuerySet, moments: Mapping[int, datetime]) -> None:
    """What arrived was sent, whatever nobody could tell: the first message, or a reminder of it that counts from now on.

    Who puts messages on timelines and counts them hears of these as of any others.
    """
    rows = list(unknown.select_related("wave__campaign__survey").order_by("pk"))
    if not rows:
        return
    at = moment_of(moments)
    is_sent = {"state": State.SENT, "error": "", "reason": "", "cap": None}
    with transaction.atomic():
        if any(row.sent_at for row in rows):
            unknown.exclude(sent_at=None).update(**is_sent, **one_reminder_more(at))
        if any(row.sent_at is None for row in rows):
            unknown.filter(sent_at=None).update(**is_sent, sent_at=at)
        publish_each("surveys.invitations_sent", announcements(rows, moments))


def announcements(
    rows: Iterable[Invitation], moments: Mapping[int, datetime]
) -> Iterator[tuple[int, datetime, dict[str, Any]]]:
    """One for each wave and moment, as for what is handed over."""
    sent: dict[tuple[int, datetime, bool], list[Invitation]] = {}
    for row in rows:
        if not row.is_test:
            sent.setdefault((row.wave_id, moments[row.pk], row.sent_at is None), []).append(row)
    for (wave, at, is_first), theirs in sent.items():
        campaign = theirs[0].wave.campaign
        payload = {
            "invitations": [row.pk for row in theirs],
            "customers": [row.customer_id for row in theirs],
            "touchpoint": campaign.survey.touchpoint_id,
            "campaign": campaign.name,
            "first": is_first,
        }
        yield wave, at, payload


def without_recognised(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Without the clicks of people that have been recognised as a machine's since they were told."""
    told = [*deliveries]
    clicks = {each.key for each in told if each.kind == Kind.CLICKED and not each.is_machine}
    if not clicks:
        return told
    machines = set(clicks_on(clicks).filter(is_machine=True).values_list("key", "at"))
    return [
        each
        for each in told
        if each.kind != Kind.CLICKED or each.is_machine or (each.key, each.at) not in machines
    ]


def take_back_clicks(invitations: InvitationQuerySet) -> None:
    """Where the first click was a machine's after all, the first of a person counts, if there is any."""
    rows = invitations.filter(clicked_at__isnull=False).values_list("pk", "attempts", "clicked_at")
    numbers = {f"invitation.{pk}.{n}": pk for pk, attempts, _at in rows for n in range(attempts)}
    by_whom: dict[tuple[int, bool], set[datetime]] = defaultdict(set)
    if numbers:
        for key, at, is_machine in clicks_on(numbers).values_list("key", "at", "is_machine"):
            by_whom[numbers[key], is_machine].add(at)
    mistaken = [pk for pk, _attempts, clicked_at in rows if clicked_at in by_whom[pk, True]]
    if mistaken:
        invitations.filter(Among("pk", mistaken)).update(clicked_at=None)
    if of_people := {pk: min(by_whom[pk, False]) for pk in mistaken if by_whom[pk, False]}:
        invitations.filter(Among("pk", of_people)).update(clicked_at=moment_of(of_people))


def clicks_on(keys: Iterable[str]) -> QuerySet[DeliveryReport]:
    return DeliveryReport.objects.filter(Among("key", keys), kind=Kind.CLICKED)


def stop_writing_to(invitations: InvitationQuerySet, moments: Mapping[int, datetime], *, kind: str) -> None:
    """Returned mails name our message, not always the address: the ledger knows where it went."""
    for pk, channel, digest in invitations.exclude(digest="").values_list("pk", "channel", "digest"):
        suppress(channel=channel, digest=digest, reason=SUPPRESSING[kind], at=moments[pk])


def unsubscribe_recipients(invitations: InvitationQuerySet, moments: Mapping[int, datetime]) -> None:
    """As few as they are, one by one."""
    for pk in invitations.order_by("pk").values_list("pk", flat=True):
        if invitation := find_invitation(pk):
            leave_by_provider(invitation=invitation, at=moments[pk])


FIRST_TIME = {  # where the first of these is written down, by what happened and whether a machine did it
    ("delivered", False): "delivered_at",
    ("opened", True): "machine_opened_at",
    ("opened", False): "opened_at",
    ("clicked", False): "clicked_at",
}
SUPPRESSING = {"bounced": Suppression.Reason.BOUNCED, "complained": Suppression.Reason.COMPLAINED}
REASONS = {"bounced": Reason.BOUNCED, "rejected": Reason.REFUSED}


def first(moments: Mapping[int, datetime], field: str) -> Least:
    """The earlier of what is known and each one's moment: reports come in any order."""
    return Least(Coalesce(field, moment_of(moments)), moment_of(moments))


def moment_of(moments: Mapping[int, datetime]) -> Case:
    whens = (When(pk=pk, then=Value(at)) for pk, at in moments.items())
    return Case(*whens, output_field=DateTimeField())
