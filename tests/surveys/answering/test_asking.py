"""A member of staff asks a customer: types what they say on the telephone, or hands them their link."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.consent import record_consent
from customers.models import Suppression
from events.models import Event
from staff.units import create_unit
from surveys.answering.responses import SurveyClosed
from surveys.ledger.tallies import standing_of
from surveys.models import Answer, Campaign, Interview, Invitation, StartedResponse, Survey, SurveyResponse
from surveys.ways.handing import MayNotBeAsked, hand_out_link
from surveys.ways.tokens import invitation_id_of, short_token_for, token_for
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyResponseFactory,
    published,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    user = UserFactory(roles=["Support"])
    client.force_login(user)
    return user


@pytest.fixture
def customer():
    customer = CustomerFactory(first_name="Amra", language="en")
    IdentityFactory(customer=customer, kind="phone", value="+38761234567", is_primary=True)
    return customer


def page_for(customer, survey=None):
    address = reverse("admin:surveys_surveyresponse_ask", args=[customer.pk])
    return f"{address}?survey={survey.pk}" if survey else address


def form_for(customer, survey):
    return reverse("admin:surveys_surveyresponse_interview", args=[customer.pk, survey.pk])


def carried(page):
    """What the form carries along, as the browser would send it."""
    html = unescape(page.content.decode())
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html))


def names(survey):
    return [f"q{pk}" for pk in survey.questions.order_by("position").values_list("pk", flat=True)]


def test_an_answer_typed_during_a_call_is_marked_with_its_channel_and_who_typed_it(client, agent, customer):
    survey = SurveyFactory(name="Service")
    score, comment = names(survey)
    form = client.get(form_for(customer, survey))

    page = client.post(form_for(customer, survey), carried(form) | {score: "0", comment: "Waited an hour"})

    response = SurveyResponse.objects.get()
    assert (response.customer, response.score, response.channel, response.invitation, response.campaign) == (
        customer,
        0,
        "phone",
        None,
        None,
    )
    assert response.interview.typed_by == agent
    assert "Thank you!" in page.content.decode()
    stored = reverse("admin:surveys_surveyresponse_change", args=[response.pk])
    assert f'href="{stored}" target="_top"' in page.content.decode()
    assert str(agent) in client.get(stored).content.decode()


def test_it_answers_the_invitation_they_have(client, agent, customer):
    survey = SurveyFactory()
    invitation = InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey))
    score, _comment = names(survey)
    form = client.get(form_for(customer, survey))

    client.post(form_for(customer, survey), carried(form) | {score: "9"})

    response = SurveyResponse.objects.get()
    assert (response.invitation, response.campaign, response.channel) == (
        invitation,
        invitation.wave.campaign,
        "phone",
    )
    standing = standing_of(invitation.wave.campaign, at=NOON)
    assert (standing.asked, standing.answered) == (1, 1)
    assert "This survey has been answered" in client.get(f"/s/{token_for(invitation.pk)}/").content.decode()


@pytest.mark.parametrize("is_invited", [True, False])
def test_a_double_click_stores_one_answer(client, agent, customer, is_invited):
    survey = SurveyFactory()
    if is_invited:
        InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey))
    sent = carried(client.get(form_for(customer, survey))) | {names(survey)[0]: "9"}

    pages = [client.post(form_for(customer, survey), sent) for _click in range(2)]

    assert ["Thank you!" in page.content.decode() for page in pages] == [True, True]
    assert (SurveyResponse.objects.count(), Interview.objects.count()) == (1, 1)


def test_what_they_began_by_themselves_is_there_and_finished(client, agent, customer):
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="comment", starts_page=True)
    published(survey)
    invitation = InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey))
    score, comment = names(survey)
    client.post(f"/s/{token_for(invitation.pk)}/", {"page": "1", score: "3"})

    form = client.get(form_for(customer, survey))
    client.post(form_for(customer, survey), carried(form) | {score: "3", comment: "By telephone"})

    assert 'value="3" checked' in form.content.decode()
    assert list(Answer.objects.order_by("pk").values_list("score", "text")) == [
        (3, ""),
        (None, "By telephone"),
    ]
    assert StartedResponse.objects.count() == 0


def test_all_pages_stand_on_one_and_a_hidden_question_is_not_asked(client, agent, customer):
    survey = SurveyFactory(questions=["nps"])
    first = survey.questions.get()
    unhappy = {"question": first.key, "op": "band", "value": "bad"}
    add_question(
        survey=survey, kind="comment", key="why", starts_page=True, show_if=unhappy, is_required=True
    )
    add_question(survey=survey, kind="file", key="picture", text={"en": "A picture?"})
    published(survey)
    score, why, _picture = names(survey)
    form = client.get(form_for(customer, survey))
    assert "A picture?" not in form.content.decode()

    refused = client.post(form_for(customer, survey), carried(form) | {score: "2"})
    taken = client.post(form_for(customer, survey), carried(refused) | {score: "9", why: "not asked"})

    assert refused.status_code == 422
    assert "Please answer this question." in refused.content.decode()
    assert taken.status_code == 200
    assert list(Answer.objects.values_list("score", "text")) == [(9, "")]


def test_the_form_speaks_the_customers_language_and_another_keeps_what_was_typed(client, agent):
    customer = CustomerFactory(language="fa")
    survey = SurveyFactory()
    score, comment = names(survey)
    form = client.get(form_for(customer, survey))

    other = client.post(
        form_for(customer, survey) + "?lang=ru",
        carried(form) | {score: "9", comment: "سلام", "lang": "ru"},
    )

    assert 'lang="fa" dir="rtl"' in form.content.decode()
    assert 'lang="ru" dir="ltr"' in other.content.decode()
    assert "سلام" in other.content.decode()
    assert SurveyResponse.objects.count() == 0


def test_a_survey_that_closed_during_the_call_gives_the_words_back(client, agent, customer):
    survey = SurveyFactory()
    score, comment = names(survey)
    sent = carried(client.get(form_for(customer, survey))) | {score: "9", comment: "So many words"}
    Survey.objects.update(is_open=False)

    page = client.post(form_for(customer, survey), sent)

    assert page.status_code == 410
    assert "So many words" in page.content.decode()
    assert SurveyResponse.objects.count() == 0


def test_an_invitation_of_somebody_else_or_to_another_survey_is_not_answered(client, agent, customer):
    survey = SurveyFactory()
    others = [
        InvitationFactory(wave__campaign=CampaignFactory(survey=survey)),
        InvitationFactory(customer=customer),
    ]
    sent = carried(client.get(form_for(customer, survey))) | {names(survey)[0]: "9"}

    pages = [client.post(form_for(customer, survey), sent | {"invitation": each.pk}) for each in others]

    assert [page.status_code for page in pages] == [404, 404]
    assert SurveyResponse.objects.count() == 0


def test_the_form_takes_nothing_without_its_token(agent, customer):
    survey = SurveyFactory()
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    form = client.get(form_for(customer, survey))

    forged = client.post(form_for(customer, survey), {names(survey)[0]: "9"})
    meant = client.post(form_for(customer, survey), carried(form) | {names(survey)[0]: "9"})

    assert (forged.status_code, meant.status_code) == (403, 200)
    assert SurveyResponse.objects.count() == 1


def test_a_link_is_handed_out_in_the_customers_language(client, agent, customer):
    customer.language = "fa"
    customer.save()
    survey = SurveyFactory(title={"en": "Your visit?", "fa": "بازدید شما؟"})

    page = client.post(page_for(customer, survey), follow=True)

    invitation = Invitation.objects.get()
    address = f"{settings.PUBLIC_BASE_URL}/s/{short_token_for(invitation.pk)}/"
    html = unescape(page.content.decode())
    assert "بازدید شما؟" in html
    assert f'value="{address}"' in html
    assert 'href="sms:+38761234567?body=' in html
    assert len(short_token_for(invitation.pk)) <= 22 + 1 + 6
    assert client.get(f"/s/{short_token_for(invitation.pk)}/").status_code == 200
    assert (invitation.state, invitation.address, invitation.channel) == (
        "sent",
        "+38761234567",
        "sms",
    )


def test_it_stands_in_the_ledger_and_is_announced_like_any_other(agent, customer):
    survey = SurveyFactory(name="Service")

    invitation = hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)
    again = hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)

    assert again == invitation
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.state, campaign.is_by_hand, campaign.reminders) == (
        "Service, handed out",
        "done",
        True,
        0,
    )
    event = Event.objects.get(type="surveys.invitations_sent")
    assert (event.payload["invitations"], event.payload["customers"], event.payload["first"]) == (
        [invitation.pk],
        [customer.pk],
        True,
    )


def test_who_answered_is_asked_again_by_a_link_of_its_own(client, agent, customer):
    survey = SurveyFactory()
    first = hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)
    client.post(f"/s/{short_token_for(first.pk)}/", {names(survey)[0]: "9"})

    second = hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)
    other = hand_out_link(survey=survey, customer=CustomerFactory(), by=agent, at=NOON)

    assert [each.wave.number for each in (first, second, other)] == [1, 2, 1]
    response = SurveyResponse.objects.get()
    assert (response.invitation, response.channel) == (first, "sms")


@pytest.mark.parametrize("how", ["withdrawn", "suppressed"])
def test_who_asked_for_no_surveys_gets_no_link_and_staff_read_why(client, agent, customer, how):
    survey = SurveyFactory()
    if how == "withdrawn":
        record_consent(
            customer=customer, purpose="survey", channel="sms", state="withdrawn", source="staff", at=NOON
        )
    else:
        digest = customer.identities.get(kind="phone").digest
        Suppression.objects.create(channel="sms", digest=digest, reason="by_staff", at=NOON)

    page = client.post(page_for(customer, survey), follow=True)

    assert "asked for no surveys by SMS" in page.content.decode()
    assert Invitation.objects.count() == 0
    with pytest.raises(MayNotBeAsked):
        hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)


def test_a_closed_survey_is_not_handed_out(agent, customer):
    survey = SurveyFactory(is_open=False)

    with pytest.raises(SurveyClosed):
        hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)

    assert Campaign.objects.count() == 0


def test_a_campaign_of_the_same_name_is_in_nobodys_way(agent, customer):
    survey = SurveyFactory(name="Service")
    CampaignFactory(name="Service, handed out")

    hand_out_link(survey=survey, customer=customer, by=agent, at=NOON)

    assert Campaign.objects.filter(is_by_hand=True, name=f"Service · {survey.pk}").exists()


@pytest.mark.parametrize("token", ["short", "whole"])
def test_short_and_whole_links_lead_to_the_same_invitation(token):
    invitation = InvitationFactory()
    made = short_token_for(invitation.pk) if token == "short" else token_for(invitation.pk)

    assert invitation_id_of(made) == invitation.pk
    assert [invitation_id_of(made[:-1]), invitation_id_of(made + "A"), invitation_id_of(made[:10])] == [
        None
    ] * 3


def test_the_customers_page_leads_there_and_says_what_waits(client, agent, customer):
    survey = SurveyFactory(name="Service")
    InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey))

    html = client.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()

    assert page_for(customer) in html
    page = client.get(page_for(customer, survey)).content.decode()
    assert form_for(customer, survey) in page
    assert "Make the link" in page


def test_without_a_survey_that_takes_answers_the_page_says_so(client, agent, customer):
    SurveyFactory(closes_at=timezone.now())

    page = client.get(page_for(customer)).content.decode()

    assert "No survey takes answers now." in page


def test_who_sees_one_unit_asks_nobody_elsewhere(client):
    brand = create_unit(name="Meridian", kind="brand")
    here, there = (create_unit(name=name, kind="location", parent=brand) for name in ("Here", "There"))
    client.force_login(UserFactory(roles=["Support"], unit=here))
    survey, stranger = SurveyFactory(), CustomerFactory(unit=there)

    pages = [
        client.get(page_for(stranger)),
        client.post(page_for(stranger, survey)),
        client.get(form_for(stranger, survey)),
        client.post(form_for(stranger, survey), {names(survey)[0]: "9"}),
    ]

    assert [page.status_code for page in pages] == [404] * 4
    assert (SurveyResponse.objects.count(), Invitation.objects.count()) == (0, 0)


def test_analysts_neither_type_nor_hand_out(client, customer):
    client.force_login(UserFactory(roles=["Analysts"]))
    survey = SurveyFactory()
    SurveyResponseFactory(customer=customer)

    pages = [
        client.get(page_for(customer)),
        client.get(form_for(customer, survey)),
        client.post(page_for(customer, survey)),
    ]

    assert [page.status_code for page in pages] == [403] * 3
    assert (
        "hand out a link"
        not in client.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()
    )


def test_an_invitation_that_waits_leads_there_too(client, customer):
    client.force_login(UserFactory(roles=["Administrators"]))
    survey = SurveyFactory()
    InvitationFactory(customer=customer, wave__campaign=CampaignFactory(survey=survey))

    html = client.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()

    assert f'href="{page_for(customer, survey)}"' in html
