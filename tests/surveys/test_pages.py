"""Surveys of several pages with conditions, as customers meet them without JavaScript."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.merging.merges import merge
from surveys.answering.settling import settle, settle_started
from surveys.models import Answer, StartedResponse, SurveyResponse
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, published

pytestmark = pytest.mark.django_db
OPTIONS = [{"key": key, "text": {"en": key.title()}} for key in ("price", "network")]


@pytest.fixture
def survey():
    """NPS; for the unhappy what went wrong; on a second page a number, on a third an address."""
    survey = SurveyFactory(questions=[])
    add_question(survey=survey, kind="nps", key="nps", is_required=True)
    add_question(
        survey=survey,
        kind="choice",
        key="wrong",
        text={"en": "What went wrong?"},
        settings={"options": OPTIONS, "other": True},
        show_if={"question": "nps", "op": "band", "value": "bad"},
        is_required=True,
    )
    add_question(survey=survey, kind="number", key="age", text={"en": "Age?"}, starts_page=True)
    add_question(
        survey=survey,
        kind="email",
        key="mail",
        is_required=True,
        starts_page=True,
        show_if={"question": "wrong", "op": "is", "value": "network"},
    )
    return published(survey)


@pytest.fixture
def invitation(survey):
    return InvitationFactory(wave__campaign=CampaignFactory(survey=survey))


def address(invitation):
    return reverse("survey-answer", args=[token_for(invitation.pk)])


def names(survey):
    return {question.key: f"q{question.pk}" for question in survey.questions.all()}


def ids(survey):
    return {question.key: question.pk for question in survey.questions.all()}


def shown(page):
    """The keys of the questions on the page that can be seen."""
    found = re.findall(r'<fieldset[^>]*data-key="([\w-]+)"([^>]*)>', unescape(page.content.decode()))
    return [key for key, rest in found if " hidden" not in rest]


def stored():
    return {
        answer.question.key: answer.text or answer.value or answer.score for answer in Answer.objects.all()
    }


def test_the_happy_are_not_asked_what_went_wrong(client, survey, invitation):
    name = names(survey)
    assert shown(client.get(address(invitation))) == ["nps"]

    second = client.post(address(invitation), {"page": "1", name["nps"]: "10"}, follow=True)
    assert shown(second) == ["age"]
    assert "Page 2 of 3" in second.content.decode()
    thanks = client.post(address(invitation), {"page": "2", name["age"]: "41"}, follow=True)

    assert "Thank you!" in thanks.content.decode()
    assert stored() == {"nps": 10, "age": 41}
    response = SurveyResponse.objects.get()
    assert (response.score, response.is_complete, StartedResponse.objects.count()) == (10, True, 0)


def test_the_unhappy_are_shown_the_question_their_score_brings_up(client, survey, invitation):
    name, number = names(survey), ids(survey)

    first = client.post(address(invitation), {"page": "1", name["nps"]: "0"})
    assert (first.status_code, shown(first)) == (200, ["nps", "wrong"])
    assert "not sent yet" not in first.content.decode()

    seen = {"page": "1", "seen": number["wrong"], name["nps"]: "0"}
    refused = client.post(address(invitation), seen)
    assert refused.status_code == 422
    client.post(address(invitation), seen | {name["wrong"]: "network"})
    third = client.post(address(invitation), {"page": "2", name["age"]: ""}, follow=True)
    assert shown(third) == ["mail"]
    page = client.post(
        address(invitation),
        {"page": "3", "seen": number["mail"], name["mail"]: "Amra@Example.com"},
        follow=True,
    )

    assert "Thank you!" in page.content.decode()
    assert stored() == {"nps": 0, "wrong": ["network"], "mail": "amra@example.com"} | {"nps": 0}


def test_a_score_is_kept_when_whoever_gave_it_leaves_at_the_question_it_brings_up(client, survey, invitation):
    name, number = names(survey), ids(survey)

    client.post(address(invitation), {"page": "1", name["nps"]: "0"})
    assert StartedResponse.objects.get().answers == {str(number["nps"]): 0}
    client.post(address(invitation), {"page": "1", "seen": number["wrong"], name["nps"]: "1"})
    assert StartedResponse.objects.get().answers == {str(number["nps"]): 1}

    assert shown(client.get(address(invitation))) == ["nps", "wrong"]


def test_a_page_without_an_answer_begins_nothing(client, survey, invitation):
    refused = client.post(address(invitation), {"page": "1"})

    assert refused.status_code == 422
    assert not StartedResponse.objects.exists()


def test_what_was_begun_is_there_when_the_customer_comes_back(client, survey, invitation):
    name = names(survey)
    client.post(address(invitation), {"page": "1", name["nps"]: "9"})

    page = client.get(address(invitation))
    back = client.get(address(invitation), {"page": "1"})

    assert shown(page) == ["age"]
    assert re.findall(r'value="(\d+)" checked', back.content.decode()) == ["9"]
    assert SurveyResponse.objects.count() == 0


def test_back_keeps_what_was_typed(client, survey, invitation):
    name = names(survey)
    client.post(address(invitation), {"page": "1", name["nps"]: "9"})

    page = client.post(address(invitation), {"page": "2", name["age"]: "33", "back": "1"}, follow=True)

    assert shown(page) == ["nps"]
    assert StartedResponse.objects.get().answers == {
        str(ids(survey)["nps"]): 9,
        str(ids(survey)["age"]): "33",
    }


@pytest.mark.parametrize("page", ["3", "99", "0", "-1", "x", "9" * 400])
def test_a_page_sent_out_of_turn_leads_to_what_is_missing(client, survey, invitation, page):
    name = names(survey)

    answer = client.post(address(invitation), {"page": page, name["age"]: "3"}, follow=True)

    assert answer.status_code in (200, 422)
    assert shown(answer) == ["nps"]
    assert SurveyResponse.objects.count() == 0


def test_an_answer_that_is_changed_takes_those_it_brought_up_with_it(client, survey, invitation):
    name, number = names(survey), ids(survey)
    bad = {"page": "1", "seen": number["wrong"], name["nps"]: "0", name["wrong"]: "price"}
    client.post(address(invitation), bad)
    client.post(address(invitation), {"page": "1", name["nps"]: "9"})
    client.post(address(invitation), {"page": "2"})

    assert stored() == {"nps": 9}


def test_an_early_end(client):
    survey = SurveyFactory(questions=[])
    add_question(
        survey=survey,
        kind="yesno",
        key="bought",
        text={"en": "Did you buy?"},
        ends_if={"question": "bought", "op": "is", "value": "no"},
    )
    add_question(survey=survey, kind="comment", key="what", is_required=True, starts_page=True)
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=published(survey)))

    page = client.post(address(invitation), {"page": "1", names(survey)["bought"]: "no"}, follow=True)

    assert "Thank you!" in page.content.decode()
    assert Answer.objects.get().value is False


def test_one_page_takes_as_many_queries_as_it_should(
    client, survey, invitation, django_assert_max_num_queries
):
    name = names(survey)
    client.get(address(invitation))
    with django_assert_max_num_queries(5):
        client.get(address(invitation))
    with django_assert_max_num_queries(3):
        client.post(address(invitation), {"page": "1", name["nps"]: "9"})


@pytest.mark.parametrize(
    ("answers", "becomes"),
    [({"nps": "2"}, "partial"), ({"nps": "9", "age": "7"}, "partial"), ({}, "break-off")],
)
def test_what_nobody_finishes_is_settled_after_a_day(client, survey, invitation, answers, becomes):
    name, number = names(survey), ids(survey)
    sent = {"page": "1", "seen": number["wrong"]} | {name[key]: value for key, value in answers.items()}
    client.post(address(invitation), sent | {"back": "1"})
    at = timezone.now()
    assert settle_started(at=at + timedelta(hours=23)) == 0

    settled = settle_started(at=at + timedelta(hours=25))

    assert settled == settle_started(at=at + timedelta(hours=26)) + (becomes == "partial")
    if becomes == "partial":
        response = SurveyResponse.objects.get()
        assert (response.is_complete, response.score, response.invitation) == (
            False,
            int(answers["nps"]),
            invitation,
        )
        assert StartedResponse.objects.count() == 0
        assert "This survey has been answered" in client.get(address(invitation)).content.decode()
    else:
        assert (SurveyResponse.objects.count(), StartedResponse.objects.get().is_settled) == (0, True)
        assert shown(client.get(address(invitation))) == ["nps"]


def test_who_broke_off_and_goes_on_is_settled_by_what_they_said_then(client, survey, invitation):
    client.post(address(invitation), {"page": "1", "back": "1"})
    at = timezone.now()
    assert (settle_started(at=at + timedelta(hours=25)), StartedResponse.objects.get().is_settled) == (
        0,
        True,
    )

    client.post(address(invitation), {"page": "1", names(survey)["nps"]: "9"})
    assert StartedResponse.objects.get().is_settled is False
    settled = settle_started(at=timezone.now() + timedelta(hours=25))

    response = SurveyResponse.objects.get()
    assert (settled, response.score, response.is_complete) == (1, 9, False)


def test_what_somebody_began_before_two_records_of_them_became_one_counts_for_the_one_they_are(
    client, survey, invitation
):
    kept = InvitationFactory(wave=invitation.wave).customer
    client.post(address(invitation), {"page": "1", names(survey)["nps"]: "9"})
    merge(kept=kept, merged=invitation.customer, by=None, at=timezone.now())

    settle_started(at=timezone.now() + timedelta(hours=25))

    assert SurveyResponse.objects.get().customer == kept


def test_one_that_cannot_be_settled_stops_no_other(client, survey, invitation, monkeypatch):
    other = InvitationFactory(wave=invitation.wave)
    for each in (invitation, other):
        client.post(address(each), {"page": "1", names(survey)["nps"]: "9"})

    def break_down_at_one(started, *, at):
        if started.invitation_id == invitation.pk:
            raise RuntimeError
        return settle(started, at=at)

    monkeypatch.setattr("surveys.answering.settling.settle", break_down_at_one)

    assert settle_started(at=timezone.now() + timedelta(hours=25)) == 1
    assert SurveyResponse.objects.get().invitation == other


def test_a_survey_with_enough_answers_closes_by_itself(client):
    survey = SurveyFactory(questions=["nps"], quota=2)
    campaign = CampaignFactory(survey=survey)
    invitations = [InvitationFactory(wave__campaign=campaign) for _ in range(3)]
    name = names(survey)[survey.questions.get().key]

    pages = [client.post(address(each), {name: "9"}) for each in invitations]

    assert [page.status_code for page in pages] == [302, 302, 410]
    assert SurveyResponse.objects.count() == 2
    assert "We have all the answers we wanted" in client.get(address(invitations[2])).content.decode()


def test_a_survey_closes_on_its_day(client):
    survey = SurveyFactory(closes_at=timezone.now() - timedelta(minutes=1))
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=survey))

    assert client.get(address(invitation)).status_code == 410


def test_texts_may_say_who_is_asked_and_what_it_is_about(client):
    survey = SurveyFactory(questions=[])
    add_question(
        survey=survey,
        kind="nps",
        text={"en": "Hello {first_name}, how was order {order} with {agent}? {password} {{1}}"},
    )
    campaign = CampaignFactory(survey=published(survey))
    known = InvitationFactory(
        wave__campaign=campaign, customer__first_name="<b>Amra", context={"order": "A-17", "agent": "Sam"}
    )
    unknown = InvitationFactory(wave__campaign=campaign, customer__first_name="")

    pages = [client.get(address(each)).content.decode() for each in (known, unknown)]

    assert "Hello &lt;b&gt;Amra, how was order A-17 with Sam? {password} {{1}}" in pages[0]
    assert "Hello, how was order with? {password} {{1}}" in pages[1]


def test_thanks_by_score(client):
    survey = SurveyFactory(
        questions=["nps"],
        thanks_by_band={"bad": {"en": "We are sorry."}, "good": {"en": "Hooray!"}},
        review_url="https://reviews.example/us",
    )
    campaign = CampaignFactory(survey=survey)
    name = names(survey)[survey.questions.get().key]

    texts = [
        client.post(
            address(InvitationFactory(wave__campaign=campaign)), {name: score}, follow=True
        ).content.decode()
        for score in ("1", "7", "10")
    ]

    assert ["We are sorry." in text for text in texts] == [True, False, False]
    assert ["Hooray!" in text for text in texts] == [False, False, True]
    assert ["https://reviews.example/us" in text for text in texts] == [False, False, True]
