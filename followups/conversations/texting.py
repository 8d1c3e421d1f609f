"""What people write to us by SMS: an answer to ours stands in its conversation, anything else a customer writes is a
message on their timeline, and what a stranger writes is not kept."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from customers.identities import NotAnIdentity, normal_form
from customers.models import Channel, Identity
from followups.conversations.hearing import go_on_with, hold
from followups.models import FollowUp, Message
from journeys.interactions import record_message
from mail.models import ReceivedLetter
from mail.sms.received import words_of

SOURCE = "sms"


@transaction.atomic
def hear_text(*, letter: ReceivedLetter, at: datetime) -> Message | None:
    """Put an SMS where it belongs; returns our message that it answers, if it does. Heard again, nothing changes.

    An SMS names nothing that it answers: it is taken for an answer to our newest one to this number, as long as the
    follow-up is open.
    """
    known = identity_of(letter.sender)
    if known is None or Message.objects.filter(fingerprint=letter.fingerprint).exists():
        return None
    if answered := newest_to(known):
        follow_up = hold(answered)
        if follow_up.state != FollowUp.State.RESOLVED:
            put_into(follow_up, letter, address=known.value, at=at)
            return answered
    text, attachments = words_of(letter)
    record_message(
        customer=known.customer,
        text=text,
        source=SOURCE,
        external_id=letter.fingerprint,
        at=at,
        detail={"attachments": attachments},
    )
    return None


def identity_of(number: str) -> Identity | None:
    """By which customer a number is known, if any."""
    try:
        value = normal_form(kind=Identity.Kind.PHONE, value=number, country=settings.COUNTRY)
    except NotAnIdentity:
        return None
    known = Identity.objects.filter(kind=Identity.Kind.PHONE, value=value, customer__erased_at=None)
    return known.select_related("customer").first()


def newest_to(known: Identity) -> Message | None:
    """Our newest SMS to this number about something that is open still."""
    sent = Message.objects.outgoing().filter(channel=Channel.SMS, address=known.value)
    about = sent.filter(follow_up__in=FollowUp.objects.open().filter(customer=known.customer_id))
    return about.exclude(state__in=Message.LOST).order_by("-at", "-pk").first()


def put_into(follow_up: FollowUp, letter: ReceivedLetter, *, address: str, at: datetime) -> None:
    text, attachments = words_of(letter)
    message = Message.objects.create(
        follow_up=follow_up,
        direction=Message.Direction.IN,
        channel=Channel.SMS,
        address=address,
        text=text,
        attachments=attachments,
        at=at,
        state=Message.State.RECEIVED,
        fingerprint=letter.fingerprint,
    )
    go_on_with(follow_up, answer=message, at=at)
