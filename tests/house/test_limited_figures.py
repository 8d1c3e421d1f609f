"""Whoever sees only a unit reads the figures of its customers, and never holds what concerns everybody."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.imports.files import receive_file
from customers.imports.running import run_imports, start_import
from customers.models import Customer, Persona, SuggestedDuplicate
from customers.privacy.erasing import erase_customer
from followups.models import FollowUp
from followups.opening import open_follow_up
from journeys.maps import arrange_stage
from journeys.models import JourneyMap, Stage
from staff.audit import audit
from staff.models import ApiKey, AuditEntry, Notification, User
from staff.units import create_unit
from surveys.ledger.tallies import standing_of
from surveys.preflight.report import preflight_of
from tests.factories.customers import CustomerFactory, IdentityFactory, PersonaFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyResponseFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand():
    return create_unit(name="Meridian", kind="brand")


@pytest.fixture
def shop(brand):
    return create_unit(name="Zenica", kind="location", parent=brand)


@pytest.fixture
def limited(shop, client):
    user = UserFactory(roles=["Administrators"], unit=shop)
    client.force_login(user)
    return user


def test_a_journey_map_counts_their_customers(client, limited, shop, brand):
    counter, survey = TouchpointFactory(), SurveyFactory(questions=["nps"])
    for unit, score in ((shop, 10), (brand, 0)):
        customer = CustomerFactory(unit=unit)
        InteractionFactory(customer=customer, touchpoint=counter, kind="visit", at=timezone.now())
        for _each in range(6):
            response = SurveyResponseFactory(
                survey=survey, customer=customer, touchpoint=counter, submitted_at=timezone.now()
            )
            AnswerFactory(survey_response=response, question=survey.questions.get(), score=score)
    journey = counter_on_a_map(counter)

    page = client.get(reverse("admin:journeys_map", args=[journey.pk]))

    ((card,),) = [column.cards for column in page.context["columns"]]
    assert [(figure.label, figure.value_text, figure.n) for figure in card.figures] == [("NPS", "100", 6)]
    assert card.contacts == 1
    assert "Figures of the customers of “Zenica”" in page.content.decode()


def counter_on_a_map(touchpoint: Any) -> Any:
    journey = JourneyMap.objects.create(name="Way")
    arrange_stage(
        stage=Stage.objects.create(journey_map=journey, name="Meet", position=1), touchpoints=[touchpoint]
    )
    return journey


def test_a_campaign_shows_what_became_of_their_customers(client, limited, shop, brand):
    wave = WaveFactory()
    for unit, people in ((shop, 1), (brand, 3)):
        for _each in range(people):
            InvitationFactory(
                wave=wave, customer=CustomerFactory(unit=unit), state="sent", sent_at=timezone.now()
            )

    page = client.get(reverse("admin:surveys_campaign_cockpit", args=[wave.campaign_id]))
    row = client.get(reverse("admin:surveys_campaign_changelist")).context["cl"].result_list[0]

    assert page.context["standing"].asked == row.asked == 1
    assert standing_of(wave.campaign, at=timezone.now()).asked == 4
    assert "goes to everybody in its segment" in page.content.decode()


def test_a_look_ahead_counts_their_customers_as_planning_will_find_them(client, limited, shop, brand):
    IdentityFactory(customer=CustomerFactory(unit=brand), value="a@mail.example", digest="shared")
    IdentityFactory(customer=CustomerFactory(unit=shop), value="b@mail.example", digest="shared")
    IdentityFactory(customer=CustomerFactory(unit=shop))
    campaign = CampaignFactory(state="draft", starts_at=None)

    page = client.get(reverse("admin:surveys_campaign_preflight", args=[campaign.pk]) + "?counted")
    names = client.get(reverse("admin:surveys_campaign_people", args=[campaign.pk]))

    assert page.context["preflight"].recipients == 1
    assert page.context["left_out"] == 1
    assert len(names.context["people"]) == 2
    everybody = preflight_of(campaign, at=timezone.now())
    assert (everybody.recipients, [fate.people for fate in everybody.excluded]) == (2, [1])


def test_the_trail_tells_of_their_customers_and_of_what_is_nobodys(client, limited, shop, brand):
    theirs, stranger = CustomerFactory(unit=shop), CustomerFactory(unit=brand)
    for subject in (theirs, stranger, IdentityFactory(customer=stranger), PersonaFactory()):
        audit(user=None, action=AuditEntry.Action.CHANGED, subject=subject, at=timezone.now())

    rows = client.get(reverse("admin:staff_auditentry_changelist")).context["cl"].result_list

    assert {(row.subject_kind, row.subject) for row in rows} == {
        ("customers.customer", theirs.pk),
        ("customers.persona", Persona.objects.get().pk),
    }
    assert AuditEntry.objects.count() == 4


def test_erasures_of_strangers_are_not_found(client, limited, shop, brand):
    theirs, stranger = (
        erase_customer(customer=CustomerFactory(unit=unit), by=None, at=timezone.now(), reason="other")
        for unit in (shop, brand)
    )

    rows = client.get(reverse("admin:customers_erasure_changelist")).context["cl"].result_list

    assert [row.pk for row in rows] == [theirs.pk]
    for page in ("change", "receipt"):
        assert client.get(reverse(f"admin:customers_erasure_{page}", args=[theirs.pk])).status_code == 200
        assert client.get(reverse(f"admin:customers_erasure_{page}", args=[stranger.pk])).status_code == 404


@pytest.mark.parametrize(
    "page",
    [
        "mail_channels",
        "mail_keptmail_changelist",
        "mail_deliveryreport_changelist",
        "events_event_changelist",
        "events_reactionretry_changelist",
        "staff_staffmail_changelist",
        "staff_user_add",
        "staff_apikey_changelist",
        "staff_apikey_add",
        "auth_group_changelist",
        "customers_retentionrule_changelist",
    ],
)
def test_what_concerns_everybody_is_withheld(client, limited, page):
    assert client.get(reverse(f"admin:{page}")).status_code == 403

    client.force_login(UserFactory(roles=["Administrators"]))

    assert client.get(reverse(f"admin:{page}")).status_code == 200


def test_nobody_lifts_their_own_limit(client, limited):
    client.post(reverse("admin:staff_user_change", args=[limited.pk]), {"username": "x", "unit": ""})
    client.post(
        reverse("admin:staff_apikey_add"),
        {"name": "k", "user": UserFactory(roles=["Administrators"]).pk, "scopes": ["customers:read"]},
    )

    assert User.objects.get(pk=limited.pk).unit_id == limited.unit_id
    assert not ApiKey.objects.exists()


def test_a_list_of_a_unit_has_those_below_and_offers_no_other(client, limited, shop, brand):
    desk = create_unit(name="Desk", kind="team", parent=shop)
    here, below = CustomerFactory(unit=shop), CustomerFactory(unit=desk)
    CustomerFactory(unit=brand)
    people = reverse("admin:customers_customer_changelist")

    def listed(**chosen: Any) -> set[Customer]:
        return set(client.get(people, chosen).context["cl"].result_list)

    assert listed(unit=shop.pk) == {here, below}
    assert listed(unit=desk.pk) == {below}
    assert listed(unit=brand.pk) == listed(unit="x") == listed(unit="9" * 30) == {here, below}
    assert "Meridian" not in client.get(people).content.decode().replace("Meridian Mobile", "")
    client.force_login(UserFactory(roles=["Administrators"]))
    assert len(listed(unit=brand.pk)) == 3
    units = client.get(reverse("admin:staff_unit_changelist")).context["cl"].result_list
    assert {unit.name: unit.customers_here for unit in units} == {"Meridian": 3, "Zenica": 2, "Desk": 1}


def test_a_follow_up_is_given_and_told_to_who_may_see_the_customer(shop, brand):
    other = create_unit(name="Tuzla", kind="location", parent=brand)
    stranger, theirs = UserFactory(unit=other), UserFactory(unit=shop)
    rule = FollowUpRuleFactory(team=TeamFactory(lead=stranger, members=[stranger, theirs]))
    answers = [
        SurveyResponseFactory(
            survey=rule.survey, customer=customer, submitted_at=timezone.now(), score=1, score_kind="nps"
        )
        for customer in (CustomerFactory(unit=shop), CustomerFactory(unit=shop), CustomerFactory(unit=None))
    ]

    owners = [open_follow_up(rule=rule, survey_response=each, at=timezone.now()).owner for each in answers]

    assert owners == [theirs, theirs, None]
    assert FollowUp.objects.count() == 3
    assert not Notification.objects.filter(user=stranger).exists()


def test_a_file_touches_nobody_elsewhere_and_brings_new_people_home(limited, shop, brand, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    theirs, stranger = CustomerFactory(unit=shop), CustomerFactory(unit=brand, first_name="Before")
    for customer, name in ((theirs, "here"), (stranger, "elsewhere")):
        IdentityFactory(customer=customer, value=f"{name}@mail.example")
    lines = ["email,first_name", *(f"{name}@mail.example,After" for name in ("here", "elsewhere", "new"))]
    file = receive_file(blocks=["\n".join(lines).encode()], file_name="a.csv", by=limited, at=timezone.now())
    start_import(customer_import=file, mapping={"email": "email", "first_name": "first_name"}, defaults={})

    run_imports(at=timezone.now())

    assert list(Customer.objects.order_by("pk").values_list("first_name", "unit")) == [
        ("After", shop.pk),
        ("Before", brand.pk),
        ("After", shop.pk),
    ]
    (refused,) = file.refused_rows.all()
    assert (refused.line, refused.reason) == (3, "A customer of another unit is known by this.")


def test_a_page_does_not_count_look_alikes_elsewhere(client, limited, shop, brand):
    customer, twin = CustomerFactory(unit=shop), CustomerFactory(unit=brand)
    SuggestedDuplicate.objects.create(first=customer, second=twin, found_at=timezone.now())

    page = client.get(reverse("admin:customers_customer_change", args=[customer.pk]))

    assert page.context["look_alikes"] == 0
