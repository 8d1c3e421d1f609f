"""The way out through an e-mail service, spoken by django-anymail."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from http import HTTPStatus
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from mail.calls import Calls
from mail.endings import failure_of, is_success
from mail.esp.accounts import Account, Service
from mail.esp.session import HouseSession
from mail.messages import Ending, Message, Outcome
from mail.outbound import Answer, Client, NoAnswer, NotReached
from mail.texts import LONGEST_ID, storable

PASSED_ON = (
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "In-Reply-To",
)
ENDINGS = {"sent": Ending.ACCEPTED, "queued": Ending.ACCEPTED, "failed": Ending.REFUSED}
READER_FIELD = "`to`"  # as anymail names it
# How services say that it is the recipient they do not like; they answer alike when they do not like us.
ABOUT_THE_READER = re.compile(
    r"""["'`]to["'`]\s+(?:field|parameter|address|is)|\bto\s+parameter|\bto[.\[]\d|(?:not\s+|in)valid\s+in\s+to\b"""
    r"""|invalid\s+recipient|recipient(?:'s)?\s+(?:e-?mail\s+|address\s+)*is\s+(?:in|not\s+)valid""",
    re.IGNORECASE,
)
ABOUT_US = re.compile(r""""reject_reason":\s*"(?:invalid-sender|test-mode-limit|unsigned)""", re.IGNORECASE)


def esp_post(account: Account) -> Calls:
    return Calls(
        partial(hand_to_service, account),
        connections=settings.MAIL_CONNECTIONS,
        timeout=settings.OUTBOUND_TIMEOUT,
        is_repeatable=account.service.repeats_nothing,
    )


def hand_to_service(account: Account, message: Message, client: Client) -> Outcome:
    """A service may leave a message out of its answer; then nobody knows whether it was taken."""
    mail = to_mail(message, account.service)
    try:
        backend_for(account, message, client).send_messages([mail])
    except NotReached as error:
        return Outcome(Ending.NOT_SENT, str(error))
    except (NoAnswer, RecursionError) as error:  # the latter by an answer that is nested without end
        return Outcome(Ending.UNKNOWN, str(error))
    except AnymailError as error:
        return failure_in(error, message)
    status = mail.anymail_status  # type: ignore[attr-defined]  # anymail puts it there
    stated = next(iter(status.status or ()), "")
    answer = answer_in(status.esp_response)
    if stated == "failed" and not is_success(answer):
        return meaning_of(answer, message)
    return Outcome(ENDINGS.get(stated, Ending.UNKNOWN), stated, id=storable(status.message_id, LONGEST_ID))


def backend_for(account: Account, message: Message, client: Client) -> Any:
    """One for each message: it costs little, and nothing of one call is seen by another."""
    backend = import_string(f"anymail.backends.{account.name}.EmailBackend")(**account.sending)
    headers = {"Idempotency-Key": message.key} if account.service.repeats_nothing and message.key else {}
    backend.session = HouseSession(client, headers)
    return backend


def to_mail(message: Message, service: Service) -> EmailMultiAlternatives:
    """The finished mail once more in its parts, as services want to be given it, with what it is known by."""
    letter = message_from_bytes(message.content, policy=default)
    assert isinstance(letter, EmailMessage)  # noqa: S101  the policy's own class
    plain, html = (letter.get_body((subtype,)) for subtype in ("plain", "html"))
    mail = EmailMultiAlternatives(
        subject=str(letter.get("Subject", "")),
        body=plain.get_content() if plain else "",
        from_email=str(letter.get("From", message.sender)),
        to=[message.recipient],
        reply_to=[str(value) for value in letter.get_all("Reply-To", [])],
        headers={name: str(letter[name]) for name in PASSED_ON if name in letter},
    )
    if html:
        mail.attach_alternative(html.get_content(), "text/html")
    for part in letter.iter_attachments():
        mail.attach(part.get_filename(), part.get_content(), part.get_content_type())
    if service.knows_only_tags:
        mail.tags = [message.key] if message.key else []  # type: ignore[attr-defined]  # anymail reads it
    else:
        mail.metadata = {"key": message.key}  # type: ignore[attr-defined]  # anymail reads it
    return mail


def failure_in(error: AnymailError, message: Message) -> Outcome:
    """What it means for the mail that anymail has this to say."""
    match error:
        case AnymailInvalidAddress():
            ending = Ending.REFUSED if READER_FIELD in str(error) else Ending.NOT_SENT
        case AnymailRecipientsRefused():
            is_ours = ABOUT_US.search(text_of(answer_in(error.response)))
            ending = Ending.NOT_SENT if is_ours else Ending.REFUSED
        case AnymailAPIError() if error.response is None:
            ending = Ending.UNKNOWN
        case AnymailAPIError():
            return meaning_of(answer_in(error.response), message)
        case _:  # something about our mails that this service cannot do
            ending = Ending.NOT_SENT
    return Outcome(ending, words_of(error))


def answer_in(response: Any) -> Answer:
    return Answer(response.status_code, dict(response.headers), response.content)


def meaning_of(answer: Answer, message: Message) -> Outcome:
    """What an answer means that says of no recipient what became of the mail.

    Without credits, or with a sender that is not confirmed, services refuse every mail in the way they refuse an address.
    A success that cannot be read leaves open what was taken.
    """
    if is_success(answer):
        return Outcome(Ending.UNKNOWN, answer.words)
    failure = failure_of(answer)
    if failure.ending is Ending.REFUSED and not is_about(message, answer):
        return Outcome(Ending.NOT_SENT, failure.words)
    return failure


def is_about(message: Message, answer: Answer) -> bool:
    """Whether an answer speaks of this one mail, or of whom it is for."""
    text = text_of(answer)
    is_too_large = answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return is_too_large or message.recipient in text or ABOUT_THE_READER.search(text) is not None


def text_of(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def words_of(error: AnymailError) -> str:
    return storable(str(error), 500)
