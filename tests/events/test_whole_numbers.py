"""A number that no column holds finds nothing, on either database, whichever page, form or program names it."""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import RequestFactory
from django.urls import reverse

from customers.models import Customer, RetentionRule
from events.boundary import LARGEST
from journeys.models import JourneyMap
from staff.models import Team, Unit
from staff.units import create_unit
from surveys.models import SurveyLink
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, SurveyFactory, SurveyLinkFactory

pytestmark = pytest.mark.django_db
BEYOND = [LARGEST + 1, -LARGEST - 2, 99_999_999_999_999_999_999]
HUGE = str(BEYOND[-1])


@pytest.fixture
def administrator(client):
    client.raise_request_exception = False
    client.force_login(UserFactory(is_superuser=True))
    return client


@pytest.mark.parametrize("number", BEYOND)
def test_no_column_holds_it(number):
    ours = CustomerFactory(unit=create_unit(name="Shop", kind="brand"))
    customers = Customer.objects.all()

    assert not customers.filter(pk=number).exists()
    assert not customers.filter(unit=number).exists()
    assert not customers.filter(unit_id=number).exists()
    assert not customers.filter(pk__in=[number]).exists()
    assert not customers.filter(unit__in={number}).exists()
    assert not customers.filter(invitations__in=[number]).exists()
    assert not customers.filter(invitations__wave=number).exists()
    assert customers.filter(pk__in=[number, ours.pk]).get() == ours
    assert customers.filter(unit__in=[number, ours.unit_id, None]).get() == ours
    assert customers.filter(unit__in=Unit.objects.all()).get() == ours
    assert customers.exclude(unit=number).get() == ours
    assert customers.exclude(pk__in=[number]).get() == ours
    assert customers.in_bulk([number, ours.pk]) == {ours.pk: ours}


def test_the_largest_that_fits_is_still_looked_for():
    CustomerFactory(pk=LARGEST)

    assert Customer.objects.filter(pk__in=[LARGEST, LARGEST + 1]).count() == 1


def test_no_code_is_put_up_for_a_place_that_cannot_be(administrator):
    survey = SurveyFactory()

    page = administrator.post(
        reverse("admin:surveys_surveylink_codes"), {"survey": survey.pk, "units": [HUGE]}
    )

    assert (page.status_code, page.context["form"].errors.keys()) == (200, {"units"})
    assert not SurveyLink.objects.exists()


@pytest.mark.parametrize(
    ("route", "field"),
    [
        ("journeys_journeymap_add", "persona"),
        ("staff_team_add", "members"),
        ("staff_user_add", "groups"),
        ("auth_group_add", "permissions"),
        ("customers_persona_add", "segment"),
        ("surveys_campaign_add", "segment"),
        ("surveys_surveylink_add", "unit"),
        ("followups_followuprule_add", "team"),
    ],
)
def test_a_form_says_that_there_is_no_such_choice(administrator, route, field):
    page = administrator.post(reverse(f"admin:{route}"), {field: HUGE})

    assert page.status_code == 200
    assert field in page.context["adminform"].form.errors
    assert not any(made.objects.exists() for made in (Team, JourneyMap, SurveyLink))


def test_no_list_breaks_when_it_is_narrowed_by_it_or_something_is_done_to_it(administrator):
    request = RequestFactory().get("/")
    request.user = UserFactory(is_superuser=True)
    broken = []
    for model, page in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        related = [f"{field.name}__exact" for field in model._meta.fields if field.is_relation]
        replies = [administrator.get(address, {name: HUGE}) for name in ("pk__in", *related[:1])]
        for action in [*page.get_actions(request)][:1]:
            chosen = {"action": action, ACTION_CHECKBOX_NAME: HUGE, "index": 0}
            replies.append(administrator.post(address, chosen))
        broken += [reply.wsgi_request.get_full_path() for reply in replies if reply.status_code >= 500]

    assert broken == []
    assert len(admin.site._registry) > 40


@pytest.mark.parametrize(
    "address",
    [
        "/admin/journeys/interaction/timeline/1/?before={0}",
        "/admin/surveys/surveylink/tents/?link={0}",
        "/admin/surveys/surveylink/?unit={0}",
        "/admin/surveys/survey/{0}/results/",
        "/admin/customers/customer/{0}/change/",
        "/admin/customers/customer/{0}/delete/",
        "/api/v1/customers/{0}/",
        "/api/v1/interactions/?customer={0}",
        "/api/v1/responses/?customer={0}&survey={0}&campaign={0}",
        "/api/v1/follow-ups/?customer={0}",
    ],
)
def test_an_address_with_it_leads_nowhere(administrator, address):
    InvitationFactory()
    SurveyLinkFactory()

    page = administrator.get(address.format(HUGE))

    assert page.status_code < 500


def test_months_no_calendar_holds_are_refused_in_the_form(administrator):
    rule = RetentionRule.objects.order_by("pk").first()
    address = reverse("admin:customers_retentionrule_change", args=[rule.pk])

    for months in (40_000, HUGE):
        page = administrator.post(address, {"months": months})
        assert (page.status_code, page.context["adminform"].form.errors.keys()) == (200, {"months"})
