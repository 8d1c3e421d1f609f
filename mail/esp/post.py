"""The way out through an e-mail service, spoken by django-anymail."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from mail.calls import Calls
from mail.endings import failure_of, is_success
from mail.esp.accounts import Account
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


def esp_post(account: Account) -> Calls:
    return Calls(
        partial(hand_to_service, account),
        connections=settings.MAIL_CONNECTIONS,
        timeout=settings.OUTBOUND_TIMEOUT,
        is_repeatable=account.service.repeats_nothing,
    )


def hand_to_service(account: Account, message: Message, client: Client) -> Outcome:
    """A service may leave a message out of its answer; then nobody knows whether it was taken."""
    mail = to_mail(message)
    try:
        backend_for(account, message, client).send_messages([mail])
    except NotReached as error:
        return Outcome(Ending.NOT_SENT, str(error))
    except (NoAnswer, RecursionError) as error:  # the latter by an answer that is nested without end
        return Outcome(Ending.UNKNOWN, str(error))
    except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
        return Outcome(Ending.REFUSED, words_of(error))
    except AnymailAPIError as error:
        return failure_in(error)
    except AnymailError as error:  # something about our mails that this service cannot do
        return Outcome(Ending.NOT_SENT, words_of(error))
    status = mail.anymail_status  # type: ignore[attr-defined]  # anymail puts it there
    stated = next(iter(status.status or ()), "")
    return Outcome(ENDINGS.get(stated, Ending.UNKNOWN), stated, id=storable(status.message_id, LONGEST_ID))


def backend_for(account: Account, message: Message, client: Client) -> Any:
    """One for each message: it costs little, and nothing of one call is seen by another."""
    backend = import_string(f"anymail.backends.{account.name}.EmailBackend")(**account.sending)
    headers = {"Idempotency-Key": message.key} if account.service.repeats_nothing and message.key else {}
    backend.session = HouseSession(client, headers)
    return backend


def to_mail(message: Message) -> EmailMultiAlternatives:
    """The finished mail once more in its parts, as services want to be given it."""
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
    mail.metadata = {"key": message.key}  # type: ignore[attr-defined]  # anymail reads it
    return mail


def failure_in(error: AnymailAPIError) -> Outcome:
    """A success that cannot be read leaves open what was taken."""
    if error.response is None:
        return Outcome(Ending.UNKNOWN, words_of(error))
    answer = Answer(error.response.status_code, dict(error.response.headers), error.response.content)
    return Outcome(Ending.UNKNOWN, answer.words) if is_success(answer) else failure_of(answer)


def words_of(error: AnymailError) -> str:
    return storable(str(error), 500)
