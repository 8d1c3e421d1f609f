"""What customers answer by mail or SMS: it stands in the conversation, the clock goes on, and nothing is lost or told
twice.

A machine's answer is kept and changes nothing else, so two machines never keep each other awake.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Channel
from events.publishing import publish
from followups.alerts.messages import alert_of_answer
from followups.conversations.message_files import keep_files
from followups.conversations.replying import acknowledge
from followups.models import FollowUp, FollowUpStep, Message
from followups.working.steps import add_step, change, go_on, reopen
from mail.incoming.attached import Attached
from mail.incoming.letters import Letter

KEY = re.compile(r"\Afollowup\.(\d{1,18})\.\d+\Z")  # what a message is known by: followups/models/messages.py
TOLD_AT_MOST = 5  # answers of one customer that an owner hears of
WITHIN = timedelta(hours=1)
Kind = FollowUpStep.Kind
State = FollowUp.State


def message_known_by(key: str) -> Message | None:
    """Our message with this key; None where the key is not of this room, or the message is gone with its customer."""
    found = KEY.match(key)
    return Message.objects.outgoing().filter(pk=int(found[1])).first() if found else None


@transaction.atomic
def hear_customer(*, letter: Letter, attached: Iterable[Attached] = (), at: datetime) -> Message | None:
    """Put a letter into the conversation it belongs to, with what is attached to it; None where there is none, or it
    stands there already."""
    answered = message_known_by(letter.key)
    if answered is None:
        return None
    follow_up = hold(answered)
    if Message.objects.filter(fingerprint=letter.fingerprint).exists():
        return None
    message = put_into(follow_up, letter, at=at)
    keep_files(message, attached)
    if letter.is_automatic:
        add_step(follow_up, Kind.AUTOMATIC, by=None, at=at)
    else:
        go_on_with(follow_up, answer=message, at=at)
    return message


def hold(answered: Message) -> FollowUp:
    """The follow-up of a message, locked, with what goes on from there needs."""
    related = FollowUp.objects.select_related("team__calendar", "rule", "customer__unit", "owner__unit")
    return related.select_for_update(of=("self",)).get(pk=answered.follow_up_id)


def go_on_with(follow_up: FollowUp, *, answer: Message, at: datetime) -> None:
    """A person answered: it is our turn, and the owner of a follow-up hears of it."""
    add_step(follow_up, Kind.ANSWERED, by=None, at=at)
    move_on(follow_up, at=at)
    acknowledge(follow_up=follow_up, answer=answer, at=at)
    if not is_flood(follow_up, at=at):
        alert_of_answer(follow_up=follow_up, message=answer, at=at)
    publish("followups.customer_answered", subject=follow_up.pk, at=at, message=answer.pk)


def put_into(follow_up: FollowUp, letter: Letter, *, at: datetime) -> Message:
    return Message.objects.create(
        follow_up=follow_up,
        direction=Message.Direction.IN,
        channel=Channel.EMAIL,
        kind=Message.Kind.AUTOMATIC if letter.is_automatic else Message.Kind.PERSON,
        address=letter.sender,
        subject=letter.subject,
        text=letter.text,
        quoted=letter.quoted,
        at=at,
        state=Message.State.RECEIVED,
        message_id=letter.message_id,
        fingerprint=letter.fingerprint,
    )


def move_on(follow_up: FollowUp, *, at: datetime) -> None:
    """It is our turn again: what waited goes on, what was resolved is opened again; else only its version grows, so that
    nobody answers past what they have not read."""
    match follow_up.state:
        case State.WAITING:
            go_on(follow_up=follow_up, by=None, at=at)
        case State.RESOLVED:
            reopen(follow_up=follow_up, by=None, at=at)
        case _:
            change(follow_up, seen_version=None)


def is_flood(follow_up: FollowUp, *, at: datetime) -> bool:
    """Whether so much came within the hour that the owner need not hear of more."""
    lately = follow_up.messages.incoming().of_people().filter(at__gt=at - WITHIN, at__lte=at)
    return lately.count() > TOLD_AT_MOST
