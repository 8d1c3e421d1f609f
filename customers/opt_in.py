"""Double opt-in: who is said to agree confirms it from their own mailbox, and only that counts.

A token is the number of the asking line in the consent ledger in base 36, a hyphen, and 192 bits of HMAC-SHA256.
"""

import base64
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext as _

from customers.consent import add_to_ledger, is_suppressed, record_consent
from customers.models import Channel, Consent, ConsentProof, ConsentRecord, Customer, Identity
from staff.models import User

PURPOSE = b"customers.opt_in:"
MAC_BYTES = 24
MAY_CONFIRM_FOR = timedelta(days=7)


class CannotAsk(ValueError):
    """This customer cannot be asked to confirm; the words say why."""


class LinkExpired(Exception):
    """The link was to be used within seven days."""


class AlreadyConfirmed(Exception):
    """The link was used before."""


def request_opt_in(
    *,
    customer: Customer,
    purpose: str,
    channel: str,
    wording: str,
    by: User | None = None,
    at: datetime,
) -> ConsentRecord:
    """Write down that `customer` was asked and mail the question. Raises CannotAsk, and then nothing is written.

    Call it outside of transactions: it hands a mail over.
    """
    address = address_to_ask(customer, channel=channel)
    asked = add_to_ledger(
        customer=customer,
        purpose=purpose,
        channel=channel,
        state=ConsentRecord.State.PENDING,
        proof=ConsentProof(source=f"staff: {by}"[:120] if by else "", wording=wording, by=by),
        at=at,
    )
    with translation.override(customer.language):
        opt_in_mail(asked, to=address, wording=wording).send()
    return asked


def address_to_ask(customer: Customer, *, channel: str) -> str:
    if channel != Channel.EMAIL:
        raise CannotAsk(_("Only e-mail can be confirmed by mail."))
    identity = customer.identities.filter(kind=Identity.Kind.EMAIL, is_primary=True).first()
    if identity is None:
        raise CannotAsk(_("No e-mail address is known: add one first."))
    if is_suppressed(channel=channel, digest=identity.digest):
        raise CannotAsk(_("Their address is on the list of those nobody writes to."))
    return identity.value


def opt_in_mail(asked: ConsentRecord, *, to: str, wording: str) -> EmailMessage:
    organisation = settings.ORGANISATION_NAME
    lines = [
        wording,
        _("Please confirm here within seven days:"),
        settings.PUBLIC_BASE_URL + reverse("opt-in", args=[token_for(asked.pk)]),
        _("If this was not you, do nothing: without your confirmation we do not write to you."),
        f"{organisation}, {settings.POSTAL_ADDRESS}",
    ]
    subject = _("Please confirm that %(organisation)s may write to you") % {"organisation": organisation}
    return EmailMessage(subject, "\n\n".join(lines) + "\n", to=[to])


@transaction.atomic
def confirm_opt_in(*, asked: ConsentRecord, at: datetime) -> Consent:
    """The customer said yes. Raises AlreadyConfirmed or LinkExpired, and then nothing changes."""
    customer = Customer.objects.select_for_update().get(pk=asked.customer_number)
    check_link(asked, at=at)
    proof = ConsentProof.objects.filter(record=asked).first() or ConsentProof()
    return record_consent(
        customer=customer,
        purpose=asked.purpose,
        channel=asked.channel,
        state=Consent.State.GRANTED,
        source=source_of(asked),
        wording=proof.wording,
        version=proof.version,
        by=proof.by,
        at=at,
    )


def check_link(asked: ConsentRecord, *, at: datetime) -> None:
    if ConsentProof.objects.filter(
        record__customer_number=asked.customer_number, source=source_of(asked)
    ).exists():
        raise AlreadyConfirmed
    if at > asked.at + MAY_CONFIRM_FOR:
        raise LinkExpired


def source_of(asked: ConsentRecord) -> str:
    return f"confirmed: {asked.pk}"


def find_asked(token: str) -> ConsentRecord | None:
    """The asking line a token was made for, of a customer who is still there; None for any other."""
    number, _hyphen, given = token.partition("-")
    try:
        pk = base36_to_int(number)
    except ValueError:
        pk = 0
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    matches = [hmac.compare_digest(given.encode(), mac(pk, key=key).encode()) for key in keys]
    is_canonical = int_to_base36(pk) == number
    asked = ConsentRecord.objects.filter(
        pk=pk if any(matches) and is_canonical else 0,
        customer_number__in=Customer.objects.order_by().values("pk"),
    )
    return asked.first()


def token_for(pk: int) -> str:
    return f"{int_to_base36(pk)}-{mac(pk, key=settings.SECRET_KEY)}"


def mac(pk: int, *, key: str) -> str:
    digest = hmac.digest(key.encode(), PURPOSE + b"%d" % pk, "sha256")
    return base64.urlsafe_b64encode(digest[:MAC_BYTES]).decode()
