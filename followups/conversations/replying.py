"""Writing to the customer of a follow-up: a person's reply is a contact, what leaves by itself is none."""

from datetime import datetime

from django.db import transaction

from customers.models import Channel
from events.doorbell import ring
from events.publishing import publish
from followups.conversations.acknowledging import note_acknowledged
from followups.conversations.reaching import open_way
from followups.conversations.wording import said_to
from followups.models import FollowUp, FollowUpStep, Message, ReplyTemplate
from followups.models.messages import LONGEST_SUBJECT
from followups.working.steps import add_step, record_contact
from mail.texts import storable
from staff.models import User

Kind = FollowUpStep.Kind
State = Message.State
MARKS_OF_REPLIES = ("re:", "aw:", "sv:", "odg:", "پاسخ:", "答复:", "回复:")


class NotUnknown(Exception):
    """Only what nobody can tell of is sent again; the message is sent, failed, or somebody was faster."""


@transaction.atomic
def reply_to_customer(
    *,
    follow_up: FollowUp,
    by: User,
    channel: str = Channel.EMAIL,
    address: str = "",
    subject: str = "",
    text: str,
    at: datetime,
    seen_version: int | None = None,
) -> Message:
    """Hand in a person's message to the customer, at `address` or the first that is open; it leaves after the commit.

    It counts as a contact from now on, until it turns out that it did not arrive. Raises CannotWrite and what
    record_contact does.
    """
    way = open_way(follow_up, channel=channel, address=address)
    subject = subject if way.channel == Channel.EMAIL else ""
    record_contact(
        follow_up=follow_up, by=by, text=subject, at=at, seen_version=seen_version, kind=Kind.REPLIED
    )
    message = write(follow_up, by=by, way=(way.channel, way.address), words=(subject, text), at=at)
    publish("followups.message_written", subject=follow_up.pk, at=at, message=message.pk)
    return message


@transaction.atomic
def acknowledge(*, follow_up: FollowUp, answer: Message, at: datetime) -> Message | None:
    """Tell a customer who wrote a mail that a person will read it: at most once for each follow-up, and never to a machine.

    It goes to the address we wrote to, whatever the answer says it came from. No contact, no clock.
    """
    template = ReplyTemplate.objects.acknowledgement().first()
    wrote = follow_up.messages.outgoing().of_people().filter(channel=Channel.EMAIL).last()
    is_mail = answer.kind == Message.Kind.PERSON and answer.channel == Channel.EMAIL
    if template is None or wrote is None or not is_mail:
        return None
    if follow_up.messages.outgoing().exclude(kind=Message.Kind.PERSON).exists():
        return None
    words = said_to(follow_up, template, by=follow_up.owner)
    subject = sent_subject(follow_up, otherwise=words.subject)
    message = write(
        follow_up, by=None, way=(Channel.EMAIL, wrote.address), words=(subject, words.text), at=at
    )
    add_step(follow_up, Kind.ACKNOWLEDGED, by=None, at=at)
    note_acknowledged(follow_up=follow_up, at=at)
    return message


def write(
    follow_up: FollowUp, *, by: User | None, way: tuple[str, str], words: tuple[str, str], at: datetime
) -> Message:
    channel, address = way
    subject, text = words
    message = Message.objects.create(
        follow_up=follow_up,
        direction=Message.Direction.OUT,
        channel=channel,
        kind=Message.Kind.PERSON if by else Message.Kind.AUTOMATIC,
        author=by,
        address=address,
        subject=subject,
        text=text,
        at=at,
        state=State.WAITING,
        due_at=at,
    )
    transaction.on_commit(wake, robust=True)
    return message


def send_again(*, message: Message, by: User, at: datetime) -> None:
    """A person says that a message of which nobody can tell whether it left is sent once more. Raises NotUnknown."""
    unknown = Message.objects.filter(pk=message.pk, state=State.UNKNOWN)
    with transaction.atomic():
        if not unknown.update(state=State.WAITING, due_at=at, attempts=message.attempts + 1, error=""):
            raise NotUnknown
        add_step(message.follow_up, Kind.REPLIED, by=by, text=message.subject, at=at)
        transaction.on_commit(wake, robust=True)
    message.refresh_from_db()


def sent_subject(follow_up: FollowUp, *, otherwise: str) -> str:
    """What a mail is about: “Re: …” of the last one, for mail programs take another subject for another thread."""
    last = follow_up.messages.filter(channel=Channel.EMAIL).exclude(subject="").last()
    if last is None:
        return otherwise
    is_reply = last.subject.lower().startswith(MARKS_OF_REPLIES)
    return storable(last.subject if is_reply else f"Re: {last.subject}", LONGEST_SUBJECT)


def wake() -> None:
    from followups.tasks import send_messages_task  # noqa: PLC0415  tasks import the actions that wake them

    ring(send_messages_task)
