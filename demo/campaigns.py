"""What Meridian Mobile asks: campaigns that run all year, those that asked once, and those still to come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from customers.models import Segment
from demo.wording import MESSAGES, SUBJECTS
from journeys.models import Interaction, Touchpoint
from staff.models import User
from surveys.campaigns.approving import ApprovalNeeded, approve_campaign, request_approval
from surveys.campaigns.drafts import draft_campaign
from surveys.campaigns.life import cancel_campaign, pause_campaign, schedule_campaign
from surveys.models import Campaign, Sender, Survey

Kind = Campaign.Kind
EVERYBODY = ""
LIVE_CAMPAIGN_STARTS_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A campaign as marketing has it in mind; `days_ago` is when it was launched, None when it still is an idea."""

    name: str
    survey: str
    words: str
    segment: str = EVERYBODY
    days_ago: int | None = None
    sender: str = "brand"
    channels: tuple[str, ...] = ("email", "sms")
    ends_after_days: int | None = None
    is_paused_after: timedelta | None = None
    is_cancelled_after: timedelta | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


ALL_YEAR = (
    Idea(
        name="How are we doing? Everybody twice a year", survey="relationship", words="relationship",
        settings={
            "kind": Kind.RECURRING, "every_weeks": 26, "send_at": time(10), "reminders": 1, "remind_after_days": 4,
        },
    ),
    Idea(
        name="After a call with support", survey="after support", words="after support", sender="support",
        channels=("sms", "email"),
        settings={
            "kind": Kind.TRIGGERED, "trigger": Interaction.Kind.CALL, "trigger_touchpoint": "support",
            "delay_hours": 2, "cooldown_days": 30, "reminders": 0,
        },
    ),
    Idea(
        name="After an order was delivered", survey="checkout", words="checkout",
        settings={
            "kind": Kind.TRIGGERED, "trigger": Interaction.Kind.PURCHASE, "trigger_touchpoint": "checkout",
            "delay_hours": 48, "cooldown_days": 30, "reminders": 0,
        },
    ),
)  # fmt: skip
LATER = (
    Idea(
        name="The new bill, first impressions", survey="bill", words="bill", segment="Month-to-month contracts",
        days_ago=251, ends_after_days=21, channels=("email",),
        settings={"sample_size": 600, "reminders": 1},
    ),
    Idea(
        name="Roaming abroad", survey="relationship", words="relationship", segment="Long-standing customers",
        days_ago=82, is_cancelled_after=timedelta(hours=30),
        settings={"subject_b": SUBJECTS["thanks"], "compare_percent": 6, "compare_hours": 48},
    ),
    Idea(
        name="After a contract renewal, from the till", survey="renewal", words="renewal", days_ago=125,
        settings={"kind": Kind.BY_API, "cooldown_days": 90, "reminders": 0},
    ),
    Idea(
        name="Is the bill clear? Two subjects", survey="bill", words="bill", segment="High bills on fibre",
        days_ago=96, ends_after_days=28,
        settings={"subject_b": SUBJECTS["bill, short"], "compare_percent": 25, "compare_hours": 48, "reminders": 0},
    ),
    Idea(
        name="Thank you for four years", survey="relationship", words="thanks", segment="Long-standing customers",
        days_ago=47, ends_after_days=30,
        settings={"control_percent": 10, "sample_percent": 50, "reminders": 1},
    ),
    Idea(
        name="Hamburg after the network works", survey="relationship", words="relationship",
        segment="Customers in Germany", days_ago=2, is_paused_after=timedelta(hours=20),
        settings={"subject_b": SUBJECTS["next year"], "compare_percent": 30, "compare_hours": 72, "reminders": 1},
    ),
)  # fmt: skip
NEXT_YEAR = Idea(
    name="What should we improve next year?", survey="relationship", words="next year",    settings={"reminders": 1, "remind_after_days": 5, "send_at": time(18), "per_hour": 2000},
)  # fmt: skip
NEXT_WEEK = Idea(
    name="Help pages in Persian", survey="relationship", words="help pages", segment="Persian speakers",
    settings={"send_at": time(11), "per_hour": 120, "reminders": 1, "remind_after_days": 3},
)  # fmt: skip
NOW = Idea(
    name="Welcome to Meridian Mobile", survey="relationship", words="relationship", segment="Welcome campaign"
)


class Marketing:
    """Maja, who writes campaigns, and Petra, who agrees to the large ones."""

    def __init__(
        self, *, surveys: Mapping[str, Survey], segments: Mapping[str, Segment], senders: Mapping[str, Sender]
    ) -> None:
        self.surveys = surveys
        self.segments = segments
        self.senders = senders
        self.touchpoints = {touchpoint.slug: touchpoint for touchpoint in Touchpoint.objects.all()}
        self.maja = User.objects.get(username="maja")
        self.petra = User.objects.get(username="petra")

    def draft(self, idea: Idea, *, starts_at: datetime, at: datetime) -> Campaign:
        settings = {"reminders": 0, **idea.settings}
        if "trigger_touchpoint" in settings:
            settings["trigger_touchpoint"] = self.touchpoints[settings["trigger_touchpoint"]]
        return draft_campaign(
            name=idea.name,
            survey=self.surveys[idea.survey],
            segment=self.segments[idea.segment] if idea.segment else None,
            subject=SUBJECTS[idea.words],
            body=MESSAGES[idea.words],
            channels=list(idea.channels),
            sender=self.senders[idea.sender],
            ends_at=starts_at + timedelta(days=idea.ends_after_days) if idea.ends_after_days else None,
            by=self.maja,
            at=at,
            **settings,
        )

    def launch(self, idea: Idea, *, starts_at: datetime, at: datetime) -> Campaign:
        """Draft it, and give it a date."""
        campaign = self.draft(idea, starts_at=starts_at, at=at)
        self.schedule(campaign, starts_at=starts_at, at=at)
        return campaign

    def schedule(self, campaign: Campaign, *, starts_at: datetime, at: datetime) -> None:
        """Have it approved where it is large, and give it a date."""
        try:
            schedule_campaign(campaign=campaign, starts_at=starts_at, by=self.maja, at=at)
        except ApprovalNeeded:
            self.ask_for_approval(campaign, at=at)
            approve_campaign(campaign=campaign, by=self.petra, at=at)
            schedule_campaign(campaign=campaign, starts_at=starts_at, by=self.maja, at=at)

    def pause(self, campaign: Campaign, at: datetime) -> None:
        pause_campaign(campaign=campaign, by=self.petra, at=at)

    def cancel(self, campaign: Campaign, at: datetime) -> None:
        cancel_campaign(campaign=campaign, by=self.petra, at=at)

    def ask_for_approval(self, campaign: Campaign, *, at: datetime) -> None:
        request_approval(campaign=campaign, by=self.maja, at=at)


def plan_what_comes(marketing: Marketing, *, at: datetime) -> None:
    """One waits for a second person, one has a date next week; one goes out while somebody looks."""
    two_hours_ago = at - timedelta(hours=2)
    draft = marketing.draft(NEXT_YEAR, starts_at=at, at=two_hours_ago)
    marketing.ask_for_approval(draft, at=two_hours_ago)
    tuesday = at + timedelta(days=(1 - at.weekday()) % 7 or 7)
    starts_at = tuesday.replace(hour=8, minute=0, second=0, microsecond=0)
    marketing.launch(NEXT_WEEK, starts_at=starts_at, at=two_hours_ago)


def launch_now(marketing: Marketing, *, at: datetime) -> None:
    marketing.launch(NOW, starts_at=at + LIVE_CAMPAIGN_STARTS_AFTER, at=at)
