"""The administrators' page of keys: a key is shown once and can be taken back."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from rest_framework.test import APIClient

from staff.api_keys import create_api_key
from staff.models import ApiKey
from tests.conftest import NOON
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
ADD = reverse("admin:staff_apikey_add")
LIST = reverse("admin:staff_apikey_changelist")


@pytest.fixture
def administrator(client):
    person = UserFactory(roles=["Administrators"])
    client.force_login(person)
    return person


def form(person, **given):
    return {
        "name": "Shop",
        "user": person.pk,
        "scopes": ["follow_ups:read"],
        "expires_at_0": "",
        "expires_at_1": "",
    } | given


def test_the_new_key_is_shown_once_and_opens_the_api(client, administrator):
    page = client.post(ADD, form(administrator))

    text = re.search(r">(cx_[0-9a-f]{8}_[\w-]+)<", page.content.decode())[1]
    assert "no-store" in page["Cache-Control"]
    assert APIClient().get("/api/v1/follow-ups/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 200
    key = ApiKey.objects.get()
    assert (key.name, key.user, key.scopes, key.expires_at) == (
        "Shop",
        administrator,
        ["follow_ups:read"],
        None,
    )
    for address in (LIST, reverse("admin:staff_apikey_change", args=[key.pk])):
        assert text not in client.get(address).content.decode()


@pytest.mark.parametrize(
    "given", [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"expires_at_0": "tomorrow"}]
)
def test_a_key_without_sense_is_not_made(client, administrator, given):
    page = client.post(ADD, form(administrator, **given))

    assert (page.status_code, ApiKey.objects.count()) == (200, 0)


def test_a_key_is_not_changed_but_taken_back(client, administrator):
    key, text = create_api_key(
        name="Shop", user=administrator, scopes=["follow_ups:read"], expires_at=None, at=NOON
    )
    page = client.post(
        reverse("admin:staff_apikey_change", args=[key.pk]), {"name": "Other", "scopes": ["x"]}
    )
    assert page.status_code == 403
    key.refresh_from_db()
    assert (key.name, key.scopes) == ("Shop", ["follow_ups:read"])

    client.post(LIST, {"action": "revoke", "_selected_action": [key.pk]})

    assert APIClient().get("/api/v1/follow-ups/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401
    assert (
        client.post(reverse("admin:staff_apikey_delete", args=[key.pk]), {"post": "yes"}).status_code == 403
    )


def test_nobody_gives_away_what_they_may_not_do(client):
    person = UserFactory()
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["add_apikey", "view_apikey", "view_customer", "view_user"])
    )
    client.force_login(person)

    refused = client.post(ADD, form(person, scopes=["customers:write"]))
    made = client.post(ADD, form(person, scopes=["customers:read"]))

    assert (refused.status_code, made.status_code) == (200, 200)
    assert ApiKey.objects.get().scopes == ["customers:read"]


def test_other_roles_do_not_see_keys(client):
    client.force_login(UserFactory(roles=["Marketing"]))

    assert client.get(LIST).status_code == 403
    assert client.get(ADD).status_code == 403
