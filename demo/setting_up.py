"""What Meridian Mobile had in place before its first campaign: people, touchpoints, surveys, a program."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.contrib.auth.models import Group

from customers.models import Segment
from demo.comments import ROOT_CAUSES
from demo.people import PANELS
from demo.wording import MESSAGES, QUESTIONS, SUBJECTS, TITLES
from followups.models import FollowUpRule, RootCause
from journeys.models import JourneyMap, Stage, StageTouchpoint, Touchpoint
from loyalty.models import EarnRule, Program, Reward
from staff.models import BusinessCalendar, BusinessHours, Holiday, Team, User
from surveys.drafts import draft_campaign
from surveys.models import Campaign, Question, Survey

PASSWORD = "demo"  # noqa: S105  the demo's, printed on the first page and refused in production
DOMAIN = "meridian.example"

STAFF = [
    # username, first name, last name, role, language
    ("maja", "Maja", "Kos", "Marketing", "en"),
    ("sara", "Sara", "Ibrić", "Support", "en"),
    ("sam", "Sam", "Okafor", "Support", "en"),
    ("nima", "Nima", "Karimi", "Support", "fa"),
    ("lena", "Lena", "Weiss", "Support", "en"),
    ("amir", "Amir", "Delić", "Analysts", "en"),
    ("lin", "Lin", "Zhao", "Loyalty", "en"),
]
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
    """One kind of survey the organisation runs each week."""

    key: str
    kind: str
    survey_kind: str
    touchpoint: str | None
    threshold: int
    team: str
    hours: int
    segment: str
    weekday: int  # of the demo's weeks, the last of which ends now


ASKINGS = [
    Asking(
        key="relationship", kind="nps", survey_kind="relationship", touchpoint="network",
        threshold=6, team="Customer care", hours=8, segment="Quarterly panel", weekday=5,
    ),
    Asking(
        key="after support", kind="csat", survey_kind="transactional", touchpoint="support",
        threshold=2, team="Customer care", hours=8, segment="Called us in the last week", weekday=3,
    ),
    Asking(
        key="checkout", kind="ces", survey_kind="transactional", touchpoint="checkout",
        threshold=3, team="Shop and orders", hours=16, segment="Ordered in the last week", weekday=1,
    ),
]  # fmt: skip


def hire(*, at: datetime) -> None:
    """Staff with their roles, two teams and a calendar. The first to sign in works in a team, to see one at work."""
    admin = User.objects.create_superuser(
        "admin", f"admin@{DOMAIN}", PASSWORD, first_name="Ada", last_name="Novak"
    )
    Group.objects.get(name="Administrators").user_set.add(admin)
    people = {
        username: User.objects.create_user(
            username, f"{username}@{DOMAIN}", PASSWORD,
            first_name=first, last_name=last, language=language, is_staff=True,
        )
        for username, first, last, _, language in STAFF
    }  # fmt: skip
    for username, _, _, role, _ in STAFF:
        people[username].groups.add(Group.objects.get(name=role))
    calendar = open_hours(year=at.year)
    care = Team.objects.create(name="Customer care", lead=people["lena"], calendar=calendar)
    care.members.add(people["sara"], people["sam"], people["nima"], admin)
    orders = Team.objects.create(name="Shop and orders", lead=people["lena"], calendar=calendar)
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
        for month, day, name in ((1, 1, "New Year"), (3, 1, "Independence Day"), (5, 1, "Labour Day"))
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


def write_survey(asking: Asking, *, touchpoints: dict[str, Touchpoint]) -> Survey:
    """A survey with its score question and a comment, and the rule for unhappy answers."""
    survey = Survey.objects.create(
        name=TITLES[asking.key]["en"],
        kind=asking.survey_kind,
        touchpoint=touchpoints[asking.touchpoint] if asking.touchpoint else None,
        title=TITLES[asking.key],
    )
    Question.objects.bulk_create(
        [
            Question(
                survey=survey, position=1, kind=asking.kind, text=QUESTIONS[asking.kind], is_required=True
            ),
            Question(survey=survey, position=2, kind=Question.Kind.COMMENT, text=QUESTIONS["comment"]),
        ]
    )
    FollowUpRule.objects.create(
        survey=survey,
        threshold=asking.threshold,
        team=Team.objects.get(name=asking.team),
        business_hours=asking.hours,
    )
    return survey


def name_causes() -> None:
    RootCause.objects.bulk_create(RootCause(name=name) for name in ROOT_CAUSES)


def found_program() -> Program:
    """A program that rewards answering and buying, never the score."""
    program = Program.objects.create(name="Meridian Club", point_name="star")
    EarnRule.objects.create(program=program, trigger=EarnRule.Trigger.SURVEY_ANSWERED, points=50)
    EarnRule.objects.create(program=program, trigger=EarnRule.Trigger.PURCHASE, points=1)
    for name, points in (("5 GB for a month", 100), ("Coffee at the shop", 150), ("Screen protector", 400)):
        Reward.objects.create(program=program, name=name, points=points)
    return program


def draw_segments() -> dict[str, Segment]:
    """Segments that marketing uses, and one for each week of a quarter: its people are asked what they think of us."""
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
        "Called us in the last week": field("called", "in_last_days", 7),
        "Ordered in the last week": field("purchased", "in_last_days", 7),
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
    for panel in range(1, PANELS + 1):
        rules[f"Quarterly panel {panel:02}"] = field("attributes.survey_panel", "is", str(panel))
    return {name: Segment.objects.create(name=name, rule=rule) for name, rule in rules.items()}


def field(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}


def draft(
    *, name: str, survey: Survey, segment: Segment, by: User, key: str, ends_at: datetime | None = None
) -> Campaign:
    return draft_campaign(
        name=name,
        survey=survey,
        segment=segment,
        subject=SUBJECTS[key],
        body=MESSAGES[key],
        ends_at=ends_at,
        by=by,
    )
