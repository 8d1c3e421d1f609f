from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from events.models import Event
from surveys.answering import storing as ways_of_storing
from surveys.answering.responses import (
    AlreadyAnswered,
    AnswersRefused,
    NothingAnswered,
    SurveyClosed,
    UnknownQuestion,
    record_response,
    submit_response,
)
from surveys.models import Answer, Campaign, Question, SurveyResponse
from surveys.questions.checking import (
    COMMENT_LENGTH,
    AnswerMissing,
    CommentTooLong,
    CommentUnreadable,
    ScoreOutOfRange,
)
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.surveys import (
    CampaignFactory,
    InvitationFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
    published,
)

pytestmark = pytest.mark.django_db


WAYS = ["one statement", "portable"] if connection.vendor == "postgresql" else ["portable"]


@pytest.fixture(params=WAYS)
def storing(request, monkeypatch):
    """Both ways of storing an answer go through the same stories, wherever the database offers both."""
    if request.param == "portable":
        monkeypatch.setattr(ways_of_storing, "store_together", ways_of_storing.store_one_by_one)


def survey_of(invitation):
    return invitation.wave.campaign.survey


def answers_of(survey, *values):
    return dict(zip(survey.questions.values_list("pk", flat=True), values, strict=True))


def stored():
    return list(Answer.objects.order_by("pk").values_list("question__kind", "score", "text"))


def test_an_answer_is_stored_whole_and_announced(storing):
    invitation = InvitationFactory(language="fa")
    survey = survey_of(invitation)

    response = submit_response(
        invitation=invitation, answers=answers_of(survey, 3, "  Slow.\r\nVery.  "), language="fa", at=NOON
    )

    kept = SurveyResponse.objects.get()
    assert kept == response
    assert (kept.survey, kept.invitation, kept.campaign, kept.customer, kept.touchpoint) == (
        survey,
        invitation,
        invitation.wave.campaign,
        invitation.customer,
        None,
    )
    assert (kept.score_kind, kept.score, kept.has_comment, kept.is_test) == ("nps", 3, True, False)
    assert (kept.channel, kept.language, kept.submitted_at) == ("email", "fa", NOON)
    assert stored() == [("nps", 3, ""), ("comment", None, "Slow.\nVery.")]
    event = Event.objects.get()
    assert (event.type, event.subject, event.payload, event.at, event.delivered_at) == (
        "surveys.response_submitted",
        kept.pk,
        {
            "customer": invitation.customer.pk,
            "touchpoint": None,
            "score": 3,
            "score_kind": "nps",
            "language": "fa",
        },
        NOON,
        None,
    )
    invitation.refresh_from_db()
    assert invitation.answered_at == NOON


def test_a_zero_is_an_answer(storing):
    invitation = InvitationFactory()

    submit_response(
        invitation=invitation, answers=answers_of(survey_of(invitation), 0, None), language="en", at=NOON
    )

    assert SurveyResponse.objects.get().score == 0
    assert stored() == [("nps", 0, "")]


def test_a_comment_alone_is_an_answer(storing):
    invitation = InvitationFactory()

    submit_response(
        invitation=invitation, answers=answers_of(survey_of(invitation), None, "Hi"), language="en", at=NOON
    )

    response = SurveyResponse.objects.get()
    assert (response.score, response.score_kind, response.has_comment) == (None, "nps", True)


def test_a_second_answer_is_refused_and_changes_nothing(storing):
    invitation = InvitationFactory()
    answers = answers_of(survey_of(invitation), 3, None)
    submit_response(invitation=invitation, answers=answers, language="en", at=NOON)

    with pytest.raises(AlreadyAnswered):
        submit_response(
            invitation=invitation,
            answers=answers_of(survey_of(invitation), 10, "changed my mind"),
            language="en",
            at=NOON + timedelta(days=1),
        )

    assert stored() == [("nps", 3, "")]
    assert Event.objects.count() == 1
    invitation.refresh_from_db()
    assert invitation.answered_at == NOON


def test_the_database_itself_refuses_a_second_response_to_an_invitation():
    response = SurveyResponseFactory(invitation=InvitationFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        SurveyResponseFactory(invitation=response.invitation)


def test_a_test_answer_is_marked_and_not_announced(storing):
    invitation = InvitationFactory(is_test=True)

    submit_response(
        invitation=invitation, answers=answers_of(survey_of(invitation), 3, None), language="en", at=NOON
    )

    assert SurveyResponse.objects.get().is_test
    assert SurveyResponse.objects.counted().count() == 0
    assert Event.objects.count() == 0


def refused(invitation, *values):
    """The problems of an answer, by kind of question; nothing of it may be kept."""
    survey = survey_of(invitation)
    with pytest.raises(AnswersRefused) as refusal:
        submit_response(invitation=invitation, answers=answers_of(survey, *values), language="en", at=NOON)
    assert (SurveyResponse.objects.count(), Answer.objects.count(), Event.objects.count()) == (0, 0, 0)
    invitation.refresh_from_db()
    assert invitation.answered_at is None
    kinds = dict(survey.questions.values_list("pk", "kind"))
    return {kinds[pk]: type(problem) for pk, problem in refusal.value.problems.items()}


@pytest.mark.parametrize(("kind", "lowest", "highest"), [("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7)])
def test_scores_stay_on_their_scale(kind, lowest, highest):
    campaign = CampaignFactory(survey=SurveyFactory(questions=[kind]))
    for score in (lowest, highest):
        submit_response(
            invitation=InvitationFactory(wave__campaign=campaign),
            answers=answers_of(campaign.survey, score),
            language="en",
            at=NOON,
        )
    assert sorted(SurveyResponse.objects.values_list("score", flat=True)) == [lowest, highest]

    SurveyResponse.objects.all().delete()
    Event.objects.all().delete()
    for score in (lowest - 1, highest + 1, 10**20, "9", True, 3.0):
        assert refused(InvitationFactory(wave__campaign=campaign), score) == {kind: ScoreOutOfRange}


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("x" * (COMMENT_LENGTH + 1), CommentTooLong),
        ("nul \x00", CommentUnreadable),
        ("half \ud83d", CommentUnreadable),
        (7, CommentUnreadable),
    ],
)
def test_comments_that_cannot_be_kept(comment, problem):
    assert refused(InvitationFactory(), 5, comment) == {"comment": problem}


def test_the_longest_comment_is_kept_to_its_last_character(storing):
    invitation = InvitationFactory()
    comment = "я\r\n" * (COMMENT_LENGTH // 2 - 1) + "終わ"

    submit_response(
        invitation=invitation, answers=answers_of(survey_of(invitation), 5, comment), language="en", at=NOON
    )

    assert Answer.objects.get(question__kind="comment").text == comment.replace("\r\n", "\n")


def test_every_problem_is_told_at_once():
    campaign = CampaignFactory(survey=SurveyFactory(questions=["nps", "csat", "comment"]))
    Question.objects.filter(kind="csat").update(is_required=True)
    published(campaign.survey)

    assert refused(InvitationFactory(wave__campaign=campaign), 11, None, "x" * 5000) == {
        "nps": ScoreOutOfRange,
        "csat": AnswerMissing,
        "comment": CommentTooLong,
    }


def test_nothing_answered_is_no_answer():
    with pytest.raises(NothingAnswered):
        invitation = InvitationFactory()
        submit_response(
            invitation=invitation,
            answers=answers_of(survey_of(invitation), None, "  \n "),
            language="en",
            at=NOON,
        )
    assert SurveyResponse.objects.count() == 0


def test_a_question_of_another_survey_is_refused():
    stranger = QuestionFactory()

    with pytest.raises(UnknownQuestion):
        submit_response(invitation=InvitationFactory(), answers={stranger.pk: 5}, language="en", at=NOON)
    assert SurveyResponse.objects.count() == 0


@pytest.mark.parametrize(
    "closing",
    [
        lambda campaign: setattr(campaign, "ends_at", NOON),
        lambda campaign: setattr(campaign, "state", Campaign.State.CANCELLED),
        lambda campaign: setattr(campaign.survey, "is_open", False),
    ],
)
def test_a_closed_survey_takes_no_answer(closing):
    invitation = InvitationFactory()
    closing(invitation.wave.campaign)

    with pytest.raises(SurveyClosed):
        submit_response(
            invitation=invitation, answers=answers_of(survey_of(invitation), 5, None), language="en", at=NOON
        )
    assert SurveyResponse.objects.count() == 0


def test_an_answer_without_an_invitation_is_recorded_and_announced():
    survey, customer = SurveyFactory(questions=["csat"]), CustomerFactory(language="ru")

    response = record_response(survey=survey, customer=customer, answers=answers_of(survey, 2), at=NOON)

    assert (response.invitation, response.campaign, response.customer, response.language) == (
        None,
        None,
        customer,
        "ru",
    )
    assert (response.score_kind, response.score) == ("csat", 2)
    assert Event.objects.get().subject == response.pk


def test_round_trips(django_assert_num_queries):
    invitation = InvitationFactory()
    answers = answers_of(survey_of(invitation), 5, "fine")
    is_postgresql = connection.vendor == "postgresql"

    with django_assert_num_queries(
        2 if is_postgresql else 7
    ):  # the questions, then one statement or a transaction
        submit_response(invitation=invitation, answers=answers, language="en", at=NOON)
