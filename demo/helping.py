"""What support hears besides surveys, and how it makes up for things: reviews, calls asked for, promises, goodwill."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from customers.models import Customer, Segment
from demo import helping_wording as words
from demo.campaigns import Marketing
from events.delivery import deliver_events
from followups.models import (
    FollowUp,
    FollowUpRule,
    GoodwillLimit,
    LoopSettings,
    Playbook,
    Priority,
    RootCause,
    Signal,
)
from followups.noticing import notice_those_at_risk
from followups.working.by_hand import open_by_hand
from followups.working.goodwill import grant_goodwill
from followups.working.promises import finish_task, promise
from followups.working.steps import add_note, record_contact, resolve
from journeys.interactions import record_interaction
from journeys.models import Interaction, Touchpoint
from staff.models import Team, User
from surveys.campaigns.drafts import draft_campaign
from surveys.campaigns.life import start_due_campaigns
from surveys.models import Campaign, Question, Survey
from surveys.writing.publishing import publish_survey

Policy = FollowUpRule.Policy
LIMITS = {"Support": (200, 1_000), "Administrators": (5_000, 20_000)}


def write_playbook() -> Playbook:
    playbook = Playbook.objects.create(name="Network complaint")
    for place, text in enumerate(words.PLAYBOOK):
        playbook.steps.create(position=place, text=text)
    return playbook


def hear_more_than_surveys(segments: Mapping[str, Segment]) -> None:
    """Rules for reviews, for who asks to be called, and for who may leave; how much goodwill each role may grant."""
    care = Team.objects.get(name="Customer care")
    FollowUpRule.objects.create(position=20, signal=Signal.CALL_REQUEST, team=care, priority=Priority.HIGH)
    FollowUpRule.objects.create(position=21, signal=Signal.REVIEW, team=care)
    FollowUpRule.objects.create(
        position=22,
        signal=Signal.AT_RISK,
        segment=segments["High bills on fibre"],
        team=care,
        priority=Priority.LOW,
        policy=Policy.CAPACITY,
        daily_capacity=2,
        control_percent=20,
    )
    FollowUpRule.objects.filter(topic__name="Network").update(playbook=write_playbook())
    for role, (each, month) in LIMITS.items():
        GoodwillLimit.objects.create(role=Group.objects.get(name=role), points_each=each, points_month=month)


def ask_whether_solved(marketing: Marketing, *, at: datetime) -> None:
    """After each resolution, once: a “no” opens it again."""
    survey = Survey.objects.create(
        name=words.SOLVED["en"], kind=Survey.Kind.TRANSACTIONAL, title=words.SOLVED
    )
    Question.objects.create(
        survey=survey,
        position=1,
        key="solved",
        kind=Question.Kind.YESNO,
        text=words.SOLVED,
        is_required=True,
    )
    Question.objects.create(
        survey=survey, position=2, key="left", kind=Question.Kind.COMMENT, text=words.WHAT_IS_LEFT
    )
    publish_survey(survey=survey, by=None, at=at)
    campaign = draft_campaign(
        name="After a follow-up",
        survey=survey,
        segment=None,
        subject=words.SUBJECT,
        body=words.MESSAGE,
        channels=["email"],
        sender=marketing.senders["brand"],
        ends_at=None,
        by=marketing.maja,
        at=at,
        kind=Campaign.Kind.BY_API,
        reminders=0,
    )
    marketing.schedule(campaign, starts_at=at, at=at)
    start_due_campaigns(at=at)
    LoopSettings.objects.update_or_create(pk=1, defaults={"solved_campaign": campaign})


def help_some(*, touchpoints: Mapping[str, Touchpoint], at: datetime) -> None:
    """The last day: what came in by other ways, and what Sara and Sam did about it."""
    for number, (language, (stars, text)) in enumerate(words.REVIEWS.items()):
        customer = somebody(language, number)
        record_interaction(
            customer=customer,
            kind=Interaction.Kind.REVIEW,
            source="maps",
            external_id=f"review-{number}",
            at=at - timedelta(hours=20 - 3 * number),
            touchpoint=touchpoints["shop"],
            summary=text,
            detail={"rating": stars, "text": text},
        )
    for number, (language, text) in enumerate(words.CALL_REQUESTS.items()):
        record_interaction(
            customer=somebody(language, number + 10),
            kind=Interaction.Kind.CALL_REQUEST,
            source="website",
            external_id=f"call-{number}",
            at=at - timedelta(hours=6 - number),
            summary=text,
            detail={"text": text},
        )
    deliver_events(at=at)
    notice_those_at_risk(at=at)
    open_one_by_hand(at=at - timedelta(hours=2))
    make_up_for_it(at=at)
    deliver_events(at=at)


def somebody(language: str, number: int) -> Customer:
    """Who is on nobody's desk."""
    free = Customer.objects.filter(language=language).exclude(follow_ups__in=FollowUp.objects.open())
    return free.order_by("pk")[number]


def open_one_by_hand(*, at: datetime) -> None:
    sara = User.objects.get(username="sara")
    open_by_hand(
        customer=somebody("bs", 30),
        team=Team.objects.get(name="Customer care"),
        owner=sara,
        priority=Priority.HIGH,
        text="Came to the shop in tears: the number of her late husband was given away.",
        by=User.objects.get(username="lena"),
        at=at,
    )


def make_up_for_it(*, at: datetime) -> None:
    """Sara ticks a step off, asks Sam, promises a technician and grants stars; one of hers is asked about afterwards."""
    sara, sam = (User.objects.get(username=name) for name in ("sara", "sam"))
    mine = (
        FollowUp.objects.open()
        .filter(owner=sara, customer__isnull=False)
        .select_related("rule", "team__calendar", "owner", "survey_response", "interaction", "customer__unit")
    )
    first, second = mine.order_by("-opened_at", "-pk")[:2]
    if task := first.tasks.first():
        finish_task(task=task, by=sara, at=at)
    record_contact(follow_up=first, by=sara, text="Reached her at work; she is calm now.", at=at)
    add_note(follow_up=first, by=sara, text=f"@{sam.username}, is a technician free on Thursday?", at=at)
    promise(
        follow_up=first,
        by=sara,
        text="A technician looks at the line",
        due_date=timezone.localdate(at) + timedelta(days=3),
        at=at,
        today=timezone.localdate(at),
    )
    grant_goodwill(follow_up=first, by=sara, points=150, voucher="The next month for free", at=at)
    resolve(
        follow_up=second,
        by=sara,
        root_cause=RootCause.objects.order_by("name")[0],
        outcome=FollowUp.Outcome.SOLVED,
        text="The contract was corrected.",
        at=at,
    )
