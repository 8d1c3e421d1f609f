import pytest

from customers.consent import is_suppressed, record_consent, suppress_address, unsubscribe
from customers.identities import NotAnIdentity, digest_of
from customers.models import Channel, Consent, Suppression
from events.models import Event
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db


def test_leaving_withdraws_the_consent_suppresses_every_address_and_is_announced_once():
    customer = CustomerFactory()
    IdentityFactory(customer=customer, value="ana@mail.example")
    IdentityFactory(customer=customer, value="second@mail.example", is_primary=False)
    IdentityFactory(customer=customer, kind="phone", value="+38761234567")
    record_consent(
        customer=customer, purpose="survey", channel="email", state="granted", source="form", at=NOON
    )

    for _ in range(2):
        unsubscribe(customer=customer, source="link", at=NOON)

    assert list(Consent.objects.values_list("purpose", "channel", "state", "source")) == [
        ("survey", "email", "withdrawn", "link")
    ]
    assert set(Suppression.objects.values_list("channel", "digest", "reason")) == {
        ("email", digest_of("ana@mail.example"), "unsubscribed"),
        ("email", digest_of("second@mail.example"), "unsubscribed"),
    }
    assert list(Event.objects.values_list("type", "subject")) == [("customers.unsubscribed", customer.pk)]


def test_an_address_stays_suppressed_for_its_first_reason():
    for reason in ("bounced", "by_staff"):
        suppress_address(channel="email", address="Ana@Mail.example ", reason=reason, at=NOON)

    assert Suppression.objects.get().reason == "bounced"
    assert is_suppressed(channel=Channel.EMAIL, digest=digest_of("ana@mail.example"))
    assert not is_suppressed(channel=Channel.SMS, digest=digest_of("ana@mail.example"))


def test_what_is_no_address_cannot_be_suppressed():
    with pytest.raises(NotAnIdentity):
        suppress_address(channel="sms", address="ana@mail.example", reason="by_staff", at=NOON)

    assert not Suppression.objects.exists()
