"""A person's calls and what came of them: exact, private, and never a ranking."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from insights.loop.coaching import coached_by
from staff.units import create_unit
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, MessageFactory
from tests.factories.staff import BusinessCalendarFactory, TeamFactory, UserFactory
from tests.factories.surveys import AnswerFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
PAGE = "insights-coaching"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def amra():
    return UserFactory(first_name="Amra", last_name="Begić", roles=["Support"])


@pytest.fixture
def rule(amra):
    """A team that works around the clock."""
    return FollowUpRuleFactory(
        team=TeamFactory(members=[amra], calendar=BusinessCalendarFactory(weekdays=[]))
    )


def called(by, rule, *, then=None, comment="", days=2, customer=None, owner=None, hours=2, is_resolved=True):
    """An unhappy customer whom `by` called after `hours`, and what they scored a day after."""
    at = timezone.now() - days * DAY
    customer = customer or CustomerFactory()
    row = FollowUpFactory(
        rule=rule,
        owner=owner or by,
        survey_response__customer=customer,
        survey_response__score_kind="nps",
        survey_response__submitted_at=at - hours * HOUR,
        opened_at=at - hours * HOUR,
        contact_due_at=at,
        contacted_at=at,
        state="resolved" if is_resolved else "contacted",
        resolved_at=at + HOUR if is_resolved else None,
    )
    row.steps.create(kind="contact", author=by, at=at)
    if then is not None:
        response = SurveyResponseFactory(
            customer=customer,
            score=then,
            score_kind="nps",
            submitted_at=at + DAY,
            has_comment=bool(comment),
        )
        AnswerFactory(survey_response=response, score=None, text=comment)
    return row


def read(client, user, **asked):
    client.force_login(user)
    return client.get(reverse(PAGE), {"period": "7"} | asked)


def said(page):
    """Each figure, of how many where it says so, and the same of the period before."""
    return {
        figure.id: (figure.value, *figure.lines[:-1], figure.lines[-1].removeprefix("The period before: "))
        for figure in page.context["figures"]
    }


def test_a_persons_calls_counted_by_hand(client, amra, rule):
    for score, hours in ((9, 1), (10, 2), (8, 3), (4, 4), (7, 5)):
        called(amra, rule, then=score, hours=hours)
    called(amra, rule, hours=6, is_resolved=False)
    reopened = called(amra, rule, hours=7)
    reopened.legs.create(
        number=1,
        opened_at=reopened.opened_at,
        contact_due_at=reopened.opened_at,
        resolved_at=reopened.resolved_at,
    )
    for n in range(3):
        called(amra, rule, then=9, days=9, hours=n + 1)
    called(UserFactory(), rule, then=0, hours=50)

    assert said(read(client, amra)) == {
        "called": ("7", "3"),
        "happier": ("80%", "4 of 5", "–"),
        "resolved": ("7", "3"),
        "stayed": ("86%", "6 of 7", "–"),
        "hours_to_contact": ("4.0 h", "Median of 7", "–"),
        "hours_to_resolution": ("5.0 h", "Median of 7", "–"),
    }


def test_who_was_reached_by_telephone_or_by_a_reply_that_arrived_was_called(client, amra, rule):
    for kind, state in (("reached", ""), ("replied", "sent"), ("replied", "returned"), ("no_answer", "")):
        row = called(amra, rule)
        row.steps.update(kind=kind)
        if state:
            MessageFactory(follow_up=row, author=amra, at=row.contacted_at, state=state)

    figures = said(read(client, amra))

    assert figures["called"][0] == "2"


def test_of_few_no_share_and_no_median_is_told(client, amra, rule):
    for _ in range(4):
        called(amra, rule, then=9)

    few = "fewer than 5: too few to tell"
    assert said(read(client, amra)) == {
        "called": ("4", "0"),
        "happier": ("–", few, "–"),
        "resolved": ("4", "0"),
        "stayed": ("–", few, "–"),
        "hours_to_contact": ("–", few, "–"),
        "hours_to_resolution": ("–", few, "–"),
    }


def test_praise_comes_first_and_what_was_written_before_the_call_not_at_all(client, amra, rule):
    unhappy = called(amra, rule, then=1, comment="Still no signal")
    called(amra, rule, then=10, comment="You were wonderful")
    called(amra, rule, then=7, comment="Better")
    called(amra, rule, then=9)
    AnswerFactory(survey_response=unhappy.survey_response, text="The first complaint")

    page = read(client, amra)

    assert [(voice.title, [each.text for each in voice.comments]) for voice in page.context["voices"]] == [
        ("Praise", ["You were wonderful"]),
        ("Getting there", ["Better"]),
        ("Still unhappy: worth another call", ["Still no signal"]),
    ]
    assert "The first complaint" not in page.content.decode()


def test_an_answer_belongs_to_who_called_and_a_follow_up_to_its_owner(client, amra, rule):
    boris = UserFactory(roles=["Support"])
    called(amra, rule, then=10, comment="Thank you, Amra", owner=boris)

    hers, his = read(client, amra), read(client, boris)

    assert (said(hers)["called"][0], said(hers)["resolved"][0]) == ("1", "0")
    assert (said(his)["called"][0], said(his)["resolved"][0]) == ("0", "1")
    assert len(hers.context["voices"]) == 1
    assert his.context["voices"] == []


def test_only_who_leads_or_manages_reads_anothers_page(client, amra, rule):
    called(amra, rule, then=10, comment="You were wonderful")
    lead, manager, colleague, stranger = (UserFactory(roles=["Support"]) for _ in range(4))
    rule.team.lead, rule.team.manager = lead, manager
    rule.team.save()
    rule.team.members.add(colleague)

    assert set(coached_by(manager)) == {manager, lead, amra, colleague}
    assert set(coached_by(lead)) == {lead, amra, colleague}
    assert set(coached_by(colleague)) == {colleague}
    for reader, sees in ((lead, True), (manager, True), (amra, True), (colleague, False), (stranger, False)):
        page = read(client, reader, person=amra.pk)
        assert ("You were wonderful" in page.content.decode()) is sees
        assert (str(amra) in page.content.decode()) is sees
        assert page.context["person"] == (amra if sees and reader != amra else reader)


def test_the_people_stand_by_name_and_nothing_ranks_them(client, amra, rule):
    lead = UserFactory(roles=["Support"], first_name="Lena")
    rule.team.lead = lead
    rule.team.save()
    best = UserFactory(first_name="Zlata", last_name="Zec")
    rule.team.members.add(best)
    called(best, rule, then=10)

    page = read(client, lead)

    assert [label for _value, label in page.context["form"]["person"].field.choices] == [
        "Me",
        "Amra Begić",
        "Zlata Zec",
    ]
    assert page.context["is_empty"]


def test_a_lead_who_sees_a_unit_reads_of_its_customers_only(client, amra, rule):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    lead = UserFactory(roles=["Support"], unit=shop)
    rule.team.lead = lead
    rule.team.save()
    called(amra, rule, then=10, comment="From here", customer=CustomerFactory(unit=shop))
    called(amra, rule, then=10, comment="From elsewhere", customer=CustomerFactory(unit=brand))

    page = read(client, lead, person=amra.pk)

    assert (said(page)["called"][0], said(page)["resolved"][0]) == ("1", "1")
    assert "From here" in page.content.decode()
    assert "From elsewhere" not in page.content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [("Analysts", 200), ("Support", 200), ("Marketing", 403), ("Loyalty", 403)]
)
def test_the_page_is_for_who_may_see_follow_ups(client, role, status):
    assert read(client, UserFactory(roles=[role])).status_code == status


def test_who_called_nobody_is_told_what_would_stand_here(client, amra):
    assert "No calls in this period" in read(client, amra).content.decode()


def test_the_page_costs_the_same_whatever_it_shows(client, amra, rule):
    spent = []
    for n in (1, 3):
        for _ in range(n):
            called(amra, rule, then=9, comment="Good")
        read(client, amra)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(PAGE), {"period": "7"})
        spent.append(len(queries))

    assert spent == [spent[0], spent[0]]
    assert spent[0] <= 35
