"""Any survey and anything that is sent to it end in a whole, valid response or in a page that says what to correct."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from surveys.answering.asking import Way, facts_for
from surveys.models import Answer, Question, StartedResponse, SurveyLink, SurveyResponse
from surveys.questions.questionnaires import published
from surveys.questions.settings import WITH_OPTIONS
from surveys.questions.walking import walk
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory

pytestmark = pytest.mark.slow
ASKED = [kind for kind in Question.Kind.values if kind != "file"]  # files have stories of their own
KEYS = ["a", "b"]
OPTIONS = [{"key": key, "text": {"en": key}} for key in KEYS]
ODD = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "11",
        "1e9",
        "٣",
        "nan",
        "yes",
        "a",
        "other",
        "z",
        "x" * 5000,
        "\u202e\U0001f600",
        "'",
    ]
)
VALUES = st.one_of(
    ODD,
    st.integers(0, 11).map(str),
    st.sampled_from(["a", "b", "1", "2", "no", "2026-01-01", "a@b.example"]),
    st.text(max_size=20),
)


@st.composite
def questions(draw):
    """The questions of a survey that can be published, as `add_question` takes them."""
    drafted = []
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(ASKED if number else [k for k in ASKED if k != "statement"]))
        given_settings = {"options": OPTIONS} if kind in WITH_OPTIONS else {}
        given_settings |= {"rows": OPTIONS} if kind == "matrix" else {}
        given_settings |= {"other": draw(st.booleans())} if kind in {"choice", "choices"} else {}
        drafted.append(
            {
                "key": f"k{number}",
                "kind": kind,
                "text": {"en": f"Question {number}"},
                "is_required": draw(st.booleans()),
                "settings": given_settings,
                "starts_page": draw(st.booleans()),
                "show_if": draw(conditions(number)),
                "ends_if": draw(st.just({}) | conditions(number)),
            }
        )
    return drafted


def conditions(number):
    """A condition on a question before this one or on the way somebody came, or none."""
    if not number:
        return st.just({})
    leaf = st.builds(
        lambda key, op_value: {"question": f"k{key}", **op_value},
        st.integers(0, number - 1),
        st.sampled_from(
            [
                {"op": "answered"},
                {"op": "not_answered"},
                {"op": "at_most", "value": 3},
                {"op": "is", "value": "a"},
                {"op": "includes", "value": "b"},
                {"op": "band", "value": "bad"},
            ]
        ),
    )
    way = st.builds(
        lambda channel: {"context": "channel", "op": "is", "value": channel},
        st.sampled_from(["email", "web"]),
    )
    return st.one_of(st.just({}), leaf, leaf.map(lambda part: {"not": part}), way)


FIELDS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["", "-a", "-b", "-other", "-kept"]), VALUES), max_size=8
)
POSTS = st.lists(
    st.tuples(
        FIELDS,
        st.sampled_from([None, "1", "2", "3", "9", "x"]),
        st.sampled_from(
            [{}, {"back": "1"}, {"lang": "fa"}, {"lang": "xx"}, {"begun": "x"}, {"begun": "9" * 30}]
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


class AnySurvey(TestCase):
    @given(drafted=questions(), posts=POSTS, by_link=st.booleans())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_ends_in_a_valid_response_or_in_a_page_that_says_why_not(self, drafted, posts, by_link):
        published.cache_clear()
        survey = SurveyFactory(questions=[])
        for contents in drafted:
            add_question(survey=survey, **contents)
        publish_survey(survey=survey, by=None, at=NOON)
        survey.refresh_from_db()
        pks = list(survey.questions.values_list("pk", flat=True))
        address = link_of(survey) if by_link else invitation_of(survey)
        client = Client()

        for fields, page, more, sees in posts:
            sent: dict[str, list[str]] = {name: [value] for name, value in more.items()}
            for number, suffix, value in fields:
                sent.setdefault(f"q{pks[number % len(pks)]}{suffix}", []).append(value)
            sent |= {"page": [page]} if page else {}
            sent |= {"seen": [str(pk) for pk in pks]} if sees else {}
            reply = client.post(address, sent)
            assert reply.status_code in {200, 302, 422}, reply.status_code

        assert_whole(survey)


def invitation_of(survey):
    invitation = InvitationFactory(wave__campaign=CampaignFactory(survey=survey))
    return reverse("survey-answer", args=[token_for(invitation.pk)])


def link_of(survey):
    SurveyLink.objects.create(survey=survey, name="Door", code="door")
    return reverse("survey-open-answer", args=["door", "ab" * 16])


def assert_whole(survey):
    """At most one response; what it holds is what its questionnaire takes, to the last required question."""
    response = SurveyResponse.objects.filter(survey=survey).first()
    assert SurveyResponse.objects.filter(survey=survey).count() <= 1
    if response is None:
        assert Answer.objects.filter(question__survey=survey).count() == 0
        return
    assert StartedResponse.objects.filter(version=survey.version).count() == 0
    questionnaire = published(response.version_id)
    answers = {answer.question_id: again(answer) for answer in response.answers.select_related("question")}
    campaign = response.campaign.name if response.campaign else ""
    way = Way(response.channel, campaign, response.touchpoint_id)
    facts = facts_for(questionnaire, customer_id=response.customer_id, context=response.context, way=way)
    walked = walk(questionnaire, answers, facts)
    assert walked.problems == {}
    assert {pk for pk, each in walked.given.items() if not each.is_blank} == answers.keys()
    assert answers


def again(answer):
    """What was stored, as an answer."""
    if answer.value is not None:
        is_choice = answer.question.kind in {"choice", "choices"}
        return {"keys": answer.value, "other": answer.text} if is_choice else answer.value
    return answer.text if answer.score is None else answer.score
