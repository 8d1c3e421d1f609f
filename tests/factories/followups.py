from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from followups.models import FollowUp, FollowUpRule, Improvement, RootCause
from tests.conftest import NOON
from tests.factories.staff import TeamFactory


class FollowUpRuleFactory(DjangoModelFactory[FollowUpRule]):
    class Meta:
        model = FollowUpRule

    survey = factory.SubFactory("tests.factories.surveys.SurveyFactory")
    threshold = 6
    team = factory.SubFactory(TeamFactory)
    business_hours = 8


class RootCauseFactory(DjangoModelFactory[RootCause]):
    class Meta:
        model = RootCause

    name = factory.Sequence(lambda n: f"Cause {n}")


class FollowUpFactory(DjangoModelFactory[FollowUp]):
    """Open, owned by nobody, due in four hours."""

    class Meta:
        model = FollowUp

    rule = factory.SubFactory(FollowUpRuleFactory)
    survey_response = factory.SubFactory(
        "tests.factories.surveys.SurveyResponseFactory",
        survey=factory.SelfAttribute("..rule.survey"),
        score=2,
    )
    customer = factory.SelfAttribute("survey_response.customer")
    score = factory.SelfAttribute("survey_response.score")
    team = factory.SelfAttribute("rule.team")
    opened_at = NOON
    leg_opened_at = factory.SelfAttribute("opened_at")
    due_at = NOON + timedelta(hours=4)
    contact_due_at = factory.SelfAttribute("due_at")


class ImprovementFactory(DjangoModelFactory[Improvement]):
    """Proposed; `ImprovementFactory(state="done")` was done at NOON, and says so."""

    class Meta:
        model = Improvement

    title = factory.Sequence(lambda n: f"Improvement {n}")
    proposed_at = NOON
    what_we_did = factory.LazyFunction(lambda: {"en": "We opened a second counter."})
    done_at = factory.LazyAttribute(lambda each: NOON if each.state in Improvement.FINISHED else None)
    state = Improvement.State.PROPOSED
