from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from customers.consent import record_consent, suppress, unsubscribe
from customers.models import Consent, ConsentProof, ConsentRecord
from customers.opt_in import CannotAsk, request_opt_in, token_for
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
MARKETING = {"purpose": "marketing", "channel": "email"}


def ledger() -> list[tuple[str, str]]:
    return list(ConsentRecord.objects.order_by("pk").values_list("state", "source_kind"))


def test_every_change_is_a_line_and_the_last_one_is_what_holds():
    customer, staff = CustomerFactory(), UserFactory()
    record_consent(
        customer=customer, **MARKETING, state="granted", source="staff: Amra", wording="News?", version="2",
        by=staff, at=NOON,
    )  # fmt: skip
    unsubscribe(customer=customer, purpose="marketing", source="link:7", at=NOON + timedelta(days=1))

    assert ledger() == [("granted", "staff"), ("withdrawn", "link")]
    assert Consent.objects.get().state == "withdrawn"
    assert list(ConsentProof.objects.order_by("pk").values_list("source", "wording", "version", "by")) == [
        ("staff: Amra", "News?", "2", staff.pk),
        ("link:7", "", "", None),
    ]


@pytest.mark.parametrize("change", [lambda rows: rows.update(state="granted"), lambda rows: rows.delete()])
def test_the_database_refuses_to_change_the_ledger(change):
    record_consent(customer=CustomerFactory(), **MARKETING, state="withdrawn", source="api", at=NOON)
    ConsentProof.objects.all().delete()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(ConsentRecord.objects.all())

    assert ledger() == [("withdrawn", "program")]


def test_only_the_button_behind_the_mailed_link_confirms(client, mailoutbox):
    identity = IdentityFactory()
    now = timezone.now()
    asked = request_opt_in(customer=identity.customer, **MARKETING, wording="May we send news?", at=now)
    address = reverse("opt-in", args=[token_for(asked.pk)])

    (mail,) = mailoutbox
    assert mail.to == [identity.value]
    assert address in mail.body

    page = client.get(address)
    assert "May we send news?" in page.content.decode()
    assert (Consent.objects.count(), ledger()) == (0, [("pending", "program")])

    assert "Thank you" in client.post(address).content.decode()
    consent = Consent.objects.get()
    assert (consent.state, consent.source) == ("granted", f"confirmed: {asked.pk}")
    assert ledger() == [("pending", "program"), ("granted", "confirmed")]
    assert ConsentProof.objects.get(source=consent.source).wording == "May we send news?"

    assert "before" in client.post(address).content.decode()
    assert len(ledger()) == 2


def test_a_link_dies_after_seven_days_and_a_forged_one_never_lived(client):
    identity = IdentityFactory()
    asked = request_opt_in(
        customer=identity.customer, **MARKETING, wording="News?", at=timezone.now() - timedelta(days=8)
    )

    assert client.post(reverse("opt-in", args=[token_for(asked.pk)])).status_code == 410
    assert client.post(reverse("opt-in", args=[token_for(asked.pk)[:-1] + "?"])).status_code == 404
    assert not Consent.objects.exists()


def test_nobody_is_asked_without_an_address_or_against_their_will(mailoutbox):
    suppressed = IdentityFactory()
    suppress(channel="email", digest=suppressed.digest, reason="complained", at=NOON)

    for customer in (CustomerFactory(), suppressed.customer):
        with pytest.raises(CannotAsk):
            request_opt_in(customer=customer, **MARKETING, wording="News?", at=NOON)

    assert (ledger(), mailoutbox) == ([], [])
