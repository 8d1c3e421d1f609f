"""What Meridian Mobile changed because of what its customers said: one improvement told and measured, others on their way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from demo import improving_wording as words
from demo.campaigns import Marketing
from demo.year import Year
from followups.improvements import working
from followups.improvements.proposing import Raised, propose_because
from followups.improvements.telling import tell
from followups.models import Improvement, RootCause, TellingCampaign
from journeys.models import Touchpoint
from staff.models import Unit, User
from surveys.campaigns.drafts import draft_campaign
from surveys.models import Campaign, Question, Survey, Topic
from surveys.writing.publishing import publish_survey

BETTER = "better"  # the survey that asks whether it is
QUARTER = timedelta(days=90)
WHOLE_YEAR = 364  # days, in which the moments below are meant
CALL_BACK = "A call back instead of a queue"


def ask_whether_it_is_better(*, at: datetime) -> Survey:
    """One question, and room for a reason."""
    survey = Survey.objects.create(
        name=words.TITLE["en"],
        kind=Survey.Kind.TRANSACTIONAL,
        title=words.TITLE,
        intro=dict.fromkeys(words.TITLE, "{what_we_did}"),
    )
    asked: list[dict[str, Any]] = [
        {"key": "better", "kind": Question.Kind.YESNO, "text": words.TITLE, "is_required": True},
        {"key": "why", "kind": Question.Kind.COMMENT, "text": words.WHY},
    ]
    Question.objects.bulk_create(
        Question(survey=survey, position=position, **each) for position, each in enumerate(asked, start=1)
    )
    publish_survey(survey=survey, by=None, at=at)
    return survey


def plan_call_back(year: Year) -> None:
    """The improvement of the year: support calls back since the month from which customers are happier."""
    share = min(1.0, (year.end - year.start).days / WHOLE_YEAR)

    def days_ago(days: int) -> datetime:
        return year.end - timedelta(days=days * share)

    year.plan(days_ago(205), partial(launch_telling, year.marketing))
    year.plan(days_ago(200), partial(improve, propose_call_back))
    year.plan(days_ago(194), partial(improve, plan_it))
    year.plan(days_ago(185), partial(improve, start_it))
    year.plan(days_ago(154), partial(improve, finish_it))
    year.plan(days_ago(152), partial(improve, tell_them))
    year.plan(days_ago(90), partial(improve, measure_it))


def launch_telling(marketing: Marketing, at: datetime) -> None:
    """The campaign by which those who raised an improvement hear of it."""
    campaign = draft_campaign(
        name="You said, we did",
        survey=marketing.surveys[BETTER],
        segment=None,
        subject=words.SUBJECT,
        body=words.MESSAGE,
        channels=["email"],
        sender=marketing.senders["brand"],
        ends_at=None,
        by=marketing.maja,
        at=at,
        kind=Campaign.Kind.BY_API,
        cooldown_days=14,
        reminders=0,
    )
    marketing.schedule(campaign, starts_at=at + timedelta(hours=1), at=at)
    TellingCampaign.objects.create(campaign=campaign)


def improve(step: Any, at: datetime) -> None:
    """Lena, who leads customer care, takes the next step with the call back."""
    step(Improvement.objects.filter(title=CALL_BACK).first(), User.objects.get(username="lena"), at)


def propose_call_back(_none: None, by: User, at: datetime) -> None:
    cause = RootCause.objects.get(name="Waiting time")
    propose_because(
        raised=Raised(cause=cause, since=(at - QUARTER).date(), until=at.date()),
        by=by,
        at=at,
        title=CALL_BACK,
        root_cause=cause,
        unit=Unit.objects.get(kind=Unit.Kind.BRAND),
        touchpoint=Touchpoint.objects.get(slug="support"),
        metric="csat",
        cost=38_000,
        you_said=words.CALL_BACK_SAID,
        what_we_did=words.CALL_BACK_DID,
        is_public=True,
    )


def plan_it(improvement: Improvement, by: User, at: datetime) -> None:
    how = "Buy the call-back module, hire ten people for the evening, measure how long people wait."
    due = (at + timedelta(days=45)).date()
    working.plan(improvement=improvement, by=by, owner=by, due_date=due, how=how, at=at)


def start_it(improvement: Improvement, by: User, at: datetime) -> None:
    working.start(improvement=improvement, by=by, text="The module is ordered.", at=at)


def finish_it(improvement: Improvement, by: User, at: datetime) -> None:
    working.finish(improvement=improvement, by=by, text="Live since this morning.", at=at)


def tell_them(improvement: Improvement, by: User, at: datetime) -> None:
    tell(improvement=improvement, by=by, at=at)


def measure_it(improvement: Improvement, by: User, at: datetime) -> None:
    try:
        working.measure(improvement=improvement, by=by, text="Worth every evening shift.", at=at)
    except working.TooEarly:
        return  # in a short year


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An improvement and how far it came; `due_in` counts the days from now."""

    title: str
    cause: str
    touchpoint: str
    metric: str
    plan: str = ""
    due_in: int = 30
    state: str = Improvement.State.PROPOSED
    topic: str = ""
    cost: int | None = None
    texts: Mapping[str, Any] | None = None


STORIES = (
    Story(
        title="Cancel as easily as you sign up", cause="Contract terms", touchpoint="renewal", metric="csat",
        state=Improvement.State.DECLINED,
    ),
    Story(
        title="A bill that says what changed", cause="Billing", touchpoint="support", metric="csat",
        plan="A first page that compares with last month, line by line.", due_in=-24, cost=12_500,
        state=Improvement.State.DONE,
        texts={"you_said": words.BILL_SAID, "what_we_did": words.BILL_DID, "is_public": True},
    ),
    Story(
        title="Two more masts for the inner city", cause="Network coverage", topic="Network", touchpoint="network",
        metric="nps", plan="Sites are found; the city decides on the second one.", due_in=45, cost=184_000,
        state=Improvement.State.DOING,
    ),
    Story(
        title="A text message before the technician comes", cause="Missed appointment", touchpoint="activation",
        metric="nps", plan="The planning tool sends it an hour before.", due_in=-14, cost=4_000,
        state=Improvement.State.PLANNED,
    ),
    Story(
        title="One answer, whoever you ask", cause="Wrong information", touchpoint="support", metric="csat",
    ),
)  # fmt: skip


def have_ideas(*, at: datetime) -> None:
    """Those of the last quarter, each as far as it came."""
    sam = User.objects.get(username="sam")
    for number, story in enumerate(STORIES):
        tell_story(story, by=sam, at=at - timedelta(days=40 - 3 * number))


def tell_story(story: Story, *, by: User, at: datetime) -> None:
    cause = RootCause.objects.get(name=story.cause)
    topic = Topic.objects.filter(name=story.topic).first()
    improvement = propose_because(
        raised=Raised(cause=cause, topic=topic, since=(at - QUARTER).date(), until=at.date()),
        by=by,
        at=at,
        title=story.title,
        root_cause=cause,
        touchpoint=Touchpoint.objects.get(slug=story.touchpoint),
        metric=story.metric,
        cost=story.cost,
        **(story.texts or {}),
    )
    if story.state == Improvement.State.DECLINED:
        no = "The law changes in spring: we wait for it."
        working.decline(improvement=improvement, by=by, text=no, at=at + timedelta(days=4))
        return
    bring_on(improvement, story, by=by, at=at)


def bring_on(improvement: Improvement, story: Story, *, by: User, at: datetime) -> None:
    """Planned, begun and done, as far as the story goes."""
    order = (
        Improvement.State.PROPOSED,
        Improvement.State.PLANNED,
        Improvement.State.DOING,
        Improvement.State.DONE,
    )
    far = order.index(Improvement.State(story.state))
    if far >= 1:
        due = (at + timedelta(days=40 + story.due_in)).date()
        day = at + timedelta(days=3)
        working.plan(improvement=improvement, by=by, owner=by, due_date=due, how=story.plan, at=day)
    if far >= 2:
        working.start(improvement=improvement, by=by, at=at + timedelta(days=5))
    if far >= 3:
        working.finish(
            improvement=improvement, by=by, text="On every bill from now on.", at=at + timedelta(days=15)
        )
