"""A campaign's message as one customer would get it, before anybody gets it. Its links lead nowhere."""

import json
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from customers.consent import KIND_OF_CHANNEL
from customers.models import Channel, Customer
from mail.sms.segments import segments_of
from surveys.contact.addressees import Addressee
from surveys.models import Campaign
from surveys.planning.rules import sample_occasion
from surveys.sending.messages import write_letter
from surveys.sending.notes import write_note

NOBODY = 0  # no invitation has this number, so the links in a preview open nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the customer reads; of a mail the text is the half for programs that show no HTML."""

    sender: str
    reply_to: str
    recipient: str
    subject: str
    html: str
    text: str


def preview_message(
    *, campaign: Campaign, customer: Customer, channel: str, language: str, variant: str, at: datetime
) -> Preview:
    """The message to `customer` by `channel`; an address that is missing is left empty."""
    addressee = addressee_for(customer, campaign, channel=channel, language=language, variant=variant)
    given: dict[str, Any] = {"language": language, "is_reminder": False, "at": at, "variant": variant}
    if channel == Channel.EMAIL:
        letter = write_letter(campaign, **given).to(addressee, first_name=customer.first_name)
        return preview_of_mail(message_from_bytes(letter.content, policy=default))
    note = write_note(campaign, **given).to(addressee, first_name=customer.first_name)
    text = note.content.decode()
    if channel == Channel.APP:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return Preview(
        sender=note.sender, reply_to="", recipient=addressee.address, subject="", html="", text=text
    )


def preview_of_mail(mail: EmailMessage) -> Preview:
    parts = {subtype: mail.get_body((subtype,)) for subtype in ("plain", "html")}
    text, html = (str(part.get_content()) if part else "" for part in parts.values())
    return Preview(
        sender=str(mail["From"]),
        reply_to=str(mail["Reply-To"] or ""),
        recipient=str(mail["To"] or ""),
        subject=str(mail["Subject"]),
        html=html,
        text=text,
    )


def parts_of_sms(campaign: Campaign, *, language: str, at: datetime) -> int:
    """As how many SMS the longer of its texts goes to somebody whose name nobody knows."""
    variants = ("a", "b") if campaign.subject_b else ("",)
    notes = [write_note(campaign, language=language, is_reminder=False, at=at, variant=v) for v in variants]
    reader = nobody(campaign, channel=Channel.SMS, language=language)
    return max(segments_of(note.to(reader, first_name="").content.decode()).parts for note in notes)


def addressee_for(
    customer: Customer, campaign: Campaign, *, channel: str, language: str, variant: str
) -> Addressee:
    identities = customer.identities.filter(kind=KIND_OF_CHANNEL[Channel(channel)])
    identity = identities.order_by("-is_primary", "pk").first()
    return nobody(campaign, channel=channel, language=language)._replace(
        customer_id=customer.pk,
        address=identity.value if identity else "",
        variant=variant,
        first_name=customer.first_name,
        time_zone=customer.time_zone,
    )


def nobody(campaign: Campaign, *, channel: str, language: str) -> Addressee:
    return Addressee(
        pk=NOBODY,
        wave_id=NOBODY,
        customer_id=NOBODY,
        address="",
        language=language,
        attempts=0,
        is_test=True,
        is_reminder=False,
        channel=channel,
        variant="",
        context=sample_occasion(campaign),
        first_name="",
        time_zone="",
    )
