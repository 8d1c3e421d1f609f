"""What goes out by SMS and by the company's own app: short, plain, and with the same personal links as a mail."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Channel
from mail.messages import Message
from surveys.contact.addressees import Addressee
from surveys.models import Campaign
from surveys.questions.wording import Voice
from surveys.sending.messages import in_language, subjects_of
from surveys.ways.tokens import short_token_for, token_for


@dataclass(frozen=True, slots=True)
class Note:
    """A campaign's message in one language, ready for names and links."""

    sender: str
    subject: str
    text: str
    nameless: str
    leave: str  # what stands before the link that ends it
    language: str
    is_reminder: bool

    def to(self, addressee: Addressee, *, first_name: str) -> Message:
        """The message for one person."""
        token = (short_token_for if addressee.channel == Channel.SMS else token_for)(addressee.pk)
        link = f"{settings.PUBLIC_BASE_URL}/s/{token}/"
        leave = f"{settings.PUBLIC_BASE_URL}/u/{token}/"
        names = {str(name): str(value) for name, value in addressee.context.items()}
        voice = Voice(self.language, self.language, {**names, "first_name": first_name or self.nameless})
        subject, text = (voice.say({self.language: each}) for each in (self.subject, self.text))
        key = f"invitation.{addressee.pk}.{addressee.attempts}"
        if addressee.channel == Channel.SMS:
            content = f"{subject} {link}\n{self.leave} {leave}"
        else:
            content = json.dumps(
                {
                    "subject": subject,
                    "text": text,
                    "link": link,
                    "unsubscribe_link": leave,
                    "language": self.language,
                    "is_reminder": self.is_reminder,
                },
                ensure_ascii=False,
            )
        return Message(self.sender, addressee.address, content.encode(), key=key)


def write_note(
    campaign: Campaign, *, language: str, is_reminder: bool, at: datetime, variant: str = ""
) -> Note:
    """Everything of the message that is the same for all who read `language` and get the same of two subjects."""
    subject = in_language(subjects_of(campaign, variant), language, main=campaign.survey.language)
    text = in_language(campaign.body, language, main=campaign.survey.language)
    with translation.override(language):
        subject = subject or _("How are we doing?")
        if is_reminder:
            subject = _("Reminder: %(subject)s") % {"subject": subject}
        return Note(
            sender=campaign.sender.sms_name if campaign.sender else "",
            subject=f"{settings.ORGANISATION_NAME}: {subject}",
            text=text or _("Two short questions, twenty seconds. People read your answer."),
            nameless=_("dear customer"),
            leave=_("No more of these:"),
            language=language,
            is_reminder=is_reminder,
        )
