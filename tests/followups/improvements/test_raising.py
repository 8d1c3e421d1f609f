"""Who raised an improvement: linked many at once, counted once each."""

from datetime import date, timedelta

import pytest

from customers.merging.merges import merge
from customers.models import Customer
from customers.privacy.erasing import erase_customer
from customers.privacy.personal import person_of
from followups.improvements import raising
from followups.improvements.holdings import VOICES
from followups.improvements.proposing import Raised, link_raised, propose_because
from followups.improvements.raising import (
    count_people,
    link_answers,
    link_follow_ups,
    people_who_raised,
    unlink,
    voices_seen_by,
)
from followups.models import FollowUp, FollowUpLeg, ImprovementVoice
from staff.units import create_unit
from surveys.models import CommentTopic, SurveyResponse
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import (
    FollowUpFactory,
    FollowUpRuleFactory,
    ImprovementFactory,
    RootCauseFactory,
)
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MARCH_4 = date(2026, 3, 4)


@pytest.fixture
def amra():
    return UserFactory()


def link_all(improvement, by, at=NOON):
    return link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=by, at=at)


def test_all_that_were_resolved_with_a_cause_in_a_period_raise_it(amra):
    cause, rule = RootCauseFactory(), FollowUpRuleFactory()
    done = {"rule": rule, "state": "resolved", "root_cause": cause}
    first = FollowUpFactory(**done, resolved_at=NOON)
    again = FollowUpFactory(rule=rule)  # opened again since
    FollowUpLeg.objects.create(
        follow_up=again, number=1, opened_at=NOON, contact_due_at=NOON, resolved_at=NOON, root_cause=cause
    )
    FollowUpFactory(**done, resolved_at=NOON + DAY)
    FollowUpFactory(**done | {"root_cause": RootCauseFactory()}, resolved_at=NOON)

    raised = Raised(cause=cause, since=MARCH_4, until=MARCH_4)
    improvement = propose_because(raised=raised, by=amra, at=NOON, title=cause.name, root_cause=cause)

    assert raised.count(amra) == (2, 0)
    assert {voice.follow_up for voice in improvement.voices.all()} == {first, again}
    assert list(improvement.steps.values_list("kind", "text")) == [("proposed", ""), ("linked", "2")]
    assert link_raised(improvement=improvement, raised=raised, by=amra, at=NOON) == 0
    assert improvement.steps.count() == 2


def test_who_wrote_of_a_topic_and_was_not_happy_raises_it_without_asking_for_a_call(amra):
    survey, topic = SurveyFactory(), TopicFactory()
    question = QuestionFactory(survey=survey, kind="comment")
    answers = [
        SurveyResponseFactory(survey=survey, score=score, submitted_at=at)
        for score, at in ((2, NOON), (7, NOON), (10, NOON), (2, NOON - DAY))
    ]
    for each in answers:
        answer = AnswerFactory(survey_response=each, question=question, score=None, text="The delivery.")
        CommentTopic.objects.create(answer=answer, topic=topic, survey=survey, survey_response=each)
    test = SurveyResponseFactory(survey=survey, score=1, is_test=True)
    tried = AnswerFactory(survey_response=test, question=question, score=None, text="?")
    CommentTopic.objects.create(answer=tried, topic=topic, survey=survey, survey_response=test)
    improvement = ImprovementFactory()

    unhappy = Raised(topic=topic, since=MARCH_4, until=MARCH_4)
    assert link_raised(improvement=improvement, raised=unhappy, by=amra, at=NOON) == 2
    everybody = Raised(topic=topic, since=MARCH_4, until=MARCH_4, with_happy=True)
    assert link_raised(improvement=improvement, raised=everybody, by=amra, at=NOON) == 1

    assert {voice.survey_response for voice in improvement.voices.all()} == set(answers[:3])


def test_an_answer_and_its_follow_up_are_one_voice(amra):
    improvement, follow_up = ImprovementFactory(), FollowUpFactory()
    link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON)

    assert link_all(improvement, amra) == 1
    assert link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON) == 0

    voice = ImprovementVoice.objects.get()
    assert (voice.follow_up, voice.survey_response) == (follow_up, follow_up.survey_response)


def test_everybody_counts_once_however_often_they_said_so(amra):
    improvement, other, silent = ImprovementFactory(), ImprovementFactory(), ImprovementFactory()
    customer, rule = CustomerFactory(), FollowUpRuleFactory()
    for _time in range(2):
        FollowUpFactory(rule=rule, survey_response__customer=customer)
    FollowUpFactory(rule=rule, survey_response__customer=None)
    link_all(improvement, amra)
    SurveyResponseFactory(survey=rule.survey, customer=customer)
    SurveyResponseFactory(survey=rule.survey)
    SurveyResponseFactory(survey=rule.survey, customer=None)
    for each in (improvement, other):
        link_answers(improvement=each, answers=SurveyResponse.objects.all(), by=amra, at=NOON)

    assert count_people([improvement.pk, other.pk, silent.pk]) == {improvement.pk: 4, other.pk: 4}
    assert set(people_who_raised(improvement)) == {
        customer,
        *Customer.objects.exclude(pk=customer.pk).filter(responses__isnull=False),
    }


def test_only_customers_of_its_unit_and_seen_by_who_links_them_raise_it():
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Shop", kind="location", parent=brand)
    elsewhere = create_unit(name="Other", kind="brand")
    rule = FollowUpRuleFactory()
    in_shop, in_brand, _outside, _nowhere = (
        FollowUpFactory(rule=rule, survey_response__customer__unit=unit)
        for unit in (shop, brand, elsewhere, None)
    )
    of_brand, of_all = ImprovementFactory(unit=brand), ImprovementFactory()
    limited = UserFactory(unit=shop)

    assert link_all(of_brand, UserFactory()) == 2
    assert link_all(of_all, limited) == 1

    assert {voice.follow_up for voice in of_brand.voices.all()} == {in_shop, in_brand}
    assert [voice.follow_up for voice in voices_seen_by(limited, of_brand)] == [in_shop]


def test_who_is_erased_is_nobody_and_who_is_merged_is_the_one_kept(amra):
    improvement, rule = ImprovementFactory(), FollowUpRuleFactory()
    kept, merged, erased = (
        FollowUpFactory(rule=rule, survey_response__customer=CustomerFactory()).customer for _ in range(3)
    )
    link_all(improvement, amra)

    merge(kept=kept, merged=merged, by=amra, at=NOON)
    erase_customer(customer=erased, by=amra, at=NOON, reason="requested")

    assert list(people_who_raised(improvement)) == [kept]
    assert count_people([improvement.pk]) == {improvement.pk: 1}
    assert link_all(improvement, amra) == 0


def test_a_person_is_told_what_they_raised_and_it_is_forgotten_with_them(amra):
    improvement = ImprovementFactory(state="done", you_said={"en": "Too slow."})
    customer, rule = CustomerFactory(), FollowUpRuleFactory()
    FollowUpFactory(rule=rule, survey_response__customer=customer)
    FollowUpFactory(rule=rule)
    link_all(improvement, amra)
    person = person_of(customer)

    assert VOICES.tell(person) == [
        {
            "improvement": improvement.pk,
            "improvement__you_said": {"en": "Too slow."},
            "improvement__what_we_did": {"en": "We opened a second counter."},
            "improvement__done_at": NOON,
            "linked_at": NOON,
        }
    ]
    assert VOICES.erase(person, NOON) == {"links_to_improvements": 1}
    assert VOICES.erase(person, NOON) == {"links_to_improvements": 0}
    assert improvement.voices.count() == 1


def test_what_was_linked_by_mistake_is_taken_away(amra):
    improvement, other = ImprovementFactory(), ImprovementFactory()
    FollowUpFactory()
    link_all(improvement, amra)
    link_all(other, amra)
    voices = list(ImprovementVoice.objects.values_list("pk", flat=True))

    assert unlink(improvement=improvement, voices=voices, by=amra, at=NOON) == 1

    assert list(ImprovementVoice.objects.values_list("improvement", flat=True)) == [other.pk]
    assert list(improvement.steps.values_list("kind", "text")) == [("linked", "1"), ("unlinked", "1")]


def test_nobody_takes_away_whom_they_may_not_see(amra):
    brand = create_unit(name="Meridian", kind="brand")
    limited = UserFactory(roles=["Support"], unit=create_unit(name="Shop", kind="location", parent=brand))
    improvement = ImprovementFactory()
    FollowUpFactory()
    link_all(improvement, amra)
    voices = list(ImprovementVoice.objects.values_list("pk", flat=True))

    assert unlink(improvement=improvement, voices=voices, by=limited, at=NOON) == 0

    assert improvement.voices.count() == 1
    assert list(improvement.steps.values_list("kind", "text")) == [("linked", "1")]


def test_linking_needs_as_many_queries_for_three_as_for_one(amra, django_assert_num_queries):
    rule = FollowUpRuleFactory()
    for n in (1, 2):
        for _each in range(n):
            FollowUpFactory(rule=rule)
        improvement = ImprovementFactory()
        with django_assert_num_queries(7):
            link_all(improvement, amra)


def test_however_many_raise_it_are_linked_portion_by_portion(amra, monkeypatch):
    monkeypatch.setattr(raising, "BATCH", 2)
    answers = SurveyResponseFactory.create_batch(5)
    improvement = ImprovementFactory()

    linked = link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON)

    assert (linked, improvement.voices.count()) == (5, len(answers))
    assert improvement.steps.get().text == "5"
