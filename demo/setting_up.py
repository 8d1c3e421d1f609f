"""What Meridian Mobile had in place before its first campaign: people, touchpoints, surveys, a program."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from customers.models import Segment
from demo.comments import NETWORK_WORDS, ROOT_CAUSES
from demo.wording import QUESTIONS, TITLES
from followups.causes import keep_cause
from followups.models import FollowUpRule, Priority, RootCause
from journeys.models import JourneyMap, Stage, StageTouchpoint, Touchpoint
from loyalty.models import EarnRule, Program, Reward
from staff.models import BusinessCalendar, BusinessHours, Holiday, Team, User
from staff.people import choose_mails
from surveys.comments.topics import add_starter_topics, keep_topic, read_comments
from surveys.models import Question, Survey, Topic
from surveys.writing.publishing import publish_survey

OF_SURVEYS = 10  # the place of the rules for one survey each, behind those for all
PASSWORD = "demo"  # noqa: S105  the demo's, printed on the first page and refused in production
DOMAIN = "meridian.example"

STAFF = [
    # username, first name, last name, role, language
    ("maja", "Maja", "Kos", "Marketing", "en"),
    ("petra", "Petra", "Lovrić", "Marketing lead", "en"),
    ("sara", "Sara", "Ibrić", "Support", "en"),
    ("sam", "Sam", "Okafor", "Support", "en"),
    ("nima", "Nima", "Karimi", "Support", "fa"),
    ("lena", "Lena", "Weiss", "Support", "en"),
    ("amir", "Amir", "Delić", "Analysts", "en"),
    ("lin", "Lin", "Zhao", "Loyalty", "en"),
]
HOLIDAYS = (
    (1, 1, "New Year"),
    (1, 2, "New Year"),
    (3, 1, "Independence Day"),
    (5, 1, "Labour Day"),
    (5, 2, "Labour Day"),
    (11, 25, "Statehood Day"),
    (12, 25, "Christmas"),
)
TOUCHPOINTS = {
    "website": "Website",
    "shop": "Shop",
    "checkout": "Checkout",
    "activation": "Activation",
    "network": "Everyday use",
    "bill": "Monthly bill",
    "support": "Support call",
    "renewal": "Contract renewal",
}
JOURNEY = [
    ("Discover", "Find an offer that fits", ["website", "shop"]),
    ("Join", "Be connected without effort", ["checkout", "activation"]),
    ("Use", "A network that simply works", ["network", "bill"]),
    ("Get help", "Be heard and helped at once", ["support"]),
    ("Stay", "Feel that loyalty is worth it", ["renewal"]),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One survey of the organisation, and who calls those who answer it unhappily."""

    key: str
    kind: str
    survey_kind: str
    touchpoint: str
    threshold: int
    team: str
    hours: int


ASKINGS = [
    Asking(
        key="relationship", kind="nps", survey_kind="relationship", touchpoint="network",
        threshold=6, team="Customer care", hours=8,
    ),
    Asking(
        key="after support", kind="csat", survey_kind="transactional", touchpoint="support",
        threshold=2, team="Customer care", hours=8,
    ),
    Asking(
        key="checkout", kind="ces", survey_kind="transactional", touchpoint="checkout",
        threshold=3, team="Shop and orders", hours=16,
    ),
    Asking(
        key="bill", kind="csat", survey_kind="relationship", touchpoint="bill",
        threshold=1, team="Customer care", hours=16,
    ),
    Asking(
        key="renewal", kind="csat", survey_kind="transactional", touchpoint="renewal",
        threshold=2, team="Shop and orders", hours=16,
    ),
]  # fmt: skip


def hire(*, at: datetime) -> None:
    """Staff with their roles, two teams and a calendar. The first to sign in works in a team, to see one at work."""
    known = {"password": make_password(PASSWORD), "is_staff": True}
    admin = User.objects.create(
        username="admin",
        email=f"admin@{DOMAIN}",
        first_name="Ada",
        last_name="Novak",
        is_superuser=True,
        **known,
    )
    Group.objects.get(name="Administrators").user_set.add(admin)
    people = {
        username: User.objects.create(
            username=username, email=f"{username}@{DOMAIN}", first_name=first, last_name=last, language=language, **known
        )
        for username, first, last, _, language in STAFF
    }  # fmt: skip
    for username, _, _, role, _ in STAFF:
        people[username].groups.add(Group.objects.get(name=role))
    choose_mails(user=people["sam"], mails=User.Mails.DAILY, hour=8, escalations_at_once=True)
    calendar = open_hours(year=at.year)
    care = Team.objects.create(name="Customer care", lead=people["lena"], manager=admin, calendar=calendar)
    care.members.add(people["sara"], people["sam"], people["nima"], admin)
    orders = Team.objects.create(
        name="Shop and orders", lead=people["lena"], manager=admin, calendar=calendar
    )
    orders.members.add(people["sam"], people["lena"])


def open_hours(*, year: int) -> BusinessCalendar:
    calendar = BusinessCalendar.objects.create(name="Sarajevo office", time_zone="Europe/Sarajevo")
    weekdays, saturday = range(5), 5
    BusinessHours.objects.bulk_create(
        [BusinessHours(calendar=calendar, weekday=day, opens=time(8), closes=time(18)) for day in weekdays]
        + [BusinessHours(calendar=calendar, weekday=saturday, opens=time(9), closes=time(13))]
    )
    Holiday.objects.bulk_create(
        Holiday(calendar=calendar, date=date(y, month, day), name=name)
        for y in (year - 1, year, year + 1)
        for month, day, name in HOLIDAYS
    )
    Holiday.objects.bulk_create(
        Holiday(
            calendar=calendar, date=date(y, 12, 31), name="New Year's Eve", opens=time(8), closes=time(12)
        )
        for y in (year - 1, year, year + 1)
    )
    return calendar


def draw_journey() -> dict[str, Touchpoint]:
    """The touchpoints and the map they stand on."""
    touchpoints = {
        slug: Touchpoint.objects.create(slug=slug, name=name) for slug, name in TOUCHPOINTS.items()
    }
    journey = JourneyMap.objects.create(
        name="From first look to second contract", description="How a private customer meets Meridian Mobile."
    )
    for position, (name, goal, places) in enumerate(JOURNEY):
        stage = Stage.objects.create(journey_map=journey, position=position, name=name, goal=goal)
        StageTouchpoint.objects.bulk_create(
            StageTouchpoint(stage=stage, touchpoint=touchpoints[slug], position=n)
            for n, slug in enumerate(places)
        )
    return touchpoints


def write_survey(asking: Asking, *, touchpoints: dict[str, Touchpoint], at: datetime) -> Survey:
    """A survey with its score question and a comment, and the rule for unhappy answers."""
    survey = Survey.objects.create(
        name=TITLES[asking.key]["en"],
        kind=asking.survey_kind,
        touchpoint=touchpoints[asking.touchpoint],
        title=TITLES[asking.key],
    )
    Question.objects.bulk_create(
        [
            Question(
                survey=survey,
                position=1,
                key="score",
                kind=asking.kind,
                text=QUESTIONS.get(asking.key, QUESTIONS[asking.kind]),
                is_required=True,
            ),
            Question(
                survey=survey, position=2, key="why", kind=Question.Kind.COMMENT, text=QUESTIONS["comment"]
            ),
        ]
    )
    publish_survey(survey=survey, by=None, at=at)
    FollowUpRule.objects.create(
        position=OF_SURVEYS,
        survey=survey,
        threshold=asking.threshold,
        team=Team.objects.get(name=asking.team),
        business_hours=asking.hours,
    )
    return survey


def name_causes() -> None:
    """What may have gone wrong, as a tree: whoever does not know more precisely names the branch."""
    for name, kinds in ROOT_CAUSES.items():
        branch = RootCause(name=name)
        keep_cause(cause=branch)
        for kind in kinds:
            keep_cause(cause=RootCause(name=kind, parent=branch))


def name_first_rule() -> None:
    """Who complains of the network is called first, whichever survey they answered."""
    FollowUpRule.objects.create(
        topic=Topic.objects.get(name="Network"),
        team=Team.objects.get(name="Customer care"),
        priority=Priority.HIGH,
    )


def name_topics(*, by: User, at: datetime) -> None:
    """What comments are about: the topics every organisation may begin with, and one of a mobile network."""
    add_starter_topics(by=by, at=at)
    words = {language: "\n".join(each) for language, each in NETWORK_WORDS.items()}
    keep_topic(topic=Topic(name="Network", words=words), by=by, at=at)
    read_comments()


def found_program() -> Program:
    """A program that rewards answering and buying, never the score."""
    program = Program.objects.create(name="Meridian Club", point_name="star")
    EarnRule.objects.create(program=program, trigger=EarnRule.Trigger.SURVEY_ANSWERED, points=50)
    EarnRule.objects.create(program=program, trigger=EarnRule.Trigger.PURCHASE, points=1)
    for name, points in (("5 GB for a month", 100), ("Coffee at the shop", 150), ("Screen protector", 400)):
        Reward.objects.create(program=program, name=name, points=points)
    return program


def draw_segments() -> dict[str, Segment]:
    """Segments that marketing uses."""
    rules: dict[str, dict[str, Any]] = {
        "Month-to-month contracts": field("attributes.contract", "is", "Month-to-month"),
        "Long-standing customers": field("attributes.tenure_months", "at_least", 48),
        "Persian speakers": field("language", "is", "fa"),
        "High bills on fibre": {
            "all": [
                field("attributes.internet", "is", "Fiber optic"),
                field("attributes.monthly_charges", "at_least", 90),
            ]
        },
        "Customers in Germany": field("country", "is", "DE"),
        "Called us in the last week": field("called", "in_last_days", 7),
        "Unhappy and not called back": {
            "all": [field("surveys.last_nps", "at_most", 6), {"field": "followups.open", "op": "is_set"}]
        },
        "Bought lately, never answered": {
            "all": [
                field("purchased", "in_last_days", 90),
                {"field": "surveys.answered", "op": "is_not_set"},
            ]
        },
        "Never asked, may be asked": {
            "all": [
                {"field": "surveys.asked", "op": "is_not_set"},
                field("consent.survey.email", "is_not", "withdrawn"),
            ]
        },
        "Welcome campaign": {
            "all": [
                field("attributes.tenure_months", "at_most", 3),
                field("attributes.churned", "is", "no"),
                field("attributes.contract", "is_not", "Month-to-month"),
            ]
        },
    }
    return {name: Segment.objects.create(name=name, rule=rule) for name, rule in rules.items()}


def field(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}
