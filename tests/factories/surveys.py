from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from surveys.models import (
    Answer,
    Campaign,
    Invitation,
    Question,
    Survey,
    SurveyLink,
    SurveyResponse,
    Topic,
    Wave,
)
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON


class SurveyFactory(DjangoModelFactory[Survey]):
    """A relationship survey of an NPS question and a comment; `SurveyFactory(questions=["ces"])` asks another.

    It is published; a test that changes it publishes it again.
    """

    class Meta:
        model = Survey
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Survey {n}")

    @factory.post_generation
    def questions(self, create, kinds, **kwargs):
        for position, kind in enumerate(("nps", "comment") if kinds is None else kinds, start=1):
            QuestionFactory(survey=self, position=position, kind=kind)
        if create and self.questions.exists():
            published(self)


def published(survey):
    """The survey, with what was changed in its draft published."""
    publish_survey(survey=survey, by=None, at=NOON)
    survey.refresh_from_db()
    return survey


class QuestionFactory(DjangoModelFactory[Question]):
    """In the standard wording, not required."""

    class Meta:
        model = Question

    survey = factory.SubFactory(SurveyFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    key = factory.Sequence(lambda n: f"question-{n}")
    kind = Question.Kind.NPS


class SurveyLinkFactory(DjangoModelFactory[SurveyLink]):
    """An open link to an NPS question and a comment."""

    class Meta:
        model = SurveyLink

    survey = factory.SubFactory(SurveyFactory)
    name = factory.Sequence(lambda n: f"Link {n}")
    code = factory.Sequence(lambda n: f"code-{n}")


class CampaignFactory(DjangoModelFactory[Campaign]):
    """A campaign of an NPS survey with a comment, being sent."""

    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    survey = factory.SubFactory(SurveyFactory)
    subject = factory.LazyFunction(lambda: {"en": "How are we doing?"})
    body = factory.LazyFunction(lambda: {"en": "One question, twenty seconds."})
    state = Campaign.State.SENDING
    starts_at = NOON


class WaveFactory(DjangoModelFactory[Wave]):
    class Meta:
        model = Wave
        django_get_or_create = ("campaign", "number")

    campaign = factory.SubFactory(CampaignFactory)
    number = 1
    planned_at = NOON


class InvitationFactory(DjangoModelFactory[Invitation]):
    """Sent an hour before NOON, not answered."""

    class Meta:
        model = Invitation

    wave = factory.SubFactory(WaveFactory)
    customer = factory.SubFactory("tests.factories.customers.CustomerFactory")
    state = Invitation.State.SENT
    address = factory.Sequence(lambda n: f"customer{n}@example.com")
    language = "en"
    due_at = NOON - timedelta(hours=1)
    sent_at = NOON - timedelta(hours=1)


class SurveyResponseFactory(DjangoModelFactory[SurveyResponse]):
    """Nine out of ten, without a comment and without an invitation."""

    class Meta:
        model = SurveyResponse

    survey = factory.SubFactory(SurveyFactory)
    customer = factory.SubFactory("tests.factories.customers.CustomerFactory")
    submitted_at = NOON
    score_kind = Question.Kind.NPS
    score = 9


class AnswerFactory(DjangoModelFactory[Answer]):
    class Meta:
        model = Answer

    survey_response = factory.SubFactory(SurveyResponseFactory)
    question = factory.SubFactory(
        QuestionFactory, survey=factory.SelfAttribute("..survey_response.survey"), kind=Question.Kind.NPS
    )
    score = 9


class TopicFactory(DjangoModelFactory[Topic]):
    """Of deliveries, in English; all comments were read with its words."""

    class Meta:
        model = Topic

    name = factory.Sequence(lambda n: f"Topic {n}")
    words = factory.LazyFunction(lambda: {"en": "deliver*\ncourier"})
    reading_from = 1
