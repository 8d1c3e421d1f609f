"""Senders: the names and addresses of brands that campaigns' messages come from."""

import pytest
from django.urls import reverse

from surveys.models import Sender
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
ADD = reverse("admin:surveys_sender_add")


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(roles=["Marketing lead"]))
    return client


def written(**changes):
    return {"name": "Zeta", "address": "hello@zeta.example", "reply_to": "", "unit": "", **changes}


@pytest.mark.parametrize("name", ["", "+38761000000", "72345", "Zeta", "Zeta & Co", "4YOU"])
def test_an_sms_comes_from_a_number_or_a_short_name(lead, name):
    assert lead.post(ADD, written(sms_name=name)).status_code == 302
    assert Sender.objects.get().sms_name == name


@pytest.mark.parametrize("name", ["Zeta Apoteka d.o.o.", "Žito", "12", "+1 234 567", "A" * 12])
def test_what_no_network_carries_is_refused_with_what_it_does(lead, name):
    page = lead.post(ADD, written(sms_name=name))

    [said] = page.context["adminform"].form.errors["sms_name"]
    assert said.startswith("Write a number such as +38761000000, or up to eleven letters")
    assert not Sender.objects.exists()
