"""How a customer is known: each kind of identity in one normal form, so that the same address is found again."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Customer, Identity
from customers.phones import e164
from events.boundary import Unstorable, clean_text

DIGEST_PURPOSE = b"customers.identity"
LOCAL_PART = re.compile(EmailValidator.user_regex.pattern, re.IGNORECASE | re.ASCII)
TWO_EMAILS = re.compile(r"[^@]+@[^@]+[\s,;/|]+[^@\s]+@[^@]+", re.DOTALL)
EXTENSION = re.compile(r"(ext|x)\.?\s*\d+\s*\Z", re.IGNORECASE)
SEPARATORS = str.maketrans("", "", " -./_")
LONGEST_EMAIL, LONGEST_LOCAL_PART, LONGEST_EXTERNAL_ID = 254, 64, 120


class NotAnIdentity(ValueError):
    """A value that cannot identify anybody; its words say why."""


class NotAnEmail(NotAnIdentity):
    """Not an e-mail address."""


class NotAPhone(NotAnIdentity):
    """Not a phone number."""


class BelongsToSomebodyElse(ValueError):
    """Another customer is known by this identity."""


def normal_form(*, kind: str, value: str, country: str) -> str:
    """`value` as it is stored; `country` reads phones without a country code. Raises NotAnIdentity."""
    value = value.strip()
    match kind:
        case Identity.Kind.EMAIL:
            return normal_email(value)
        case Identity.Kind.PHONE:
            return normal_phone(value, country=country)
        case Identity.Kind.HANDLE:
            return normal_external_id(value.removeprefix("@").casefold())
        case Identity.Kind.CARD:
            return normal_card(value)
        case _:
            return normal_external_id(value)


def own_source(kind: str, source: str) -> str:
    """Two programs may each have a customer 17; an address is one and the same, whoever tells it."""
    return "" if kind in {Identity.Kind.EMAIL, Identity.Kind.PHONE} else source


def normal_email(value: str) -> str:
    """Lower case, the domain in its ASCII form. Raises NotAnEmail."""
    if TWO_EMAILS.fullmatch(value):
        raise NotAnEmail(
            _("“%(value)s” has two e-mail addresses: write one here and add the other by itself.")
            % {"value": value[:80]}
        )
    local, _at, domain = value.lower().rpartition("@")
    ascii_domain = normal_domain(domain)
    is_address = (
        ascii_domain
        and local.isascii()
        and len(local) <= LONGEST_LOCAL_PART
        and len(local) + len(ascii_domain) < LONGEST_EMAIL
        and LOCAL_PART.match(local)
    )
    if not is_address:
        raise NotAnEmail(_("“%(value)s” is not an e-mail address.") % {"value": value[:80]})
    return f"{local}@{ascii_domain}"


@lru_cache(maxsize=10_000)
def normal_domain(domain: str) -> str | None:
    """The domain in ASCII (IDNA); None when it is not a domain. A file has few domains and many addresses."""
    try:
        ascii_domain = domain.encode("idna").decode()
        validate_email(f"x@{ascii_domain}")
    except (UnicodeError, ValidationError):
        return None
    return ascii_domain


def normal_phone(value: str, *, country: str) -> str:
    """E.164. Raises NotAPhone."""
    number = e164(value, country=country or settings.COUNTRY)
    if any(map(str.isalpha, EXTENSION.sub("", value))) and any(map(str.isdecimal, value)):
        raise NotAPhone(
            _("“%(value)s” has letters in it: write the phone number in digits.") % {"value": value[:80]}
        )
    if number is None:
        raise NotAPhone(_("“%(value)s” is not a phone number.") % {"value": value[:80]})
    return number


def normal_card(value: str) -> str:
    """Letters and digits in upper case, without what separates them. Raises NotAnIdentity."""
    card = value.translate(SEPARATORS).upper()
    if not card.isalnum():
        raise NotAnIdentity(
            _("“%(value)s” is not a card number: it has letters and digits only.") % {"value": value[:80]}
        )
    return normal_external_id(card)


def normal_external_id(value: str) -> str:
    """As it stands. Raises NotAnIdentity."""
    try:
        clean_text(value)
    except Unstorable as error:
        raise NotAnIdentity(str(error)) from error
    if not 0 < len(value) <= LONGEST_EXTERNAL_ID:
        raise NotAnIdentity(
            _("An external id has 1 to %(longest)s characters.") % {"longest": LONGEST_EXTERNAL_ID}
        )
    return value


def digest_of(value: str) -> str:
    """A keyed digest of a normal form: recognises an address on the suppression list without storing it."""
    digest = keyed(settings.SECRET_KEY).copy()
    digest.update(value.encode())
    return digest.hexdigest()


def digests_of(text: str) -> Iterator[str]:
    """What the identity `text` would be recognised by, for each kind that it can be."""
    for kind in Identity.Kind.values:
        with suppress(NotAnIdentity):
            yield digest_of(normal_form(kind=kind, value=text, country=""))


@lru_cache(maxsize=8)
def keyed(secret_key: str) -> hmac.HMAC:
    return hmac.new(secret_key.encode(), DIGEST_PURPOSE, hashlib.sha256)


def find_customer(*, kind: str, value: str, source: str = "", country: str = "") -> Customer | None:
    """Who is known by this identity; None when nobody is."""
    try:
        normal = normal_form(kind=kind, value=value, country=country)
    except NotAnIdentity:
        return None
    known = Identity.objects.filter(kind=kind, source=own_source(kind, source), value=normal)
    identity = known.select_related("customer").first()
    return identity.customer if identity else None


def add_identity(*, customer: Customer, kind: str, value: str, source: str = "", at: datetime) -> Identity:
    """Make `customer` known by one more identity; the first of its kind is the primary one.

    Adding it again changes nothing. Raises NotAnIdentity or BelongsToSomebodyElse.
    """
    source = own_source(kind, source)
    normal = normal_form(kind=kind, value=value, country=customer.country)
    has_primary = customer.identities.filter(kind=kind, is_primary=True).exists()
    try:
        with transaction.atomic():
            identity, _created = Identity.objects.get_or_create(
                kind=kind,
                source=source,
                value=normal,
                defaults={"customer": customer, "digest": digest_of(normal), "is_primary": not has_primary},
            )
    except IntegrityError:
        identity = Identity.objects.get(kind=kind, source=source, value=normal)
    if identity.customer_id != customer.pk:
        raise BelongsToSomebodyElse(_("Another customer has “%(value)s”.") % {"value": normal})
    Customer.objects.filter(pk=customer.pk).update(updated_at=at)
    return identity


def make_primary(*, identity: Identity, at: datetime) -> None:
    """Reach the customer by this address from now on; the one used so far stays known."""
    with transaction.atomic():
        Customer.objects.filter(pk=identity.customer_id).update(updated_at=at)
        same_kind = Identity.objects.filter(customer=identity.customer_id, kind=identity.kind)
        same_kind.exclude(pk=identity.pk).update(is_primary=False)
        same_kind.filter(pk=identity.pk).update(is_primary=True)


def ensure_primaries(*, customer: Customer) -> None:
    """Where no identity of a kind is the primary one, the oldest becomes it."""
    with transaction.atomic():
        there = customer.identities.order_by("pk").values_list("kind", "pk", "is_primary")
        oldest: dict[str, int] = {}
        done = set()
        for kind, pk, is_primary in there:
            oldest.setdefault(kind, pk)
            if is_primary:
                done.add(kind)
        wanted = [pk for kind, pk in oldest.items() if kind not in done]
        Identity.objects.filter(pk__in=wanted).update(is_primary=True)
