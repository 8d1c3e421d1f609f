"""A member of staff limited to a unit meets nobody else: not on a page, in a list, a file, a picker or the API."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db import models
from django.db.models import IntegerField
from django.test.utils import isolate_apps
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from customers.models import (
    Consent,
    Customer,
    CustomerImport,
    Identity,
    Merge,
    SegmentMember,
    SuggestedDuplicate,
)
from cxplatform.api import router
from followups.models import MessageFile, NotCalled
from journeys.models import Interaction
from loyalty.ledger import earn_points
from staff.access import is_registered, lookups, visible
from staff.api.views import Input, VisibleKey
from staff.limited import LimitedAdmin
from staff.models import Unit, User
from staff.units import create_unit
from surveys.models import Answer, CommentTopic, Interview, ResponseImport, StartedResponse, Upload
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.followups import FollowUpFactory, ImprovementFactory, MessageFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.loyalty import AccountFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    InvitationFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyLinkFactory,
    SurveyResponseFactory,
    TopicFactory,
)
from tests.house.doors import Door, doors

pytestmark = pytest.mark.django_db

STRANGER, SEARCHED = "Zlatanov", "Zlata"
KEY = re.compile(r"<(?:int:|path:)?(pk|object_id)>")
OF_A_CUSTOMER = {
    "admin/followups/followup/files/<int:pk>/": MessageFile,
    "admin/journeys/interaction/timeline/<int:pk>/": Customer,
    "admin/surveys/invitation/history/<int:pk>/": Customer,
    "admin/surveys/surveyresponse/ask/<int:pk>/": Customer,
    "admin/surveys/surveyresponse/ask/<int:pk>/<int:survey>/": Customer,
}  # the number is not of the page's model
NOT_THE_PAGE_OF_ONE = {
    "admin/r/<path:content_type_id>/<path:object_id>/": "leads on to an object's page; none of these has one",
}
NO_CUSTOMERS_DATA: dict[str, str] = {
    "customers.IdentityConflict": "has several people: all of them must be seen, which its pages look after",
    "customers.Erasure": "a number, found through the customer's row that stays; its pages look after that",
    "customers.ConsentRecord": "numbers only; shown on the customer's own page alone",
    "customers.ConsentProof": "shown on the customer's own page alone",
}


@pytest.fixture
def unit():
    brand = create_unit(name="Meridian", kind="brand")
    return create_unit(name="Shop A", kind="location", parent=brand)


@pytest.fixture
def limited(unit, client):
    """Everything a role may give, within one unit."""
    user = UserFactory(roles=["Administrators"], unit=unit)
    client.force_login(user)
    return user


@pytest.fixture
def strangers(unit):
    """One object of every registered model, of a customer elsewhere."""
    elsewhere = create_unit(name="Zenica", kind="location", parent=unit.parent)
    return objects_of(elsewhere, STRANGER)


def objects_of(unit: Unit, name: str) -> dict[str, Any]:
    at = timezone.now()
    customer = CustomerFactory(first_name=name[:5], last_name=name, unit=unit)
    identity = IdentityFactory(customer=customer, value=f"{name.lower()}@customers.example")
    consent = Consent.objects.create(
        customer=customer, purpose="survey", channel="email", state="granted", at=at
    )
    survey = SurveyFactory()
    response = SurveyResponseFactory(
        survey=survey, customer=customer, submitted_at=at, score=2, score_kind="nps", has_comment=True
    )
    answer = AnswerFactory(
        survey_response=response,
        question=QuestionFactory(survey=survey, kind="comment"),
        score=None,
        text=f"{name} was here",
    )
    tag = CommentTopic.objects.create(
        answer=answer, topic=TopicFactory(), survey=survey, survey_response=response
    )
    started = StartedResponse.objects.create(
        version=survey.version, invitation=InvitationFactory(customer=customer), started_at=at, saved_at=at
    )
    upload = Upload.objects.create(
        question=answer.question,
        survey_response=response,
        name=name,
        type="image/png",
        size=1,
        uploaded_at=at,
    )
    follow_up = FollowUpFactory(survey_response=response)
    step = follow_up.steps.create(kind="note", text=name, at=at)
    leg = follow_up.legs.create(number=1, opened_at=at, contact_due_at=at, resolved_at=at)
    visit = follow_up.visits.create(user=UserFactory(), seen_at=at)
    written = MessageFactory(follow_up=follow_up, address=f"{name.lower()}@customers.example", text=name)
    sent_along = written.files.create(name=name, file=f"letters/{name}.png", type="image/png")
    joined = follow_up.joined.create(survey_response=response, at=at)
    told_daily = follow_up.digest_entries.create(user=UserFactory(), at=at)
    task = follow_up.tasks.create(kind="step", text=name)
    goodwill = follow_up.goodwill.create(voucher=name, at=at)
    not_called = NotCalled.objects.create(rule=follow_up.rule, customer=customer, reason="control", at=at)
    improvement = ImprovementFactory(title=f"For {name}", unit=unit)
    voice = improvement.voices.create(follow_up=follow_up, linked_at=at)
    improved = improvement.steps.create(kind="note", text=name, at=at)
    account = AccountFactory(customer=customer)
    entry = earn_points(account=account, points=5, source=f"gift:{name}", at=at)
    their_import = CustomerImport.objects.create(
        file_name=f"{name}.csv", created_at=at, created_by=UserFactory(unit=unit), state="done"
    )
    refused = their_import.refused_rows.create(line=2, reason="?", cells=[name])
    answers_file = ResponseImport.objects.create(
        survey=survey, file_name=f"{name}.csv", created_at=at, created_by=UserFactory(unit=unit), state="done"
    )
    refused_line = answers_file.refused_lines.create(line=2, reason="?", cells=[name])
    twin = CustomerFactory(first_name=name[:5], last_name=name, unit=None)
    pair = {"first": customer, "second": twin}
    merge = Merge.objects.create(kept=customer, merged=twin, at=at)
    on_list = SegmentMember.objects.create(
        segment=SegmentFactory(kind="list"), customer=customer, added_at=at
    )
    made = [
        SuggestedDuplicate.objects.create(**pair, found_at=at), merge, on_list,
        unit, customer, identity, consent, response, answer, follow_up, step, leg, visit, joined, written, sent_along, told_daily, task,
        goodwill, not_called, account, entry, their_import,
        refused, InteractionFactory(customer=customer, summary=name), InvitationFactory(customer=customer),
        started, upload, answers_file, refused_line, SurveyLinkFactory(name=name, unit=unit),
        Interview.objects.create(survey_response=response), tag, improvement, voice, improved,
    ]  # fmt: skip
    return {each._meta.label: each for each in made}


def test_every_registered_model_is_tried(strangers):
    assert strangers.keys() == lookups().keys()


def test_whatever_points_to_limited_rows_is_limited_or_says_why_not():
    forgotten = {
        model._meta.label
        for model in apps.get_models()
        if model is not User and not is_registered(model)
        for field in model._meta.get_fields()
        if names_somebody(field)
    }

    assert forgotten - NO_CUSTOMERS_DATA.keys() == set()


def names_somebody(field: Any) -> bool:
    """A key to limited rows, or the number of a customer that is written down without one."""
    if not field.concrete or not field.is_relation:
        return field.concrete and "customer" in field.name and isinstance(field, IntegerField)
    return field.related_model not in {Unit, CustomerImport, ResponseImport} and is_registered(
        field.related_model
    )


@isolate_apps("customers")
def test_a_model_somebody_adds_about_customers_is_noticed():
    class Wish(models.Model):
        customer = models.ForeignKey(Customer, models.CASCADE)
        friends = models.ManyToManyField(Customer)
        customer_number = models.PositiveBigIntegerField()
        text = models.TextField()

        class Meta:
            app_label = "customers"

        def __str__(self) -> str:
            return self.text

    assert not is_registered(Wish)
    assert [field.name for field in Wish._meta.get_fields() if names_somebody(field)] == [
        "customer",
        "customer_number",
        "friends",
    ]


def test_every_admin_of_limited_rows_or_with_a_picker_of_them_keeps_within():
    open_ones = [
        str(each)
        for each in admin.site._registry.values()
        if not isinstance(each, LimitedAdmin)
        and (is_registered(each.model) or any(map(points_to_limited, each.model._meta.fields)))
        and each.model is not User
    ]

    assert open_ones == []


def points_to_limited(field: Any) -> bool:
    return bool(field.editable and field.related_model and is_registered(field.related_model))


def model_of(door: Door) -> type[Any] | None:
    """Whose number stands in the address."""
    if door.route in OF_A_CUSTOMER:
        return OF_A_CUSTOMER[door.route]
    if door.route.startswith("admin/"):
        app, _slash, rest = door.route.removeprefix("admin/").partition("/")
        name = rest.partition("/")[0]
        return next(
            (m for m in admin.site._registry if (m._meta.app_label, m._meta.model_name) == (app, name)), None
        )
    for prefix, viewset, _name in router.registry:
        if door.route.startswith(f"api/v1/{prefix}/"):
            return viewset.queryset.model
    return None


def pages_of_one() -> dict[str, Any]:
    return {
        door.route: model_of(door)
        for door in doors()
        if KEY.search(door.route) and door.route not in NOT_THE_PAGE_OF_ONE
    }


def test_every_page_with_a_number_says_whose_it_is():
    assert [route for route, model in pages_of_one().items() if model is None] == []


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_a_stranger_is_not_found(client, limited, strangers, method):
    answered, tried = {}, 0
    for route, model in pages_of_one().items():
        if not is_registered(model) or route.endswith("<path:object_id>/"):
            continue
        address = "/" + KEY.sub(str(strangers[model._meta.label].pk), route).replace(
            "<int:survey>", str(strangers["surveys.SurveyResponse"].survey_id)
        )
        is_form = method in {"get", "post"} and not route.startswith("api/")
        page = getattr(client, method)(address, **({} if is_form else {"content_type": "application/json"}))
        if page.status_code == 302:
            page = client.get(page.url)
        tried += 1
        if page.status_code not in {404, 405}:
            answered[route] = page.status_code

    assert answered == {}
    assert tried > 40


def test_lists_searches_and_files_show_no_stranger(client, limited, unit, strangers):
    objects_of(unit, "Nearby")
    for model, page in admin.site._registry.items():
        if not is_registered(model) or not isinstance(page, ModelAdmin):
            continue
        start = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for query in ("", f"?q={SEARCHED}"):
            shown = client.get(reverse(f"{start}_changelist") + query).content.decode()
            assert STRANGER not in shown, (model, query)
    for name in ("customers_customer_export", "surveys_surveyresponse_export"):
        file = b"".join(client.get(reverse(f"admin:{name}"))).decode()
        assert STRANGER not in file
        assert "Nearby" in file
    for name in ("followups_inbox", "index"):
        for tab in ("mine", "team", "unassigned", "overdue", "resolved"):
            assert STRANGER not in client.get(reverse(f"admin:{name}"), {"tab": tab}).content.decode()


def test_pickers_offer_no_stranger(client, limited, unit, strangers):
    objects_of(unit, "Nearby")
    asked = {"app_label": "loyalty", "model_name": "account", "field_name": "customer", "term": ""}

    offered = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    chosen = client.post(
        reverse("admin:loyalty_account_add"),
        {"program": strangers["loyalty.Account"].program_id, "customer": strangers["customers.Customer"].pk},
    )

    assert [each["text"] for each in offered] == ["Nearb Nearby"]
    assert chosen.status_code == 200  # refused: it is no choice


def test_lists_of_the_api_show_no_stranger(client, limited, unit, strangers):
    theirs = objects_of(unit, "Nearby")
    for prefix, viewset, _name in router.registry:
        label = viewset.queryset.model._meta.label
        if label in lookups():
            rows = client.get(f"/api/v1/{prefix}/").json()["results"]
            assert [row["id"] for row in rows] == [theirs[label].pk], prefix


def test_the_api_takes_no_stranger(client, limited, strangers):
    stranger = strangers["customers.Customer"]
    asked = {
        "/api/v1/accounts/": {"program": strangers["loyalty.Account"].program_id, "customer": stranger.pk},
        "/api/v1/interactions/": {
            "customer": stranger.pk,
            "kind": "call",
            "source": "phone",
            "external_id": "1",
            "at": "2026-03-04T12:00:00Z",
        },
    }
    before = Interaction.objects.count()

    statuses = [
        client.post(path, body, content_type="application/json").status_code for path, body in asked.items()
    ]

    assert statuses == [400, 400]
    assert Interaction.objects.count() == before


def test_keys_in_what_the_api_takes_are_of_visible_rows():
    def kinds(kind: type[Any]) -> list[type[Any]]:
        return [kind, *(inner for each in kind.__subclasses__() for inner in kinds(each))]

    open_ones = [
        f"{each.__name__}.{name}"
        for each in kinds(Input)
        for name, field in each().fields.items()
        if isinstance(field, serializers.PrimaryKeyRelatedField) and not isinstance(field, VisibleKey)
        if is_registered(field.queryset.model)
    ]

    assert open_ones == []


def test_a_customer_somebody_limited_adds_is_of_their_unit(client, limited, unit):
    reply = client.post("/api/v1/customers/", {"first_name": "Ana"}, content_type="application/json")

    assert reply.status_code == 201
    assert Customer.objects.get().unit == unit


def test_who_sees_a_brand_sees_all_below_and_nobody_without_a_unit(unit):
    lower = create_unit(name="Desk", kind="team", parent=unit)
    here, below = CustomerFactory(unit=unit), CustomerFactory(unit=lower)
    CustomerFactory(unit=None)
    elsewhere = CustomerFactory(unit=unit.parent)

    def seen_by(**who: Any) -> set[Customer]:
        return set(visible(Customer.objects.all(), UserFactory(**who)))

    assert seen_by(unit=lower) == {below}
    assert seen_by(unit=unit) == {here, below}
    assert seen_by(unit=unit.parent) == {here, below, elsewhere}
    assert len(seen_by(unit=None)) == len(seen_by(unit=lower, is_superuser=True)) == 4
    assert Identity.objects.count() == Answer.objects.count() == 0
