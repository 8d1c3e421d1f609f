"""The staff's pages about messages: the outbox, and what was told about what left."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.privacy.erasing import erase_customer
from customers.privacy.telling import parts_of
from mail.messages import Message
from mail.models import DeliveryReport, KeptMail
from mail.post import post_office
from mail.reading import Channel, Kind, Report
from mail.reports import prune_reports, record_reports
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = UserFactory(roles=["Administrators"])
    client.force_login(user)
    return user


def tell(n: int, **fields) -> None:
    known = {"kind": Kind.BOUNCED, "at": NOON, "recipient": "ana@example.com", "words": "550 no such person"}
    record_reports(
        reports=[Report(channel=Channel.EMAIL, provider="esp", event=f"e{n}", **(known | fields))], at=NOON
    )


def test_a_kept_sms_is_read_as_it_would_have_arrived(client, administrator):
    with post_office(Channel.SMS) as post:
        post.hand_over([Message("", "+38761111111", "Šta mislite? https://cx.example/s/1-a/".encode())])
    kept = KeptMail.objects.get()

    page = client.get(reverse("admin:mail_read", args=[kept.pk])).text
    assert '<a href="https://cx.example/s/1-a/"' in page
    assert "1 part, 38 characters of UCS-2" in page
    assert (
        "Šta mislite?"
        in client.get(reverse("admin:mail_keptmail_changelist"), {"channel__exact": "sms"}).text
    )
    assert (
        "Šta" not in client.get(reverse("admin:mail_keptmail_changelist"), {"channel__exact": "email"}).text
    )


def test_what_was_told_is_listed_newest_first_and_found_by_the_whole_number(client, administrator):
    tell(1, message_id="m1")
    tell(2, message_id="m2", kind=Kind.OPENED, words="", is_machine=True)
    listed = reverse("admin:mail_deliveryreport_changelist")

    rows = client.get(listed).context["cl"].result_list
    assert [row.message_id for row in rows] == ["m2", "m1"]
    for question, found in ({"q": "m1"}, ["m1"]), ({"q": "m"}, []), ({"is_machine__exact": "1"}, ["m2"]):
        rows = client.get(listed, question).context["cl"].result_list
        assert [row.message_id for row in rows] == found
    report = DeliveryReport.objects.first()
    assert client.get(reverse("admin:mail_deliveryreport_add")).status_code == 403
    assert client.post(reverse("admin:mail_deliveryreport_delete", args=[report.pk])).status_code == 403


def test_the_list_asks_the_same_questions_for_one_and_for_three(
    client, administrator, django_assert_num_queries
):
    listed = reverse("admin:mail_deliveryreport_changelist")
    tell(1)
    client.get(listed)
    with django_assert_num_queries(6):
        client.get(listed)
    tell(2)
    tell(3)
    with django_assert_num_queries(6):
        client.get(listed)


def test_a_person_is_told_what_became_of_messages_and_forgotten_in_them():
    customer = CustomerFactory()
    identity = IdentityFactory(customer=customer, value="ana@example.com")
    tell(1)
    tell(2, recipient="bo@example.com")
    KeptMail.objects.create(channel="sms", recipient=identity.value, message=b"hi")

    told = {part["name"]: part["rows"] for part in parts_of(customer)}
    assert [row["words"] for row in told["deliveries"]] == ["550 no such person"]

    erase_customer(customer=customer, by=None, at=NOON, reason="request")
    assert sorted(DeliveryReport.objects.values_list("event", "words")) == [
        ("e1", ""),
        ("e2", "550 no such person"),
    ]
    assert DeliveryReport.objects.filter(digest=identity.digest).count() == 0
    assert KeptMail.objects.count() == 0


def test_old_reports_are_forgotten(settings):
    tell(1)
    tell(2)
    DeliveryReport.objects.filter(event="e1").update(received_at=NOON - timedelta(days=401))

    assert prune_reports(at=NOON) == 1
    assert DeliveryReport.objects.get().event == "e2"
