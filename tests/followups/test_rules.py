"""Rules in order: which of them fits an answer, who then owns it, and what the page that tries them says."""

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.urls import reverse

from events.delivery import deliver_events
from events.publishing import publish
from followups.models import FollowUp, FollowUpRule, JoinedSignal
from followups.promising import promise_to
from followups.rules.occasions import RECENT
from followups.working.steps import record_contact, resolve
from staff.models import Notification
from staff.units import create_unit
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.followups import FollowUpRuleFactory, RootCauseFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TRY = "admin:followups_try_rules"


def rule_for(position, **fields):
    """A rule for any survey and unhappy scores, unless told otherwise."""
    return FollowUpRuleFactory(**{"survey": None, "threshold": None, "position": position, **fields})


def answer(*, comment="", at=NOON, **fields):
    response = SurveyResponseFactory(**{"score": 2, "submitted_at": at, **fields})
    if comment:
        question = QuestionFactory(survey=response.survey, kind="comment", key="why", position=2)
        AnswerFactory(survey_response=response, question=question, score=None, text=comment)
    publish("surveys.response_submitted", subject=response.pk, at=at)
    deliver_events(at=at)
    return response


def deciding(response):
    return FollowUp.objects.get(survey_response=response).rule


def test_the_first_that_fits_decides_and_what_is_out_of_use_is_not_asked():
    rule_for(1, is_active=False)
    rule_for(2, survey=SurveyFactory())
    first = rule_for(3)
    rule_for(4)

    assert deciding(answer()) == first


@pytest.mark.parametrize(
    ("kind", "score", "opened"),
    [("nps", 6, 1), ("nps", 7, 0), ("csat", 2, 1), ("csat", 3, 0), ("nps", 0, 1)],
)
def test_without_a_threshold_the_unhappy_scores_of_the_scale_count(kind, score, opened):
    rule_for(1)

    answer(score_kind=kind, score=score)

    assert FollowUp.objects.count() == opened


def test_conditions_on_touchpoint_segment_unit_and_topic():
    touchpoint = TouchpointFactory()
    germany = SegmentFactory(rule={"field": "country", "op": "is", "value": "DE"})
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Sarajevo", kind="location", parent=brand)
    delivery = TopicFactory(words={"en": "deliver*"})
    by = {
        "topic": rule_for(1, topic=delivery),
        "touchpoint": rule_for(2, touchpoint=touchpoint),
        "segment": rule_for(3, segment=germany),
        "unit": rule_for(4, unit=brand),
        "any": rule_for(5),
    }

    decided = {
        "topic": deciding(answer(comment="Delivery took ages", customer=CustomerFactory(country="DE"))),
        "touchpoint": deciding(answer(touchpoint=touchpoint)),
        "segment": deciding(answer(customer=CustomerFactory(country="DE"), comment="Rude")),
        "unit": deciding(answer(customer=CustomerFactory(unit=shop, country="BA"))),
        "any": deciding(answer(customer=None)),
    }

    assert decided == by


def test_what_a_rule_asks_about_cannot_be_taken_away():
    topic = TopicFactory()
    rule_for(1, topic=topic)

    with pytest.raises(ProtectedError):
        topic.delete()


def test_a_rule_may_say_to_thank_and_not_to_call():
    rule_for(
        1, policy="cause_only", segment=SegmentFactory(rule={"field": "country", "op": "is", "value": "DE"})
    )
    rule_for(2)

    thanked = answer(customer=CustomerFactory(country="DE"))
    called = answer(customer=CustomerFactory(country="BA"))

    assert list(FollowUp.objects.values_list("survey_response", flat=True)) == [called.pk]
    assert promise_to(thanked) == ""
    assert "will get in touch" in promise_to(called)


def test_a_rule_may_name_its_owner_while_they_work_here():
    amra, boris = UserFactory(), UserFactory()
    rule = rule_for(1, owner=amra, team=TeamFactory(members=[boris]))

    answer()
    amra.is_active = False
    amra.save()
    answer()

    assert list(FollowUp.objects.order_by("pk").values_list("owner", flat=True)) == [amra.pk, boris.pk]
    assert FollowUpRule.objects.get(pk=rule.pk).last_owner == boris


class TestWhoAnswersAgain:
    def test_joins_the_open_follow_up_and_its_owner_is_told(self):
        amra, customer = UserFactory(), CustomerFactory()
        rule_for(1, team=TeamFactory(members=[amra]))
        first = answer(customer=customer)
        record_contact(follow_up=FollowUp.objects.get(), by=amra, at=NOON)

        second = answer(customer=customer, score=0, comment="Still nothing", at=NOON + DAY)
        publish("surveys.response_submitted", subject=second.pk, at=NOON + DAY)
        deliver_events(at=NOON + DAY)

        follow_up = FollowUp.objects.get()
        assert (follow_up.survey_response, follow_up.state, follow_up.version) == (first, "contacted", 2)
        assert list(JoinedSignal.objects.values_list("follow_up", "survey_response")) == [
            (follow_up.pk, second.pk)
        ]
        assert list(follow_up.steps.values_list("kind", "text"))[-1] == ("joined", "0/10")
        told = Notification.objects.filter(source__contains="joined").get()
        assert (told.user, told.title, told.body) == (
            amra,
            f"{customer} answered again and gave 0/10",
            "Still nothing",
        )

    def test_twice_in_one_moment_opens_one(self):
        rule_for(1)
        customer = CustomerFactory()
        responses = SurveyResponseFactory.create_batch(3, customer=customer, score=1)
        for response in responses:
            publish("surveys.response_submitted", subject=response.pk, at=NOON)

        deliver_events(at=NOON)

        assert (FollowUp.objects.count(), JoinedSignal.objects.count()) == (1, 2)

    @pytest.mark.parametrize("why", ["resolved", "old", "somebody else", "nobody knows who"])
    def test_opens_another_when_there_is_none_to_join(self, why):
        rule_for(1)
        customer = None if why == "nobody knows who" else CustomerFactory()
        answer(customer=customer)
        if why == "resolved":
            resolve(
                follow_up=FollowUp.objects.get(),
                by=None,
                root_cause=RootCauseFactory(),
                outcome="solved",
                at=NOON,
            )

        answer(
            customer=CustomerFactory() if why == "somebody else" else customer,
            at=NOON + (31 if why == "old" else 1) * DAY,
        )

        assert (FollowUp.objects.count(), JoinedSignal.objects.count()) == (2, 0)

    def test_stands_on_the_page_of_the_follow_up(self, client):
        rule_for(1)
        customer = CustomerFactory()
        answer(customer=customer)
        answer(customer=customer, comment="<b>Still</b> nothing", at=NOON + DAY)
        client.force_login(UserFactory(roles=["Support"]))

        html = client.get(
            reverse("admin:followups_follow_up", args=[FollowUp.objects.get().pk])
        ).content.decode()

        assert "Answered again" in html
        assert "&lt;b&gt;Still&lt;/b&gt; nothing" in html


class TestTryingTheRules:
    @pytest.fixture
    def desk(self, client):
        client.force_login(UserFactory(roles=["Administrators"]))
        return client

    def test_of_an_answer_that_was_given(self, desk):
        amra = UserFactory()
        other = rule_for(1, survey=SurveyFactory(name="Something else"))
        rule = rule_for(2, team=TeamFactory(members=[amra]), priority=2)
        response = SurveyResponseFactory(score=2)

        page = desk.get(reverse(TRY), {"response": response.pk})

        assert [(row.rule, row.decides) for row in page.context["rows"]] == [(other, False), (rule, True)]
        assert [check.holds for check in page.context["rows"][0].checks] == [True, False, True]
        assert (page.context["outcome"].owner, page.context["decides"]) == (amra, rule)
        assert FollowUp.objects.count() == 0
        assert FollowUpRule.objects.get(pk=rule.pk).last_owner is None

    def test_of_one_that_nobody_gave(self, desk):
        survey = SurveyFactory(questions=["nps"])
        rule_for(1, topic=TopicFactory(words={"en": "deliver*"}))
        typed = {"signal": "answer", "survey": survey.pk, "score": 3, "language": "en"}

        late = desk.get(reverse(TRY), {**typed, "comment": "Delivered late"})
        rude = desk.get(reverse(TRY), {**typed, "comment": "Rude"})

        assert late.context["outcome"] is not None
        assert (rude.context["outcome"], rude.context["decides"]) == (None, None)
        assert "No follow-up: no rule fits." in rude.content.decode()

    @pytest.mark.parametrize(("days", "opens"), [("", True), (30, True), (31, False)])
    def test_of_one_that_we_hear_of_late(self, desk, days, opens):
        rule_for(1, signal="review")

        page = desk.get(reverse(TRY), {"signal": "review", "score": 1, "language": "en", "days_ago": days})

        assert (page.context["outcome"] is not None) == opens
        sentence = f"what happened more than {RECENT.days} days before we hear of it"
        assert (sentence in page.content.decode()) != opens

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"score": 11}, "score"),
            ({"score": "x"}, "score"),
            ({"survey": 0}, "survey"),
            ({"language": "xx"}, "language"),
            ({"score": ""}, "score"),
            ({"survey": ""}, "survey"),
            ({"signal": "at_risk"}, "signal"),
            ({"signal": "review", "score": 6}, "score"),
        ],
    )
    def test_what_cannot_be_is_said_beside_it(self, desk, typed, field):
        survey = SurveyFactory(questions=["csat"])

        page = desk.get(
            reverse(TRY), {"signal": "answer", "survey": survey.pk, "score": 3, "language": "en", **typed}
        )

        assert (page.status_code, list(page.context["form"].errors)) == (200, [field])
        assert not page.context["is_tried"]

    def test_of_what_is_no_answer(self, desk):
        review = rule_for(1, signal="review")
        call = rule_for(2, signal="call_request")
        typed = {"language": "en", "comment": "Never again"}

        bad, good, asked, message = (
            desk.get(reverse(TRY), {**typed, **came_in}).context["decides"]
            for came_in in (
                {"signal": "review", "score": 2},
                {"signal": "review", "score": 4},
                {"signal": "call_request"},
                {"signal": "message"},
            )
        )

        assert (bad, good, asked, message) == (review, None, call, None)

    @pytest.mark.parametrize("number", ["", "x", "0", "9" * 40, "-1", "１"])
    def test_an_answer_that_is_not_there_is_not_tried(self, desk, number):
        page = desk.get(reverse(TRY), {"response": number})

        assert (page.status_code, page.context["is_tried"]) == (200, False)

    def test_without_rules_the_page_says_so(self, desk):
        page = desk.get(reverse(TRY), {"response": SurveyResponseFactory(score=1).pk})

        assert "There is no rule yet" in page.content.decode()

    def test_only_who_may_see_rules(self, client):
        client.force_login(UserFactory(roles=["Loyalty"]))

        assert client.get(reverse(TRY)).status_code == 403


def test_a_threshold_needs_a_survey(client):
    client.force_login(UserFactory(roles=["Administrators"], is_superuser=True))
    team = TeamFactory()

    page = client.post(
        reverse("admin:followups_followuprule_add"),
        {"signal": "answer", "threshold": 6, "team": team.pk, "priority": 3, "policy": "always"},
    )

    assert "Choose a survey, too" in str(page.context["adminform"].form.errors["threshold"])
    assert SurveyResponse.objects.count() == FollowUpRule.objects.count() == 0
