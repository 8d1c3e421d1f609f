"""Nobody comes in without a login, but for customers on the pages made for them; and nobody changes by looking."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.consent import add_to_ledger
from customers.models import ConsentProof
from customers.opt_in import token_for as opt_in_token
from surveys.models import SurveyLink
from surveys.ways.tokens import token_for
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.surveys import InvitationFactory, SurveyFactory
from tests.house.doors import Door, doors

pytestmark = pytest.mark.django_db
DOORS = {door.route: door for door in doors()}
OPEN = {"admin/login/", "healthz/live", "healthz/ready"}
OUTWARD = {"admin/logout/"}  # sends away whoever is not signed in
CLOSED = sorted(DOORS.keys() - OPEN - OUTWARD - {route for route, door in DOORS.items() if door.is_public})


def is_refused(page: Any) -> bool:
    is_sent_to_login = page.status_code == 302 and page.url.partition("?")[0] == reverse("admin:login")
    return page.status_code == 401 or is_sent_to_login


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_no_other_page_opens_without_a_login(client, method):
    opened = [route for route in CLOSED if not is_refused(getattr(client, method)(DOORS[route].path))]

    assert opened == []
    assert len(CLOSED) > 100


def test_the_public_pages_are_those_we_know():
    assert {route for route, door in DOORS.items() if door.is_public} >= {
        "s/<str:token>/",
        "s/<str:token>/thanks/",
        "u/<str:token>/",
        "c/<str:token>/",
        "a/<str:code>/",
        "a/<str:code>/<str:key>/",
        "a/<str:code>/<str:key>/thanks/",
    }
    for route in OPEN:
        assert DOORS[route].path == f"/{route}"


def everything() -> dict[str, list[tuple[Any, ...]]]:
    looks = {"surveys.SurveyLink": ("opened",)}
    return {
        model._meta.label: list(
            model._base_manager.order_by("pk").values_list(
                *(
                    field.attname
                    for field in model._meta.concrete_fields
                    if field.name not in looks.get(model._meta.label, ())
                )
            )
        )
        for model in apps.get_models()
    }


def public_addresses() -> list[str]:
    """With good tokens, of an answered and an open invitation and an open link, and a bad one.

    That they were opened stands written: the first look at an invitation, and how often a link was looked at.
    """
    asked = add_to_ledger(
        customer=CustomerFactory(),
        purpose="survey",
        channel="email",
        state="pending",
        proof=ConsentProof(wording="Yes?"),
        at=timezone.now(),
    )
    tokens = [
        token_for(InvitationFactory(opened_at=NOON).pk),
        token_for(InvitationFactory(answered_at=NOON).pk),
        SurveyLink.objects.create(survey=SurveyFactory(), name="Counter", code="counter").code,
        opt_in_token(asked.pk),
        "1-forged",
    ]
    public = [door for door in DOORS.values() if door.is_public or door.route in OPEN]
    return sorted({filled(door, token) for door in public for token in tokens})


def filled(door: Door, token: str) -> str:
    route = door.route.replace("<str:token>", token).replace("<str:code>", token)
    return "/" + route.replace("<str:key>", "0" * 32)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_whoever_only_looks_changes_nothing(method):
    addresses = [
        address + query for address in public_addresses() for query in ("", "?score=2", "?lang=fa&score=9")
    ]
    FollowUpFactory()
    before = everything()

    for address in addresses:
        page = getattr(Client(), method)(address)
        assert page.status_code < 500

    assert everything() == before
    assert len(addresses) >= 3 * 3 * 3
