"""How well the loop closes: figures counted by hand, and who may see which."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups.conversations.acknowledging import note_acknowledged
from followups.models import FollowUpLeg, FollowUpStep
from followups.working.steps import record_contact, reopen, resolve
from insights.forms import LoopForm
from insights.loop import figures as loop
from insights.loop.figures import figures_for
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import BusinessCalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "insights-loop"
HOUR = timedelta(hours=1)
# NOON is Wednesday, 13:00 in Sarajevo, where people work from 9 to 17; it is looked at on Friday, 13:00.
THURSDAY_9 = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
FRIDAY, MONDAY = NOON + timedelta(days=2), NOON + timedelta(days=5)
JANUARY = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
DONE = {"state": "resolved", "outcome": "solved"}


def read(user=None, *, days=7):
    form = LoopForm(QueryDict(f"period={days}"), today=date(2026, 3, 6))
    return figures_for(user or UserFactory(roles=["Analysts"]), form, at=FRIDAY)


def said(found):
    return {figure.id: (figure.value, *figure.lines, figure.interval) for figure in found["figures"]}


def follow_up(**fields):
    """Opened on Wednesday at 13:00, to be contacted by 17:00 and resolved by Thursday at 9."""
    return FollowUpFactory(**{"resolve_due_at": THURSDAY_9} | fields)


def open_again(before, *, at, **fields):
    """As reopening does: the leg so far is kept, and the next one begins."""
    FollowUpLeg.objects.create(
        follow_up=before,
        number=1,
        opened_at=before.leg_opened_at,
        contact_due_at=before.contact_due_at,
        contacted_at=before.contacted_at,
        resolve_due_at=before.resolve_due_at,
        resolved_at=before.resolved_at,
        paused=before.paused,
        root_cause=before.root_cause,
    )
    again = {"state": "open", "leg": 2, "leg_opened_at": at, "contacted_at": None, "resolved_at": None}
    type(before).objects.filter(pk=before.pk).update(**again | {"resolve_due_at": None} | fields)


def escalate(of, *, at):
    FollowUpStep.objects.create(follow_up=of, kind="escalated", at=at)


@pytest.fixture
def a_week():
    """Eight legs, and a follow-up of January that counts nowhere."""
    billing, waiting = RootCauseFactory(name="Billing"), RootCauseFactory(name="Waiting time")
    rule = FollowUpRuleFactory()
    follow_up(rule=rule, contacted_at=NOON + HOUR, resolved_at=NOON + 3 * HOUR, root_cause=billing, **DONE)
    follow_up(
        rule=rule,
        contacted_at=NOON + 4 * HOUR,  # the last moment in time
        resolve_due_at=THURSDAY_9 + HOUR,
        resolved_at=THURSDAY_9 + 2 * HOUR,
        paused=HOUR,
        root_cause=billing,
        **DONE,
    )
    forgotten = follow_up(rule=rule, resolve_due_at=MONDAY)
    escalate(forgotten, at=NOON + 5 * HOUR)
    escalate(forgotten, at=FRIDAY - HOUR)
    follow_up(
        rule=rule,
        state="waiting",
        opened_at=THURSDAY_9,
        contact_due_at=MONDAY,
        contacted_at=THURSDAY_9 + 2 * HOUR,
        waiting_since=THURSDAY_9 + 3 * HOUR,
        resolve_due_at=THURSDAY_9 + 4 * HOUR,
    )
    again = follow_up(
        rule=rule,
        contacted_at=NOON + 2 * HOUR,
        resolved_at=NOON + 3 * HOUR,
        root_cause=waiting,
    )
    open_again(again, at=THURSDAY_9, contact_due_at=MONDAY, due_at=MONDAY)
    follow_up(rule=rule, resolved_at=NOON + HOUR, root_cause=billing, **DONE)  # nobody was in touch
    follow_up(
        rule=rule, state="waiting", contacted_at=NOON + HOUR, waiting_since=THURSDAY_9 + HOUR
    )  # late before it waited
    old = follow_up(
        rule=rule,
        opened_at=JANUARY,
        contact_due_at=JANUARY + HOUR,
        contacted_at=JANUARY + HOUR,
        resolve_due_at=JANUARY + HOUR,
        resolved_at=JANUARY + HOUR,
        root_cause=waiting,
        **DONE,
    )
    escalate(old, at=JANUARY)
    return rule


def test_a_week_counted_by_hand(a_week):
    assert said(read()) == {
        "opened": ("8", ""),
        "contacted_in_time": ("67%", "4 of 6", "30% to 90%"),
        "resolved_in_time": ("60%", "3 of 5", "23% to 88%"),
        "hours_to_acknowledgement": (
            "2.0 h",
            "Median of 5; nine of ten took at most 4.0 h",
            "Not acknowledged yet: 2, the oldest since 4 March 2026, 13:00",
            "",
        ),
        "hours_to_contact": (
            "2.0 h",  # of 1, 1, 2, 2 and 4
            "Median of 5; nine of ten took at most 4.0 h",
            "Not contacted yet: 2, the oldest since 4 March 2026, 13:00",
            "",
        ),
        "hours_to_resolution": (
            "3.0 h",  # of 1, 3, 3 and 5: six less the one that was waited
            "Median of 4; nine of ten took at most 5.0 h",
            "Not resolved yet: 4, the oldest since 4 March 2026, 13:00",
            "",
        ),
        "reopened": ("25%", "1 of 4", "5% to 70%"),
        "recovered": ("–", "0 of 0", "Not scored again yet: 5", ""),
        "escalated": ("1", ""),
    }


def test_every_figure_says_how_it_is_computed(a_week):
    assert all(figure.definition.endswith(".") for figure in read()["figures"])


def test_root_causes_add_up_from_the_most_frequent_one(a_week):
    found = read()

    assert [
        (cause.name, cause.n, cause.share.words, cause.cumulative.words) for cause in found["causes"]
    ] == [("Billing", 3, "75%", "75%"), ("Waiting time", 1, "25%", "100%")]
    assert found["charts"]["causes"] == {
        "labels": ["Billing", "Waiting time"],
        "values": [3, 1],
        "shares": [75, 100],
    }


def test_of_many_root_causes_ten_are_drawn_and_all_are_listed():
    rule = FollowUpRuleFactory()
    for _ in range(11):
        follow_up(rule=rule, resolved_at=NOON, root_cause=RootCauseFactory(), **DONE)

    found = read()

    assert (len(found["causes"]), len(found["charts"]["causes"]["labels"])) == (11, 10)
    assert found["causes"][-1].cumulative.words == "100%"


def test_an_automatic_message_acknowledges_and_is_no_contact():
    told, both = follow_up(), follow_up()
    person_first = follow_up(contacted_at=NOON + 3 * HOUR, state="contacted")
    assert note_acknowledged(follow_up=told, at=NOON + HOUR)
    assert note_acknowledged(follow_up=both, at=NOON + 2 * HOUR)
    record_contact(follow_up=both, by=UserFactory(), at=NOON + 4 * HOUR)

    assert not note_acknowledged(follow_up=told, at=NOON + 5 * HOUR)
    assert not note_acknowledged(follow_up=person_first, at=NOON + 5 * HOUR)
    figures = said(read())

    assert figures["hours_to_acknowledgement"] == (
        "2.0 h",  # of 1, 2 and 3
        "Median of 3; nine of ten took at most 3.0 h",
        "Not acknowledged yet: 0",
        "",
    )
    assert figures["hours_to_contact"][:3] == (
        "3.5 h",  # of 3 and 4
        "Median of 2; nine of ten took at most 4.0 h",
        "Not contacted yet: 1, the oldest since 4 March 2026, 13:00",
    )


def test_opening_again_waits_for_an_acknowledgement_of_its_own():
    one = follow_up()
    note_acknowledged(follow_up=one, at=NOON + HOUR)
    one.refresh_from_db()
    resolve(follow_up=one, by=None, root_cause=RootCauseFactory(), outcome="solved", at=NOON + 2 * HOUR)
    reopen(follow_up=one, by=None, at=NOON + 3 * HOUR)

    one.refresh_from_db()
    assert (one.acknowledged_at, one.legs.get().acknowledged_at) == (None, NOON + HOUR)
    assert said(read())["hours_to_acknowledgement"][1:3] == (
        "Median of 1; nine of ten took at most 1.0 h",
        "Not acknowledged yet: 1, the oldest since 4 March 2026, 16:00",
    )


def test_of_nobody_there_is_no_share_and_no_time():
    follow_up(opened_at=THURSDAY_9, contact_due_at=MONDAY, due_at=MONDAY, resolve_due_at=MONDAY)

    figures = said(read())

    assert figures["contacted_in_time"] == ("–", "0 of 0", "")
    assert figures["reopened"] == ("–", "0 of 0", "")
    assert figures["hours_to_resolution"][:2] == ("–", "Median of 0; nine of ten took at most –")
    assert figures["escalated"] == ("0", "")


def test_what_is_due_this_moment_is_not_late_yet():
    follow_up(contact_due_at=FRIDAY, resolve_due_at=FRIDAY)

    figures = said(read())

    assert figures["contacted_in_time"][1] == figures["resolved_in_time"][1] == "0 of 0"


def test_hours_are_those_of_each_teams_calendar():
    always = FollowUpRuleFactory(team=TeamFactory(calendar=BusinessCalendarFactory(weekdays=[])))
    office = FollowUpRuleFactory()
    for rule in (always, office):
        follow_up(rule=rule, state="contacted", contacted_at=THURSDAY_9 + HOUR)

    teams = {line.name: line.hours for line in read()["teams"]}

    assert teams == {always.team.name: ["21.0 h", "–"], office.team.name: ["5.0 h", "–"]}


def test_old_open_ones_are_shown_and_not_dropped():
    follow_up(opened_at=JANUARY, contact_due_at=JANUARY + HOUR, due_at=JANUARY, resolve_due_at=JANUARY)

    figures = said(read())

    assert figures["opened"][0] == "0"
    assert figures["hours_to_contact"][2] == "Not contacted yet: 1, the oldest since 14 January 2026, 13:00"


def test_the_longer_period_has_more(a_week):
    assert said(read(days=90))["opened"][0] == "9"
    assert said(read(days=90))["escalated"][0] == "2"


@pytest.mark.parametrize(
    ("resolved", "shares", "hours"),
    [(4, None, None), (5, ["100%", "100%", "0%", "–"], ["1.0 h", "2.0 h"])],
)
def test_people_who_resolved_few_are_shown_without_shares(client, resolved, shares, hours):
    amra, rule = UserFactory(first_name="Amra", last_name="Begić"), FollowUpRuleFactory()
    for _ in range(resolved):
        follow_up(
            rule=rule,
            owner=amra,
            contacted_at=NOON + HOUR,
            resolved_at=NOON + 2 * HOUR,
            root_cause=RootCauseFactory(),
            **DONE,
        )

    [line] = read()["people"]

    assert (line.name, line.part.tally.opened, line.is_hidden) == ("Amra Begić", resolved, shares is None)
    if shares:
        assert ([share.words for share in line.shares], line.hours) == (shares, hours)
    client.force_login(UserFactory(roles=["Analysts"]))
    page = client.get(reverse(PAGE), {"period": "custom", "start": "2026-03-01", "end": "2026-03-06"})
    people = page.content.decode().partition('id="in-people"')[2]
    assert people.count("100%") == (2 if shares else 0)


def test_a_row_leads_to_its_follow_ups_in_the_list(client):
    amra = UserFactory()
    rule, cause = FollowUpRuleFactory(), RootCauseFactory()
    now = timezone.now()
    fresh = {"due_at": now, "opened_at": now - HOUR}
    follow_up(rule=rule, owner=amra, **fresh)
    follow_up(rule=rule, resolved_at=now, root_cause=cause, **DONE, **fresh)
    follow_up(rule=rule, owner=amra, opened_at=now - timedelta(days=400))
    follow_up(**fresh)
    client.force_login(UserFactory(roles=["Analysts"]))
    page = client.get(reverse(PAGE)).context
    team = next(line for line in page["teams"] if line.name == rule.team.name)
    people = {line.name: line for line in page["people"]}

    def listed(url):
        return len(client.get(url).context["cl"].result_list)

    assert listed(team.url) == team.part.tally.opened == 2
    assert listed(people[str(amra)].url) == people[str(amra)].part.tally.opened == 1
    assert listed(people["Unassigned"].url) == people["Unassigned"].part.tally.opened == 2
    assert listed(page["causes"][0].url) == page["causes"][0].n == 1


def test_who_opened_none_in_the_period_leads_to_all_of_theirs(client):
    rule = FollowUpRuleFactory()
    follow_up(rule=rule, opened_at=timezone.now() - timedelta(days=400))
    client.force_login(UserFactory(roles=["Analysts"]))

    [team] = client.get(reverse(PAGE)).context["teams"]

    assert team.part.tally.opened == 0
    assert len(client.get(team.url).context["cl"].result_list) == 1


def test_who_sees_a_unit_reads_of_its_customers_only(client):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    cause, rule = RootCauseFactory(), FollowUpRuleFactory()
    for unit, n in ((shop, 1), (brand, 3)):
        for _ in range(n):
            customer = CustomerFactory(unit=unit)
            one = follow_up(
                rule=rule,
                survey_response__customer=customer,
                contacted_at=NOON + HOUR,
                resolved_at=NOON + HOUR,
                root_cause=cause,
            )
            open_again(one, at=THURSDAY_9)
            escalate(one, at=NOON)
    user = UserFactory(roles=["Analysts"], unit=shop)

    theirs, everybodys = read(user), read()

    assert [said(theirs)[name][0] for name in ("opened", "escalated")] == ["2", "1"]
    assert said(theirs)["hours_to_contact"][1].startswith("Median of 1;")
    assert [said(everybodys)[name][0] for name in ("opened", "escalated")] == ["8", "4"]
    assert said(everybodys)["hours_to_contact"][1].startswith("Median of 4;")
    assert [
        (found["causes"][0].n, found["teams"][0].part.tally.reopened) for found in (theirs, everybodys)
    ] == [
        (1, 1),
        (4, 4),
    ]
    client.force_login(user)
    assert "Figures of the customers of “Zenica”" in client.get(reverse(PAGE)).content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [("Analysts", 200), ("Support", 200), ("Marketing", 403), ("Loyalty", 403)]
)
def test_the_page_is_for_who_may_see_follow_ups(client, role, status):
    client.force_login(UserFactory(roles=[role]))

    assert client.get(reverse(PAGE)).status_code == status


def test_a_period_without_any_says_so(client):
    client.force_login(UserFactory(roles=["Analysts"]))

    page = client.get(reverse(PAGE), {"period": "30"})

    assert "No follow-ups in this period" in page.content.decode()
    assert page.context["is_empty"]


def test_what_takes_too_long_is_stopped_and_the_page_asks_for_less(client, monkeypatch):
    def count_to_a_billion(*_args):
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
            )

    monkeypatch.setattr(loop, "PATIENCE", 0.2)
    monkeypatch.setattr(loop, "recoveries", count_to_a_billion)
    client.force_login(UserFactory(roles=["Analysts"]))

    page = client.get(reverse(PAGE)).content.decode()

    assert "Looking this up took too long. Choose a shorter period." in page


def test_the_page_costs_the_same_whatever_it_shows(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    now = timezone.now()
    spent = []
    for legs_in_all in (1, 3):
        while FollowUpLeg.objects.count() < legs_in_all:
            one = follow_up(
                owner=UserFactory(),
                opened_at=now - 3 * HOUR,
                contacted_at=now - 2 * HOUR,
                resolved_at=now - HOUR,
                root_cause=RootCauseFactory(),
            )
            open_again(one, at=now)
            escalate(one, at=now)
        client.get(reverse(PAGE))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse(PAGE))
        assert len(page.context["teams"]) == len(page.context["people"]) == legs_in_all
        spent.append(len(queries))

    assert spent == [spent[0], spent[0]]
    assert spent[0] <= 26
