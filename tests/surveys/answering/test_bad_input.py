"""What people and machines send to a survey page that nobody meant to be sent."""

import pytest
from django.urls import reverse

from surveys.models import Answer, SurveyResponse
from surveys.ways.tokens import token_for
from tests.factories.surveys import InvitationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return InvitationFactory()


def address(invitation):
    return reverse("survey-answer", args=[token_for(invitation.pk)])


def fields(invitation):
    return [f"q{pk}" for pk in invitation.wave.campaign.survey.questions.values_list("pk", flat=True)]


def test_emoji_and_marks_that_turn_the_writing_round_are_kept_as_they_are(client, invitation):
    score, comment = fields(invitation)
    words = "\u202eevil\u202c \U0001f468\u200d\U0001f469\u200d\U0001f467 \u0633\u0644\u0627\u0645"

    client.post(address(invitation), {score: "9", comment: words})

    assert Answer.objects.get(question__kind="comment").text == words


def test_a_comment_of_five_megabytes_is_refused_with_a_page(client, invitation):
    score, comment = fields(invitation)

    typed = f"{score}=9&{comment}=" + "x" * 5_000_000
    pages = [
        client.post(address(invitation), {score: "9", comment: "x" * 5_000_000}),
        client.post(address(invitation), typed, content_type="application/x-www-form-urlencoded"),
    ]

    assert [page.status_code for page in pages] == [413, 413]
    assert all("That is too long" in page.content.decode() for page in pages)
    assert SurveyResponse.objects.count() == 0


def test_thousands_of_fields_are_refused_with_a_page(client, invitation):
    page = client.post(address(invitation), {f"x{number}": "1" for number in range(20_000)})

    assert page.status_code == 413
    assert SurveyResponse.objects.count() == 0


def test_a_forged_hidden_field_changes_nothing(client, invitation):
    other = InvitationFactory()
    score, _comment = fields(invitation)
    forged = {
        score: "9",
        fields(other)[0]: "1",
        "invitation": other.pk,
        "customer": other.customer_id,
        "is_test": "1",
        "seen": ["1", "x", "9" * 40],
        "begun": "-5",
        "page": "1e3",
    }

    page = client.post(address(invitation), forged)

    assert page.status_code == 302
    response = SurveyResponse.objects.get()
    assert (response.invitation, response.score, response.is_test, response.seconds) == (
        invitation,
        9,
        False,
        None,
    )


def test_an_unknown_language_is_answered_in_a_known_one(client, invitation):
    score, _comment = fields(invitation)

    client.post(address(invitation) + "?lang=xx'--", {score: "9"})

    assert SurveyResponse.objects.get().language == "en"


def test_the_token_of_another_survey_opens_that_survey_only(client, invitation):
    other = InvitationFactory()

    client.post(address(other), {fields(invitation)[0]: "9", fields(invitation)[1]: "mine"})

    assert SurveyResponse.objects.count() == 0


def test_ten_scanners_that_follow_every_link_make_no_answer(client, invitation):
    for score in range(11):
        for _ in range(10):
            page = client.get(address(invitation), {"score": score})

    assert page.status_code == 200
    assert f'value="{10}" checked' in page.content.decode()
    assert SurveyResponse.objects.count() == 0
