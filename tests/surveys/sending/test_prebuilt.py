"""A prebuilt mail says what Django's own way of writing mails says: rendered and put together for one person alone."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from surveys.models import Campaign, Invitation, Survey
from surveys.sending.messages import write_letter
from surveys.ways.tokens import token_for
from tests.conftest import NOON

LANGUAGES = [code for code, _name in settings.LANGUAGES]
words = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="{}"), max_size=40
).map(lambda text: " ".join(text.split()))
texts = st.lists(words, min_size=1, max_size=4).map("\n".join)


@hypothesis_settings(deadline=None)
@given(
    language=st.sampled_from(LANGUAGES),
    first_name=words.filter(bool),
    agent=words.filter(bool),
    before=texts,
    after=texts,
    pk=st.integers(1, 2**40),
)
def test_prebuilt_is_what_django_renders(language, first_name, agent, before, after, pk):
    subject, body = "{first_name}, {agent}", f"{before} {{first_name}} 100 % = {{agent}}\n\n{after}."
    campaign = Campaign(survey=Survey(), subject={language: subject}, body={language: body})
    invitation = Invitation(pk=pk, address="ana@example.com", language=language, context={"agent": agent})
    letter = write_letter(campaign, language=language, is_reminder=False, at=NOON)

    prebuilt = parsed(letter.to(invitation, first_name=first_name).content)
    rendered = rendered_alone(
        subject.format(first_name=first_name, agent=agent),
        body.format(first_name=first_name, agent=agent),
        language=language,
        token=token_for(pk),
    )

    for header in ("From", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert " ".join(str(prebuilt[header]).split()) == " ".join(str(rendered[header]).split())
    for part in ("plain", "html"):
        assert read(prebuilt, part) == read(rendered, part)


def rendered_alone(subject: str, body: str, *, language: str, token: str) -> EmailMessage:
    leave_link = f"{settings.PUBLIC_BASE_URL}/u/{token}/"
    with translation.override(language):
        context = {
            "subject": subject,
            "paragraphs": [part.strip() for part in body.split("\n\n") if part.strip()],
            "organisation": settings.ORGANISATION_NAME,
            "postal_address": settings.POSTAL_ADDRESS,
            "survey_link": f"{settings.PUBLIC_BASE_URL}/s/{token}/",
            "leave_link": leave_link,
            "asked": None,
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        text = render_to_string("mail/invitation.txt", context)
        html = render_to_string("mail/invitation.html", context)
    headers = {"List-Unsubscribe": f"<{leave_link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = EmailMultiAlternatives(subject, text, to=["ana@example.com"], headers=headers)
    mail.attach_alternative(html, "text/html")
    return parsed(mail.message().as_bytes())


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def read(mail: EmailMessage, subtype: str) -> list[str]:
    part = mail.get_body((subtype,))
    return [line.rstrip() for line in str(part.get_content()).strip().splitlines()]
