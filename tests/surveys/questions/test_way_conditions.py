"""Questions that are asked by the way somebody came: channel, campaign and touchpoint, on every way to ask."""

import re
from html import unescape

import pytest
from django.urls import reverse

from events.delivery import deliver_events
from journeys.interactions import record_interaction
from surveys.answering.asking import Way
from surveys.answering.responses import record_response
from surveys.answering.settling import settle_started
from surveys.models import Answer, Invitation, StartedResponse, SurveyResponse
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyLinkFactory,
    published,
)

pytestmark = pytest.mark.django_db


def asking_if(name, value, *, op="is", starts_page=False, **fields):
    """A score, and a comment for those alone of whom `name` is `value`."""
    survey = SurveyFactory(questions=[], **fields)
    add_question(survey=survey, kind="nps", key="score")
    add_question(
        survey=survey,
        kind="comment",
        key="more",
        starts_page=starts_page,
        show_if={"context": name, "op": op, "value": value},
    )
    return published(survey)


def field(survey, key):
    return f"q{survey.questions.get(key=key).pk}"


def page_of(invitation):
    return reverse("survey-answer", args=[token_for(invitation.pk)])


def shown(page):
    """The keys of the questions on the page that can be seen, with and without JavaScript."""
    found = re.findall(r'<fieldset[^>]*data-key="([\w-]+)"([^>]*)>', unescape(page.content.decode()))
    return [key for key, rest in found if " hidden" not in rest]


def sent_as_shown(page, survey, **typed):
    """What a browser sends of the page it was given."""
    carried = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', unescape(page.content.decode()))
    fields = {name: [value for each, value in carried if each == name] for name, _value in carried}
    return fields | {field(survey, key): value for key, value in typed.items()}


def kept():
    return sorted(Answer.objects.values_list("question__key", flat=True))


@pytest.mark.parametrize(("channel", "keys"), [("sms", ["score", "more"]), ("email", ["score"])])
def test_a_personal_link_knows_its_channel_and_gives_nothing_of_it_away(client, channel, keys):
    survey = asking_if("channel", "sms")
    invitation = InvitationFactory(wave__campaign__survey=survey, channel=channel)

    page = client.get(page_of(invitation))
    client.post(page_of(invitation), sent_as_shown(page, survey, score="9", more="Fine"))

    assert shown(page) == keys
    assert '"sms"' not in unescape(page.content.decode())
    assert kept() == sorted(keys)
    assert SurveyResponse.objects.get().context == {}


def test_of_two_campaigns_with_one_survey_one_asks_more(client):
    survey = asking_if("campaign", "Spring")
    pages = [
        client.get(page_of(InvitationFactory(wave__campaign=CampaignFactory(name=name, survey=survey))))
        for name in ("Spring", "Autumn")
    ]

    assert [shown(page) for page in pages] == [["score", "more"], ["score"]]


def test_on_a_page_of_its_own_it_is_reached_or_the_survey_ends(client):
    survey = asking_if("channel", "sms", starts_page=True)
    by_sms, by_mail = (
        InvitationFactory(wave__campaign=CampaignFactory(survey=survey), channel=channel)
        for channel in ("sms", "email")
    )

    pages = [
        client.post(page_of(invitation), {"page": "1", field(survey, "score"): "9"}, follow=True)
        for invitation in (by_sms, by_mail)
    ]

    assert shown(pages[0]) == ["more"]
    assert "Thank you!" in pages[1].content.decode()
    assert SurveyResponse.objects.get().invitation == by_mail


def test_what_nobody_finished_is_settled_by_the_way_it_came(client):
    survey = asking_if("channel", "sms", starts_page=True)
    invitation = InvitationFactory(wave__campaign__survey=survey, channel="sms")
    client.post(page_of(invitation), {"page": "1", field(survey, "score"): "9"})
    answers = {
        str(question.pk): 9 if question.key == "score" else "Fine" for question in survey.questions.all()
    }
    StartedResponse.objects.update(saved_at=NOON, answers=answers)

    settle_started(at=NOON.replace(year=2027))

    assert kept() == ["more", "score"]


@pytest.mark.parametrize(
    ("touchpoint", "keys"), [("shop", ["score", "more"]), ("web", ["score"]), (None, ["score"])]
)
def test_the_touchpoint_is_the_surveys(client, touchpoint, keys):
    survey = asking_if("touchpoint", "shop", touchpoint=touchpoint and TouchpointFactory(slug=touchpoint))

    assert shown(client.get(page_of(InvitationFactory(wave__campaign__survey=survey)))) == keys


def test_or_where_happened_what_somebody_is_asked_about(client):
    survey = asking_if("touchpoint", "shop", touchpoint=TouchpointFactory(slug="web"))
    CampaignFactory(survey=survey, kind="triggered", trigger="purchase")
    customer = IdentityFactory().customer
    for place in (TouchpointFactory(slug="shop"), None):
        record_interaction(
            customer=customer,
            kind="purchase",
            source="till",
            external_id=str(place),
            at=NOON,
            touchpoint=place,
            detail={"touchpoint": "nowhere", "channel": "sms"} if place else {},
        )
    deliver_events(at=NOON)

    by_place = {row.context.get("touchpoint"): row for row in Invitation.objects.all()}

    assert shown(client.get(page_of(by_place["shop"]))) == ["score", "more"]
    assert shown(client.get(page_of(by_place[None]))) == ["score"]


def test_what_an_occasion_calls_channel_or_campaign_is_not_the_way(client):
    survey = asking_if("channel", "sms")
    invitation = InvitationFactory(
        wave__campaign__survey=survey, channel="email", context={"channel": "sms", "campaign": "Spring"}
    )

    assert shown(client.get(page_of(invitation))) == ["score"]


@pytest.mark.parametrize(
    ("kind", "channel"), [("open", "web"), ("qr", "qr"), ("embed", "embed"), ("kiosk", "kiosk")]
)
@pytest.mark.parametrize("place", ["link", "survey"])
def test_links_that_are_open_to_all_know_their_kind_and_touchpoint(client, kind, channel, place):
    shop = TouchpointFactory(slug="shop")
    for name, value in (("channel", channel), ("touchpoint", "shop")):
        survey = asking_if(name, value, touchpoint=shop if place == "survey" else None)
        link = SurveyLinkFactory(
            survey=survey,
            kind=kind,
            sites=["https://shop.example"],
            touchpoint=shop if place == "link" else None,
        )
        page = client.get(f"/{'k' if kind == 'kiosk' else 'a'}/{link.code}/")
        form = re.search(r'action="([^"?]+)', unescape(page.content.decode()))
        address = f"/k/{link.code}/{link.pk:032x}/" if kind == "kiosk" else form.group(1)

        assert shown(page) == ["score", "more"]
        client.post(address, sent_as_shown(page, survey, score="9", more="Fine"))
        response = SurveyResponse.objects.get(link=link)
        assert (response.answers.count(), response.context) == (2, {})


def test_a_question_for_another_way_is_hidden_there(client):
    survey = asking_if("channel", "sms")
    for kind, path in (("open", "a"), ("kiosk", "k")):
        link = SurveyLinkFactory(survey=survey, kind=kind)
        assert shown(client.get(f"/{path}/{link.code}/")) == ["score"]


@pytest.mark.parametrize("is_invited", [True, False])
def test_a_telephone_call_is_one_even_where_it_answers_a_mail(client, is_invited):
    client.force_login(UserFactory(roles=["Support"]))
    survey = asking_if("channel", "phone")
    customer = CustomerFactory(language="en")
    if is_invited:
        InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey), channel="email")
    address = reverse("admin:surveys_surveyresponse_interview", args=[customer.pk, survey.pk])

    page = client.get(address)
    client.post(address, sent_as_shown(page, survey, score="9", more="Said so"))

    assert shown(page) == ["score", "more"]
    assert kept() == ["more", "score"]


@pytest.mark.parametrize(("channel", "keys"), [("app", ["more", "score"]), ("web", ["score"])])
def test_an_answer_from_a_program_comes_by_the_channel_it_names(channel, keys):
    survey = asking_if("channel", "app")
    answers = {question.pk: 9 if question.key == "score" else "Fine" for question in survey.questions.all()}

    record_response(survey=survey, customer=None, answers=answers, channel=channel, at=NOON)

    assert kept() == keys


def test_what_is_not_known_of_the_way_is_not_set(client):
    """A link that is open to all belongs to no campaign."""
    link = SurveyLinkFactory(survey=asking_if("campaign", "", op="is_not_set"))

    assert shown(client.get(f"/a/{link.code}/")) == ["score", "more"]


def test_only_a_survey_that_asks_for_the_touchpoint_looks_it_up(client, django_assert_num_queries):
    invitation = InvitationFactory(
        wave__campaign__survey=asking_if("campaign", "Spring", touchpoint=TouchpointFactory())
    )
    client.get(page_of(invitation))

    with django_assert_num_queries(2):  # the invitation, and what was begun of it
        client.get(page_of(invitation))


def test_the_builder_offers_each_fact_that_is_filled_with_what_there_is(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    survey = asking_if("channel", "sms")
    CampaignFactory(survey=survey, name="Spring")
    CampaignFactory(name="Of another survey")
    TouchpointFactory(slug="shop", name="Shop")
    question = survey.questions.get(key="more")

    page = client.get(reverse("admin:surveys_survey_build_editor", args=[survey.pk, question.pk]))

    offered = {
        each["name"]: each["values"]
        for each in page.context["offer"]["subjects"]
        if each["about"] == "context"
    }
    assert set(Way._fields) <= set(offered)
    assert offered["campaign"] == [("Spring", "Spring")]
    assert offered["touchpoint"] == [("shop", "Shop")]
    assert dict(offered["channel"])["phone"] == "Telephone"
    assert "import" not in dict(offered["channel"])
    assert page.context["show_if"] == "Channel is “SMS”"
