"""Speed limits of channels and receiving domains, as marketing's lead sets them."""

import pytest
from django.urls import reverse

from staff.models import AuditEntry
from staff.units import create_unit
from surveys.models import SendingLimit
from tests.conftest import NOON
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:surveys_sendinglimit_changelist"), reverse("admin:surveys_sendinglimit_add")


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(roles=["Marketing lead"]))
    return client


def written(**changes):
    return {"channel": "email", "domain": "", "per_minute": "600", **changes}


def limits():
    return list(SendingLimit.objects.order_by("pk").values_list("channel", "domain", "per_minute"))


def test_a_limit_is_set_changed_and_taken_away_each_with_its_entry(lead):
    assert "Without any, messages leave as fast as they can" in lead.get(LIST).content.decode()
    lead.post(ADD, written(domain="gmail.com"))
    limit = SendingLimit.objects.get()
    SendingLimit.objects.update(free_at=NOON)
    change = reverse("admin:surveys_sendinglimit_change", args=[limit.pk])

    assert lead.post(change, written(domain="gmail.com", per_minute="60")).url == LIST

    limit.refresh_from_db()
    assert (limit.per_minute, limit.free_at) == (60, NOON)  # those who send keep their place
    assert "gmail.com" in lead.get(LIST).content.decode()
    lead.post(reverse("admin:surveys_sendinglimit_delete", args=[limit.pk]), {"post": "yes"})
    assert limits() == []
    entries = AuditEntry.objects.filter(subject_kind="surveys.sendinglimit").order_by("pk")
    assert list(entries.values_list("action", "detail")) == [
        ("created", {"limit": "email gmail.com: 600"}),
        ("changed", {"limit": "email gmail.com: 60"}),
        ("deleted", {"limit": "email gmail.com: 60"}),
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ("email", "", 600)),
        ({"channel": "sms", "per_minute": "1"}, ("sms", "", 1)),
        ({"domain": "@GMail.com"}, ("email", "gmail.com", 600)),
        ({"domain": "Žito.example"}, ("email", "xn--ito-b3a.example", 600)),
    ],
)
def test_a_domain_is_kept_as_addresses_are(lead, given, kept):
    assert lead.post(ADD, written(**given)).status_code == 302
    assert limits() == [kept]


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"per_minute": "0"}, "per_minute", "Ensure this value is greater than or equal to 1."),
        ({"per_minute": "many"}, "per_minute", "Enter a whole number."),
        ({"per_minute": "9999999"}, "per_minute", "So many a minute are no limit. Write at most 1000000, or delete the limit."),
        ({"domain": "gmail"}, "domain", "This is not a domain. Write what stands behind the @, such as gmail.com."),
        ({"domain": "ana@gmail.com"}, "domain", "This is not a domain. Write what stands behind the @, such as gmail.com."),
        ({"channel": "sms", "domain": "gmail.com"}, "domain", "Only e-mail has receiving domains. Leave it empty for this channel."),
        ({"channel": "email", "domain": "taken.example"}, "__all__", "Sending limit with this Channel and Receiving domain already exists."),
    ],
)  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_at_its_field(lead, given, field, said):
    SendingLimit.objects.create(domain="taken.example", per_minute=5)

    page = lead.post(ADD, written(**given))

    assert page.context["adminform"].form.errors == {field: [said]}
    assert limits() == [("email", "taken.example", 5)]


@pytest.mark.parametrize(("role", "reads"), [("Marketing", 200), ("Analysts", 200), ("Support", 403)])
def test_others_read_them_or_not_and_change_nothing(client, role, reads):
    limit = SendingLimit.objects.create(per_minute=5)
    client.force_login(UserFactory(roles=[role]))

    assert client.get(LIST).status_code == reads
    assert client.post(ADD, written()).status_code == 403
    change = reverse("admin:surveys_sendinglimit_change", args=[limit.pk])
    assert client.post(change, written()).status_code == 403
    assert client.post(reverse("admin:surveys_sendinglimit_delete", args=[limit.pk])).status_code == 403
    assert limits() == [("email", "", 5)]


def test_who_sees_one_unit_sets_no_speed_for_all(client):
    client.force_login(UserFactory(roles=["Marketing lead"], unit=create_unit(name="Shop", kind="brand")))

    assert client.get(LIST).status_code == 403
    assert client.post(ADD, written()).status_code == 403
    assert limits() == []
