"""How a customer is known: each kind of identity in one normal form, so that the same address is found again."""

import hashlib
import hmac
from datetime import datetime

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Customer, Identity

DIGEST_PURPOSE = b"customers.identity"


class NotAnIdentity(ValueError):
    """A value that cannot identify anybody; its words say why."""


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
        case _:
            return value


def normal_email(value: str) -> str:
    local, _at, domain = value.rpartition("@")
    try:
        email = f"{local}@{domain.encode('idna').decode()}".casefold()
        validate_email(email)
    except (UnicodeError, ValidationError) as error:
        raise NotAnIdentity(_("“%(value)s” is not an e-mail address.") % {"value": value[:80]}) from error
    return email


def normal_phone(value: str, *, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country or settings.COUNTRY)
    except phonenumbers.NumberParseException as error:
        raise NotAnIdentity(_("“%(value)s” is not a phone number.") % {"value": value[:80]}) from error
    if not phonenumbers.is_possible_number(number):
        raise NotAnIdentity(_("“%(value)s” is not a phone number.") % {"value": value[:80]})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def digest_of(value: str) -> str:
    """A keyed digest of a normal form: recognises an address on the suppression list without storing it."""
    return hmac.new(settings.SECRET_KEY.encode(), DIGEST_PURPOSE + value.encode(), hashlib.sha256).hexdigest()


def find_customer(*, kind: str, value: str, source: str = "", country: str = "") -> Customer | None:
    """Who is known by this identity; None when nobody is."""
    try:
        normal = normal_form(kind=kind, value=value, country=country)
    except NotAnIdentity:
        return None
    identity = (
        Identity.objects.select_related("customer").filter(kind=kind, source=source, value=normal).first()
    )
    return identity.customer if identity else None


def add_identity(*, customer: Customer, kind: str, value: str, source: str = "", at: datetime) -> Identity:
    """Make `customer` known by one more identity; the first of its kind is the primary one.

    Adding it again changes nothing. Raises NotAnIdentity or BelongsToSomebodyElse.
    """
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
