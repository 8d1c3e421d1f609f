"""What the database counts of many follow-ups at once is what comes out when each is followed by itself."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from random import Random
from statistics import median

import pytest
from django.db import connection

from followups.models import FollowUp, FollowUpLeg
from insights.days import day_of
from insights.loop.afterwards import Recovery, fates, recoveries
from insights.loop.hours import ALL, Hours, hours_taken, measured_here
from insights.loop.legs import Desk, Scope, Window, first_opened, tallies
from staff.calendars import counted_between, load_week
from staff.models import BusinessHours, Holiday
from surveys.metrics import band_of
from surveys.models import SurveyResponse
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import BusinessCalendarFactory, TeamFactory, UserFactory
from tests.factories.surveys import SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = datetime(2026, 6, 20, 10, tzinfo=UTC)
WINDOW = Window(AT - 60 * DAY, AT, AT)  # over the last Sunday of March, for who left, and over a holiday
ENDS = {"acknowledged": "acknowledged_at", "contacted_at": "contacted_at", "resolved_at": "resolved_at"}
SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def invented(seed):
    """Legs of three teams, one of which works around the clock, of people who were called once, often or never."""
    dice = Random(seed)
    office = BusinessCalendarFactory()
    Holiday.objects.create(calendar=office, date=date(2026, 5, 14), name="A day off")
    BusinessHours.objects.create(calendar=office, weekday=5, opens=time(10), closes=time(13))
    tokyo = BusinessCalendarFactory(time_zone="Asia/Tokyo")
    teams = [TeamFactory(calendar=each) for each in (office, tokyo, BusinessCalendarFactory(weekdays=[]))]
    rules, owners = [FollowUpRuleFactory(team=team) for team in teams], [None, *UserFactory.create_batch(2)]
    causes, survey = [None, *RootCauseFactory.create_batch(2)], SurveyFactory()
    customers = [
        CustomerFactory(left_date=dice.choice([None, None, day_of(AT - dice.randint(0, 250) * DAY)]))
        for _each in range(12)
    ]

    def soon(at, days):
        return at + timedelta(microseconds=dice.randint(0, int(days * DAY.total_seconds() * 1_000_000)))

    def times(opened):
        contacted = dice.choice([None, soon(opened, 5), soon(opened, 100)])
        acknowledged = dice.choice([None, soon(opened, 0.1)])
        resolved = soon(contacted or opened, 9)
        paused = dice.choice([timedelta(), 3 * HOUR, 90 * HOUR])
        return {
            "contact_due_at": opened + DAY,
            "contacted_at": contacted,
            "acknowledged_at": acknowledged,
            "resolved_at": resolved,
            "paused": paused,
            "root_cause": dice.choice(causes),
        }

    for _each in range(60):
        customer, opened = dice.choice(customers), soon(AT - 220 * DAY, 219)
        kind = dice.choice(["nps", "csat", "effort"])
        row = FollowUpFactory(
            rule=dice.choice(rules),
            owner=dice.choice(owners),
            opened_at=opened,
            state="resolved",
            survey_response__customer=customer,
            survey_response__survey=survey,
            survey_response__score=dice.randint(1, 5),
            survey_response__score_kind=kind,
            survey_response__submitted_at=opened,
            **times(opened),
        )
        if dice.random() < 0.3:
            before = soon(opened - 40 * DAY, 30)
            FollowUpLeg.objects.create(follow_up=row, number=1, opened_at=before, **times(before))
        if dice.random() < 0.5:
            again = {"score_kind": kind, "score": dice.randint(1, 5), "is_test": dice.random() < 0.1}
            SurveyResponseFactory(survey=survey, customer=customer, submitted_at=soon(opened, 60), **again)
    return Scope(UserFactory(), AT)


def legs():
    """Each with its follow-up and when it was opened."""
    now = [(row, row, row.leg_opened_at) for row in FollowUp.objects.select_related("team__calendar")]
    earlier = FollowUpLeg.objects.select_related("follow_up__team__calendar", "follow_up__survey_response")
    return now + [(leg.follow_up, leg, leg.opened_at) for leg in earlier]


def is_within(moment, window):
    return moment is not None and window.start <= moment < window.end


def rounded(hours):
    return {group: (each.n, round(each.median, 6), round(each.p90, 6)) for group, each in hours.items()}


@SEEDS
def test_hours(seed):
    scope = invented(seed)
    weeks = {row.team_id: load_week(row.team.calendar) for row, _leg, _at in legs()}

    found = hours_taken(scope, WINDOW, since=first_opened(tallies(scope, WINDOW)), weeks=weeks)

    for end, field in ENDS.items():
        taken = defaultdict(list)
        for row, leg, opened in legs():
            ended = getattr(leg, field) or (leg.contacted_at if end == "acknowledged" else None)
            if is_within(ended, WINDOW):
                waited = leg.paused if end == "resolved_at" else timedelta()
                spent = max(counted_between(weeks[row.team_id], opened, ended) - waited, timedelta()) / HOUR
                for group in (
                    ALL,
                    ("team", row.team_id),
                    ("owner", row.owner_id),
                    ("cause", leg.root_cause_id),
                ):
                    taken[group].append(spent)
        expected = {
            group: Hours(len(each), median(each), sorted(each)[ceil(0.9 * len(each)) - 1])
            for group, each in taken.items()
        }
        assert rounded(found[end]) == rounded(expected)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite measures here only")
@SEEDS
def test_hours_are_the_same_wherever_they_are_measured(seed, monkeypatch):
    scope = invented(seed)
    asked = {
        "since": first_opened(tallies(scope, WINDOW)),
        "weeks": {row.team_id: load_week(row.team.calendar) for row, _leg, _at in legs()},
    }
    there = hours_taken(scope, WINDOW, **asked)
    monkeypatch.setattr("insights.loop.hours.measured_there", measured_here)

    here = hours_taken(scope, WINDOW, **asked)

    assert {end: rounded(hours) for end, hours in here.items()} == {
        end: rounded(hours) for end, hours in there.items()
    }


@SEEDS
def test_recoveries(seed):
    scope = invented(seed)
    first = {}
    for row, leg, _opened in sorted(legs(), key=lambda each: each[1].contacted_at or AT, reverse=True):
        kind, score = row.survey_response.score_kind, row.survey_response.score
        if is_within(leg.contacted_at, WINDOW) and band_of(kind, score) == "bad":
            first[row.customer_id, kind] = row, leg
    expected = defaultdict(Recovery)
    for (customer, kind), (row, leg) in first.items():
        later = SurveyResponse.objects.counted().filter(
            customer=customer, score_kind=kind, submitted_at__gt=leg.contacted_at
        )
        following = later.order_by("submitted_at", "pk").first()
        is_happier = following and band_of(kind, following.score) != "bad"
        expected[Desk(row.team_id, row.owner_id), leg.root_cause_id] += Recovery(
            recovered=int(bool(is_happier)), scored=int(bool(following)), silent=int(not following)
        )

    assert recoveries(scope, WINDOW).each == expected


@SEEDS
def test_fates(seed):
    scope = invented(seed)

    found = fates(scope, WINDOW)

    theirs = defaultdict(list)
    for row, leg, opened in sorted(legs(), key=lambda each: each[2]):
        left = row.customer.left_date
        if is_within(opened, found.window) and (left is None or left >= day_of(opened)):
            theirs[row.customer_id].append((opened, leg, left))
    watched, gone = Counter(), Counter()
    for (first, leg, left), *others in theirs.values():
        calls = [
            each.contacted_at
            for _opened, each, _left in [(first, leg, left), *others]
            if each.contacted_at
            and each.contacted_at <= first + 90 * DAY
            and (left is None or day_of(each.contacted_at) <= left)
        ]
        way = "never" if not calls else "in_time" if min(calls) <= leg.contact_due_at else "late"
        watched[way] += 1
        gone[way] += left is not None and left <= day_of(first + 90 * DAY)
    assert {way: (share.hits, share.n) for way, share in found.shares.items() if share.n} == {
        way: (gone[way], n) for way, n in watched.items()
    }
    assert watched.total() > 5
