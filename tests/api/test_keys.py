from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from staff.api_keys import create_api_key, revoke_api_keys, use_api_key
from staff.models import ApiKey
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/follow-ups/"


def new_key(**given):
    values = {
        "name": "Shop",
        "user": UserFactory(),
        "scopes": ["follow_ups:read"],
        "expires_at": None,
        "at": NOON,
    }
    return create_api_key(**values | given)


def test_only_a_digest_of_the_key_is_kept():
    key, text = new_key()

    assert text not in str(ApiKey.objects.values().get())
    assert text.startswith(key.prefix)
    assert use_api_key(text, at=NOON) == key


@pytest.mark.parametrize("wrong", ["", "cx_", "x" * 60, "é", "\x00"])
def test_no_other_text_opens_the_door(wrong):
    _key, text = new_key()

    assert use_api_key(text[:-1] + wrong, at=NOON) is None
    assert APIClient().get(LIST, HTTP_AUTHORIZATION=f"Bearer {wrong}").status_code == 401


def test_a_key_dies_when_revoked_when_it_expires_and_when_its_user_leaves():
    revoked, revoked_text = new_key(name="Revoked")
    _expired, expired_text = new_key(name="Expired", expires_at=NOON)
    left, left_text = new_key(name="Left")
    revoke_api_keys(keys=[revoked.pk], at=NOON)
    left.user.is_active = False
    left.user.save()

    assert [use_api_key(text, at=NOON) for text in (revoked_text, expired_text, left_text)] == [None] * 3


def test_when_a_key_was_last_used_is_noted_once_a_minute():
    key, text = new_key()
    for seconds in (0, 59, 61):
        use_api_key(text, at=NOON + timedelta(seconds=seconds))

    key.refresh_from_db()
    assert key.last_used_at == NOON + timedelta(seconds=61)


def test_without_a_key_the_api_asks_for_one():
    page = APIClient().get(LIST)

    assert (page.status_code, page["WWW-Authenticate"], page["Content-Type"]) == (
        401,
        "Bearer",
        "application/problem+json",
    )
    assert page.json()["code"] == "not_authenticated"


def test_a_key_acts_within_its_scopes(open_with):
    follow_up = FollowUpFactory()
    reader = open_with("follow_ups:read")

    refused = reader.post(f"{LIST}{follow_up.pk}/take/")

    assert reader.get(LIST).status_code == 200
    assert (refused.status_code, refused.json()) == (
        403,
        {
            "status": 403,
            "code": "permission_denied",
            "detail": "This key lacks the scope follow_ups:write.",
        },
    )
    follow_up.refresh_from_db()
    assert follow_up.owner is None


def test_staff_uses_the_api_with_its_session_its_permissions_and_a_csrf_token():
    support, loyalty = UserFactory(roles=["Support"]), UserFactory(roles=["Loyalty"])
    follow_up = FollowUpFactory()
    browser = APIClient(enforce_csrf_checks=True)

    browser.force_login(loyalty)
    assert browser.get(LIST).status_code == 403
    browser.force_login(support)
    assert browser.get(LIST).status_code == 200
    assert browser.post(f"{LIST}{follow_up.pk}/take/").status_code == 403
    follow_up.refresh_from_db()
    assert follow_up.owner is None


def test_a_customer_login_that_is_not_staff_opens_nothing():
    browser = APIClient()
    browser.force_login(UserFactory(is_staff=False, is_superuser=True))

    assert browser.get(LIST).status_code == 403


def test_the_schema_and_its_pages_are_for_staff(client):
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/").status_code == 302

    client.force_login(UserFactory())
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content


def test_a_key_that_never_expires_and_one_that_does_later_are_living():
    new_key(name="Later", expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    new_key(name="Never")

    assert ApiKey.objects.living(NOON).count() == 2
