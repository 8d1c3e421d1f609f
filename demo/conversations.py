"""Support writes to a few unhappy customers: one answers, one is on holiday, one cannot be reached by mail any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import cycle, islice

from demo.attachments import invoice, photo_of_router
from demo.conversation_wording import ACKNOWLEDGED, ANSWERS, AWAY, SUBJECT, TEMPLATES, Texts
from events.delivery import deliver_events
from followups.conversations.replying import reply_to_customer
from followups.conversations.sending import send_due_messages
from followups.conversations.wording import said_to
from followups.models import FollowUp, Message, ReplyTemplate
from followups.working.calling import CallOutcome, log_call
from mail.incoming.taking import take_mail

AGENTS = ("sara", "nima", "admin", "sam")
SORRY, SOLVED, MAY_WE_CALL = TEMPLATES
RETURNED = (
    "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <{key}@mx.example>\r\nAuto-Submitted: auto-replied\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
    "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; somebody\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
    "--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--B--\r\n"
)


def write_templates() -> None:
    """What support says often, and what is said by itself to whoever writes."""
    for name, body in TEMPLATES.items():
        ReplyTemplate.objects.create(name=name, subject=SUBJECT, body=body)
    ReplyTemplate.objects.create(
        name="Your message has arrived",
        use=ReplyTemplate.Use.ACKNOWLEDGEMENT,
        subject=SUBJECT,
        body=ACKNOWLEDGED,
    )


def talk(*, at: datetime) -> None:
    """Conversations of the last hours, as they stand `at`; where fewer are open than are told of, they share them."""
    stories = (hear_back, meet_a_holiday, lose, call_in_vain)
    desk = list(islice(open_ones(before=at - timedelta(hours=5)), len(stories)))
    for hours_ago, story, follow_up in zip((4, 3, 2, 1), stories, cycle(desk), strict=False):
        follow_up.refresh_from_db()
        story(follow_up, at=at - timedelta(hours=hours_ago))
    deliver_events(at=at)


def open_ones(*, before: datetime) -> Iterator[FollowUp]:
    """Open follow-ups whose customer has an e-mail address; first each of another agent and in another language."""
    found = FollowUp.objects.open().filter(
        opened_at__lt=before, owner__username__in=AGENTS, customer__identities__kind="email"
    )
    related = ("customer", "owner", "team__calendar", "rule", "survey_response")
    rows = list(
        found.exclude(state=FollowUp.State.WAITING).select_related(*related).order_by("-opened_at", "-pk")
    )
    seen: set[object] = set()
    for row in rows:
        marks = {row.owner_id, row.customer.language if row.customer else ""}
        if seen.isdisjoint(marks):
            seen |= marks | {row}
            yield row
    yield from (row for row in rows if row not in seen)


def write_to(follow_up: FollowUp, *, template: str, at: datetime) -> Message:
    owner = follow_up.owner
    if owner is None:
        raise RuntimeError("Nobody owns it, so nobody writes.")
    words = said_to(follow_up, ReplyTemplate.objects.get(name=template), by=owner)
    message = reply_to_customer(follow_up=follow_up, by=owner, subject=words.subject, text=words.text, at=at)
    send_due_messages(at=at)
    message.refresh_from_db()
    return message


def hear_back(follow_up: FollowUp, *, at: datetime) -> None:
    """They answer, with a photo, the invoice and the whole thread below, and are told that it arrived."""
    ours = write_to(follow_up, template=SORRY, at=at)
    quoted = "\n".join(f"> {line}" for line in ours.text.splitlines())
    text = f"{in_language(follow_up, ANSWERS)}\n\nOn {at:%a, %d %b %Y}, {follow_up.owner} wrote:\n{quoted}\n"
    answer(ours, text, with_files=True, at=at + timedelta(minutes=50))


def meet_a_holiday(follow_up: FollowUp, *, at: datetime) -> None:
    ours = write_to(follow_up, template=MAY_WE_CALL, at=at)
    answer(ours, in_language(follow_up, AWAY), at=at + timedelta(minutes=1), submitted="auto-replied")


def lose(follow_up: FollowUp, *, at: datetime) -> None:
    """Their address is no more: the mail comes back, and the call is still to be made."""
    ours = write_to(follow_up, template=SOLVED, at=at)
    returned = RETURNED.format(key=ours.key, message_id=ours.message_id)
    take_mail(content=returned.encode(), at=at + timedelta(minutes=2))
    deliver_events(at=at + timedelta(minutes=2))


def call_in_vain(follow_up: FollowUp, *, at: datetime) -> None:
    if follow_up.owner:
        outcome = CallOutcome.NO_ANSWER
        log_call(follow_up=follow_up, by=follow_up.owner, outcome=outcome, text="Rang twice.", at=at)


def answer(ours: Message, text: str, *, at: datetime, with_files: bool = False, submitted: str = "") -> None:
    letter = EmailMessage()
    letter["From"], letter["Subject"] = ours.address, f"Re: {ours.subject}"
    letter["Message-ID"], letter["In-Reply-To"] = f"<answer-{ours.pk}@customers.example>", ours.message_id
    if submitted:
        letter["Auto-Submitted"] = submitted
    letter.set_content(text)
    if with_files:
        letter.add_attachment(photo_of_router(), maintype="image", subtype="jpeg", filename="router.jpg")
        letter.add_attachment(invoice(), maintype="application", subtype="pdf", filename="invoice.pdf")
    take_mail(content=letter.as_bytes(), at=at)
    deliver_events(at=at)
    send_due_messages(at=at)


def in_language(follow_up: FollowUp, texts: Texts) -> str:
    return texts[follow_up.customer.language if follow_up.customer else "en"]
