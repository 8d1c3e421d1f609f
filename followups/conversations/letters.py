"""A message to a customer as it goes over the wire: a plain mail that threads in every mail program, or an SMS."""

from datetime import datetime
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Channel
from followups.models import FollowUp, Message
from mail.keys import message_id_of
from mail.messages import Message as Wire
from surveys.models import Sender
from surveys.sending.messages import header, in_ascii, quoted

REFERENCES = 10  # how far back a mail names its thread
BY_ITSELF = "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n"
KEY_IN_ADDRESS = "{key}"


def wire_of(message: Message, *, at: datetime) -> Wire:
    """What is handed over; its key brings answers and returned mails back to `message`."""
    sender = sender_of(message.follow_up)
    if message.channel == Channel.SMS:
        name = sender.sms_name if sender else ""
        return Wire(name, message.address, message.text.encode(), message.key)
    recipient = in_ascii(message.address)
    head = (
        f"From: {from_line(sender)}\r\n"
        f"To: {recipient}\r\n"
        f"Subject: {header(message.subject or usual_subject(message.follow_up))}\r\n"
        f"Message-ID: {message_id(message)}\r\n"
        f"Date: {format_datetime(at)}\r\n"
        f"{reply_line(message, sender)}"
        f"{thread_lines(message)}"
        f"{BY_ITSELF if message.kind == Message.Kind.AUTOMATIC else ''}"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    content = head.encode() + quoted(message.text.replace("\r\n", "\n")) + b"\r\n"
    return Wire(address_of(sender), recipient, content, message.key)


def sender_of(follow_up: FollowUp) -> Sender | None:
    """Whoever asked them answers them: the sender of the campaign."""
    campaign = follow_up.survey_response.campaign if follow_up.survey_response else None
    return campaign.sender if campaign else None


def address_of(sender: Sender | None) -> str:
    return in_ascii(sender.address if sender else parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def from_line(sender: Sender | None) -> str:
    named = (sender.name, sender.address) if sender else settings.DEFAULT_FROM_EMAIL
    return str(sanitize_address(named, "utf-8"))


def message_id(message: Message) -> str:
    domain = address_of(sender_of(message.follow_up)).rpartition("@")[2]
    return message_id_of(message.key, domain=domain)


def reply_line(message: Message, sender: Sender | None) -> str:
    """Where answers are read; with {key} in it the address itself says which message is answered."""
    sealed = message_id(message).removeprefix("<").rpartition("@")[0]
    address = settings.REPLY_ADDRESS.replace(KEY_IN_ADDRESS, sealed) or (sender.reply_to if sender else "")
    return f"Reply-To: {address}\r\n" if address else ""


def thread_lines(message: Message) -> str:
    """What this mail follows on, the newest last; a number that another program made up wrongly would stop ours."""
    before = message.follow_up.messages.filter(channel=Channel.EMAIL, at__lte=message.at)
    named = before.exclude(pk=message.pk).exclude(message_id="").order_by("-at", "-pk")
    newest = named.values_list("message_id", flat=True)[:REFERENCES]
    ids = [each for each in newest if each.isascii() and each.isprintable()][::-1]
    if not ids:
        return ""
    references = "\r\n ".join(ids)
    return f"In-Reply-To: {ids[-1]}\r\nReferences: {references}\r\n"


def usual_subject(follow_up: FollowUp) -> str:
    """What a mail is about whose writer did not say it, in the customer's language."""
    language = follow_up.customer.language if follow_up.customer else settings.LANGUAGE_CODE
    with override(language):
        return _("Your feedback to %(organisation)s") % {"organisation": settings.ORGANISATION_NAME}
