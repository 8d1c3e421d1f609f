from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from insights.dashboard import figures_for
from insights.days import day_of, start_of
from insights.forms import DashboardForm
from insights.models import DailyInvitations
from insights.rebuilding import rebuild_rollups
from staff.units import create_unit
from surveys.models import Answer, SurveyResponse
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyResponseFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db
QUERIES_OF_SUPPORT = 10
DAY = timedelta(days=1)


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    return client


@pytest.fixture
def survey():
    return SurveyFactory(questions=["nps", "csat", "ces", "comment"])


def give(survey, *, kind="nps", days_ago=1, **scores):
    """`give(survey, s9=50)`: fifty people gave a nine at noon of a day."""
    at = start_of(day_of(timezone.now()) - days_ago * DAY) + DAY / 2
    give_at(survey, at, kind=kind, **scores)


def give_at(survey, at, *, kind="nps", customer=None, touchpoint=None, language="en", **scores):
    question = survey.questions.get(kind=kind)
    given = [int(name[1:]) for name, people in scores.items() for _ in range(people)]
    where = {"survey": survey, "customer": customer, "touchpoint": touchpoint, "language": language}
    responses = SurveyResponse.objects.bulk_create(
        SurveyResponse(**where, submitted_at=at, score=score, score_kind=kind) for score in given
    )
    Answer.objects.bulk_create(
        Answer(survey_response=response, question=question, score=response.score) for response in responses
    )


def look(client, **filters):
    rebuild_rollups()
    reply = client.get(reverse("admin:index"), filters)
    assert reply.status_code == 200
    return reply


def tiles(reply):
    return {tile.id: tile for tile in reply.context["tiles"]}


def test_a_tile_says_its_number_with_n_and_interval(analyst, survey):
    give(survey, s10=50, s8=30, s0=20)
    give(survey, kind="csat", s5=40, s1=10)
    give(survey, kind="ces", s5=6, s4=2)

    reply = look(analyst)

    shown = {tile.id: (tile.value, tile.answers, tile.interval) for tile in tiles(reply).values()}
    assert shown == {
        "nps": ("30", "100 answers", "14 to 44"),
        "csat": ("80%", "50 answers", "67% to 89%"),
        "ces": ("75%", "8 answers", "41% to 93%"),
        "response_rate": ("–", "", ""),
    }
    assert [(box.people, box.percent) for box in reply.context["boxes"]] == [(50, 50), (30, 30), (20, 20)]


def test_a_zero_is_an_answer_and_nobody_is_none(analyst, survey):
    give(survey, s0=5)

    shown = tiles(look(analyst))

    assert (shown["nps"].value, shown["nps"].answers) == ("−100", "5 answers")
    assert (shown["csat"].value, shown["csat"].note) == ("–", "Nobody answered")


def test_one_to_four_people_are_hidden_in_words(analyst, survey):
    give(survey, s10=4)
    give(survey, kind="csat", s5=5)

    reply = look(analyst)

    nps = tiles(reply)["nps"]
    assert (nps.value, nps.answers, nps.interval) == ("–", "", "")
    assert nps.note == "Hidden: fewer than 5 people, or fewer left out, could be recognised."
    assert tiles(reply)["csat"].value == "100%"
    assert reply.context["boxes"] == []
    assert reply.context["charts"]["nps"]["n"] == [None] * 13


def test_a_filter_cannot_be_subtracted_to_find_a_few(analyst, survey):
    shop = TouchpointFactory()
    give_at(survey, timezone.now() - DAY, touchpoint=shop, s10=20)
    give_at(survey, timezone.now() - DAY, s0=4)

    assert tiles(look(analyst))["nps"].value == "67"
    assert tiles(look(analyst, touchpoint=shop.pk))["nps"].note.startswith("Hidden")

    give_at(survey, timezone.now() - DAY, s0=1)
    assert tiles(look(analyst, touchpoint=shop.pk))["nps"].value == "100"


def test_a_segment_cannot_be_subtracted_to_find_a_few(analyst, survey):
    persians, few = CustomerFactory(language="fa"), CustomerFactory()
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    give_at(survey, timezone.now() - DAY, customer=persians, s10=20)
    give_at(survey, timezone.now() - 2 * DAY, customer=few, s0=4)

    assert tiles(look(analyst, segment=segment.pk))["nps"].note.startswith("Hidden")


@pytest.mark.parametrize(
    ("before", "now", "trend", "note"),
    [
        ({"s10": 25, "s0": 75}, {"s10": 75, "s0": 25}, "up", "100 points up from the 90 days before"),
        ({"s10": 75, "s0": 25}, {"s10": 25, "s0": 75}, "down", "100 points down from the 90 days before"),
        ({"s10": 50, "s8": 30, "s0": 20}, {"s10": 60, "s8": 25, "s0": 15}, "", "No clear change from the 90 days before"),
        ({"s10": 29}, {"s0": 100}, "", "Too few answers to compare: 30 are needed each time"),
        ({"s10": 100}, {"s0": 29}, "", "Too few answers to compare: 30 are needed each time"),
        ({}, {"s0": 30}, "", "Nothing before to compare with"),
    ],
)  # fmt: skip
def test_an_arrow_only_when_the_change_is_no_chance(analyst, survey, before, now, trend, note):
    give(survey, days_ago=100, **before)
    give(survey, days_ago=10, **now)

    tile = tiles(look(analyst))["nps"]

    assert (tile.trend, tile.note) == (trend, note)
    assert tile.tone == {"up": "good", "down": "bad", "": ""}[trend]


def test_filters_pick_answers_and_stay_in_the_address(analyst, survey):
    shop, app = TouchpointFactory(), TouchpointFactory()
    other = SurveyFactory()
    yesterday = timezone.now() - DAY
    give_at(survey, yesterday, touchpoint=shop, language="fa", s10=6)
    give_at(survey, yesterday, touchpoint=app, language="en", s0=7)
    give_at(other, yesterday, touchpoint=app, language="fa", s8=8)
    give(survey, days_ago=40, s8=9)

    def n(**filters):
        return tiles(look(analyst, **filters))["nps"].answers

    assert n() == "30 answers"
    assert n(period=30) == "21 answers"
    assert n(period=7, touchpoint=app.pk) == "15 answers"
    assert n(period=7, language="fa") == "14 answers"
    assert n(period=7, survey=other.pk) == "8 answers"
    assert n(period=7, touchpoint=app.pk, language="fa") == "8 answers"
    day = day_of(yesterday)
    assert n(period="custom", start=str(day - 60 * DAY), end=str(day - DAY)) == "9 answers"
    page = look(analyst, period=7, touchpoint=app.pk).content.decode()
    assert f'<option value="{app.pk}" selected>' in page
    assert '<option value="7" selected>' in page


def test_a_segment_is_counted_from_single_answers_and_says_so(analyst, survey):
    persian, other = CustomerFactory(language="fa"), CustomerFactory(language="en")
    segment = SegmentFactory(name="Persian", rule={"field": "language", "op": "is", "value": "fa"})
    yesterday = timezone.now() - DAY
    give_at(survey, yesterday, customer=persian, s10=6, s0=2)
    give_at(survey, yesterday, customer=other, s0=9)
    give_at(survey, yesterday, customer=None, s0=9)
    wave = WaveFactory(campaign=CampaignFactory(survey=survey))
    InvitationFactory(wave=wave, customer=persian, sent_at=yesterday)

    reply = look(analyst, segment=segment.pk)

    assert (tiles(reply)["nps"].value, tiles(reply)["nps"].answers) == ("50", "8 answers")
    assert tiles(reply)["response_rate"].note.startswith("Hidden")
    assert "who are in “Persian” today" in reply.content.decode()


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ({"period": "custom"}, "Say from which day to which."),
        ({"period": "custom", "start": "2026-03-02", "end": "2026-03-01"}, "The first day comes after the last."),
        ({"period": "custom", "start": "2000-01-01", "end": "2026-01-01"}, "Three years at most."),
        ({"period": "custom", "start": "yesterday", "end": "2026-01-01"}, "Enter a valid date."),
        ({"period": "8"}, "Select a valid choice."),
        ({"touchpoint": "999"}, "Select a valid choice."),
        ({"segment": "'; --"}, "Select a valid choice."),
        ({"language": "xx"}, "Select a valid choice."),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_told_and_ignored(analyst, survey, filters, problem):
    give(survey, s10=5)

    reply = look(analyst, **filters)

    assert tiles(reply)["nps"].answers == "5 answers"
    assert problem in reply.content.decode()


def test_a_broken_segment_is_told(analyst):
    segment = SegmentFactory(rule={"field": "nonsense", "op": "is", "value": 1})

    page = look(analyst, segment=segment.pk).content.decode()

    assert "This segment cannot be used: There is no field “nonsense”." in page


def test_the_response_rate_counts_those_asked(analyst, survey):
    wave = WaveFactory(campaign=CampaignFactory(survey=survey))
    yesterday = timezone.now() - DAY
    invitations = InvitationFactory.create_batch(10, wave=wave, sent_at=yesterday)
    InvitationFactory.create_batch(5, wave=wave, sent_at=None, state="excluded")
    for invitation in invitations[:4]:
        SurveyResponseFactory(survey=survey, invitation=invitation, submitted_at=yesterday)

    tile = tiles(look(analyst))["response_rate"]
    assert (tile.value, tile.answers, tile.interval) == ("40%", "4 of 10 asked", "17% to 69%")

    DailyInvitations.objects.update(asked=3)
    analyst.get(reverse("admin:index"))
    assert tiles(analyst.get(reverse("admin:index")))["response_rate"].value == "–"


def test_a_trend_hides_steps_of_a_few_and_one_more_so_that_none_is_found(analyst, survey):
    for days_ago, people in ((1, 5), (2, 9), (3, 3), (4, 7)):
        give(survey, days_ago=days_ago, s10=people)

    reply = look(analyst, period=7)

    assert reply.context["charts"]["nps"]["n"] == [None, None, 7, None, 9, None, None]
    assert tiles(reply)["nps"].answers == "24 answers"
    assert reply.content.decode().count("hidden, for privacy") == 2


def test_open_and_overdue_follow_ups_lead_to_the_inbox(analyst, survey):
    now = timezone.now()
    rule = FollowUpRuleFactory(survey=survey)
    FollowUpFactory.create_batch(2, rule=rule, due_at=now - DAY)
    FollowUpFactory(rule=rule, due_at=now + DAY)
    FollowUpFactory(rule=rule, due_at=now - DAY, state="resolved", resolved_at=now)

    reply = look(analyst)

    assert (reply.context["work"].open, reply.context["work"].overdue) == (3, 2)
    assert f'href="{reverse("admin:followups_inbox")}?tab=overdue"' in reply.content.decode()


def comment(survey, text, **fields):
    response = SurveyResponseFactory(survey=survey, has_comment=True, **fields)
    question = survey.questions.get(kind="comment")
    AnswerFactory(survey_response=response, question=question, score=None, text=text)
    return response


def test_comments_are_text_whatever_customers_write(analyst, survey):
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    comment(survey, attack, submitted_at=timezone.now(), score=0, customer=CustomerFactory(first_name=attack))
    comment(survey, "a test", submitted_at=timezone.now(), is_test=True)
    comment(survey, "too old", submitted_at=timezone.now() - 100 * DAY)

    reply = look(analyst)

    page = reply.content.decode()
    assert [shown.text for shown in reply.context["comments"]] == [attack]
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "0/10" in page


def test_comments_follow_the_filters(analyst, survey):
    shop = TouchpointFactory()
    persian = CustomerFactory(language="fa")
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    now = timezone.now()
    comment(survey, "in the shop", submitted_at=now, touchpoint=shop)
    comment(survey, "in Persian", submitted_at=now - DAY, language="fa", customer=persian)

    def texts(**filters):
        return [shown.text for shown in look(analyst, **filters).context["comments"]]

    assert texts() == ["in the shop", "in Persian"]
    assert texts(touchpoint=shop.pk) == ["in the shop"]
    assert texts(language="fa") == ["in Persian"]
    assert texts(segment=segment.pk) == ["in Persian"]


def test_marketing_sees_figures_without_follow_ups(client, survey):
    client.force_login(UserFactory(roles=["Marketing"]))
    give(survey, s10=5)

    reply = look(client)

    assert tiles(reply)["nps"].value == "100"
    assert reply.context["work"] is None
    assert "Open follow-ups" not in reply.content.decode()


@pytest.mark.parametrize(("role", "offered"), [("Support", "Follow-ups"), ("Loyalty", "Members")])
def test_others_see_where_their_work_is_and_no_figures(client, survey, role, offered):
    give(survey, s10=30)
    user = UserFactory(roles=[role], first_name="Amra")
    client.force_login(user)
    rule = FollowUpRuleFactory(survey=survey)
    FollowUpFactory(rule=rule, owner=user, due_at=timezone.now() - DAY)

    reply = look(client)

    page = reply.content.decode()
    assert "tiles" not in reply.context
    assert "Good to see you, Amra" in page
    assert offered in [str(place.title) for place in reply.context["start"].places]
    assert (reply.context["start"].open, reply.context["start"].overdue) == (1, 1)


def test_support_begins_with_whom_to_call_next_and_nobody_elses(client, survey):
    user, now = UserFactory(roles=["Support"]), timezone.now()
    rule = FollowUpRuleFactory(survey=survey)
    FollowUpFactory(rule=rule, owner=UserFactory(), due_at=now - 9 * DAY)
    mine = [FollowUpFactory(rule=rule, owner=user, due_at=now - n * DAY) for n in range(6)]
    client.force_login(user)

    reply = look(client)

    assert [row.follow_up for row in reply.context["start"].next] == mine[:0:-1]
    assert reverse("admin:followups_follow_up", args=[mine[5].pk]) in reply.content.decode()


@pytest.mark.parametrize("most", [1, 3])
def test_support_first_page_costs_the_same_however_many_wait(client, survey, most, django_assert_num_queries):
    user = UserFactory(roles=["Support"])
    rule = FollowUpRuleFactory(survey=survey)
    for _ in range(most):
        FollowUpFactory(rule=rule, owner=user, due_at=timezone.now())
    client.force_login(user)

    with django_assert_num_queries(QUERIES_OF_SUPPORT):
        client.get(reverse("admin:index"))


def test_who_has_no_role_is_told_whom_to_ask(client):
    client.force_login(UserFactory())

    assert "An administrator gives you one" in look(client).content.decode()


def test_a_stranger_is_sent_to_the_door(client):
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_fresh_installation_shows_three_steps(client):
    client.force_login(UserFactory(is_superuser=True))
    CustomerFactory()

    reply = look(client)

    assert [step.is_done for step in reply.context["beginning"]] == [True, False, False]
    assert "Three steps to your first score" in reply.content.decode()
    SurveyResponseFactory()
    assert "beginning" not in look(client, period=7).context


def test_an_empty_period_says_so(analyst, survey):
    give(survey, days_ago=200, s10=9)

    assert "Nobody answered in this period" in look(analyst, period=7).content.decode()


def test_every_metric_tells_how_it_is_computed(analyst, survey):
    give(survey, s10=9)

    page = look(analyst).content.decode()

    for metric in ("nps", "csat", "ces"):
        assert f'popovertarget="how-{metric}"' in page
        assert f"{metric}, v1" in page
    assert "Rocks 2016" in page
    assert 'id="how-response_rate"' in page


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_costs_the_same_whatever_it_shows(analyst, survey, people, django_assert_max_num_queries):
    for _ in range(people):
        shop = TouchpointFactory()
        SegmentFactory()
        give(survey, s10=people)
        comment(survey, "Thank you", submitted_at=timezone.now(), touchpoint=shop)
        FollowUpFactory(rule=FollowUpRuleFactory(), due_at=timezone.now())
    rebuild_rollups()
    url = reverse("admin:index")
    analyst.get(url)

    with django_assert_max_num_queries(15) as queries:
        analyst.get(url)

    assert len(queries) == 13


def test_who_sees_only_a_unit_counts_and_reads_only_its_customers():
    shop, other = (create_unit(name=name, kind="brand") for name in ("Meridian", "Orbit"))
    limited = UserFactory(roles=["Analysts"], unit=shop)
    survey = SurveyFactory(questions=["nps", "comment"])
    nps, comment = survey.questions.order_by("position")
    for unit, score, people in ((shop, 9, 6), (other, 0, 20)):
        for _each in range(people):
            response = SurveyResponseFactory(
                survey=survey,
                customer=CustomerFactory(unit=unit),
                submitted_at=timezone.now(),
                score=score,
                score_kind="nps",
                has_comment=True,
            )
            AnswerFactory(survey_response=response, question=nps, score=score, text="")
            AnswerFactory(survey_response=response, question=comment, score=None, text=f"from {unit}")

    shown = figures_for(
        limited,
        DashboardForm(QueryDict(), today=timezone.localdate(), may_use_segments=True),
        at=timezone.now(),
    )

    assert {each.text for each in shown["comments"]} == {"from Meridian"}
    assert shown["tiles"][0].value == "100"
    assert [(box.label, box.people) for box in shown["boxes"]] == [
        ("Promoters", 6),
        ("Passives", 0),
        ("Detractors", 0),
    ]
