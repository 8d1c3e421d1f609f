"""Twelve months of Meridian Mobile, lived day by day through the rooms' own actions.

Nothing is written past them: campaigns are scheduled, planned and sent, answers submitted, events delivered and
follow-ups worked at the time they would have been. What a day brings depends on the day and the customer alone.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count

from customers.models import Customer, Segment
from demo.comments import CALL_NOTES, RESOLUTIONS, STAFF_NOTES
from demo.feelings import cause_of, reply_of
from demo.people import PANELS, Person, dice_of
from demo.setting_up import ASKINGS, Asking, draft
from events.delivery import deliver_events
from followups.escalation import escalate_overdue
from followups.models import FollowUp, RootCause
from followups.working import add_note, record_contact, resolve
from journeys.interactions import record_interactions
from journeys.models import Interaction, Touchpoint
from loyalty.ledger import redeem_reward, reverse_entry
from loyalty.models import Account, Reward
from loyalty.posting import NotEnoughPoints
from mail.smtp import Ending, Message, Outcome
from staff.models import User
from surveys.campaigns import finish_campaigns, schedule_campaign, start_due_campaigns
from surveys.models import Campaign, Invitation, Survey
from surveys.reminders import plan_reminders
from surveys.responses import AlreadyAnswered, submit_response
from surveys.sending import send_due_invitations

DAYS_OF_A_MONTH = 30
DAYS = 52 * 7
ENDS_AFTER = timedelta(days=14)

Action = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Visit:
    """One way customers come by; `share` is its weight among all."""

    share: int
    kind: str
    source: str
    touchpoint: str
    summary: str


VISITS = [
    Visit(34, Interaction.Kind.CALL, "hotline", "support", "Called the hotline"),
    Visit(26, Interaction.Kind.PURCHASE, "shop", "checkout", "Ordered in the online shop"),
    Visit(16, Interaction.Kind.VISIT, "web", "website", "Looked at offers"),
    Visit(8, Interaction.Kind.VISIT, "store", "shop", "Came to the shop"),
    Visit(6, Interaction.Kind.MESSAGE, "mail", "bill", "Asked about a bill"),
    Visit(5, Interaction.Kind.MESSAGE, "app", "activation", "Activated a new SIM card"),
    Visit(5, Interaction.Kind.VISIT, "store", "renewal", "Renewed the contract"),
]


class PastPost:
    """Took the mails of the past year; their readers have long read them."""

    width = 200

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        return [Outcome(Ending.ACCEPTED, "250 delivered")] * len(messages)

    def close(self) -> None: ...


class Year:
    """The year that ends at `end`; `live_day` lives one of its days."""

    def __init__(
        self,
        *,
        end: datetime,
        people: dict[int, Person],
        surveys: dict[str, Survey],
        segments: dict[str, Segment],
    ) -> None:
        self.end = end
        self.start = end - timedelta(days=DAYS)
        self.people = people
        self.surveys = surveys
        self.segments = segments
        self.touchpoints = {touchpoint.slug: touchpoint for touchpoint in Touchpoint.objects.all()}
        self.questions = {survey.pk: list(survey.questions.all()) for survey in surveys.values()}
        self.rewards = list(Reward.objects.all())
        self.causes = {cause.name: cause for cause in RootCause.objects.all()}
        self.marketing = User.objects.get(username="maja")
        self.post = PastPost()
        self.agenda: list[tuple[datetime, int, Action]] = []
        self.numbers = count()
        self.followed_until = 0

    def plan(self, at: datetime, action: Action) -> None:
        heapq.heappush(self.agenda, (at, next(self.numbers), action))

    def live_day(self, day: int) -> None:
        morning = self.start + timedelta(days=day)
        evening = min(morning + timedelta(days=1), self.end)
        self.customers_come_by(day, morning)
        self.start_campaigns(day, morning)
        self.send(morning)
        while self.agenda and self.agenda[0][0] <= evening:
            at, _number, action = heapq.heappop(self.agenda)
            action(at)
        deliver_events(at=evening)
        self.plan_work()
        escalate_overdue(at=evening)
        deliver_events(at=evening)
        self.members_redeem(day, evening)

    # --- what customers do --------------------------------------------------------------------------------

    def customers_come_by(self, day: int, morning: datetime) -> None:
        """Everybody is heard of about three times a year: they call, order, look in, or ask about a bill."""
        rows = []
        for customer, person in self.people.items():
            if (person.number * 7919 + day * 104729) % 121 == 0:
                dice = dice_of(person.external_id, day)
                at = morning + timedelta(hours=9, minutes=dice.randrange(600))
                visit = dice.choices(VISITS, weights=[visit.share for visit in VISITS])[0]
                rows.append(self.interaction(visit, customer, at, size=dice.random()))
        record_interactions(rows, at=morning)

    def interaction(self, visit: Visit, customer: int, at: datetime, *, size: float) -> Interaction:
        is_order = visit.kind == Interaction.Kind.PURCHASE
        return Interaction(
            customer_id=customer,
            kind=visit.kind,
            source=visit.source,
            external_id=f"{at:%Y%m%d}-{customer}",
            at=at,
            touchpoint=self.touchpoints[visit.touchpoint],
            summary=visit.summary,
            amount=Decimal(int(900 + 9000 * size * size)) / 100 if is_order else None,
        )

    def members_redeem(self, day: int, evening: datetime) -> None:
        """Every third day members with enough points take a reward, and now and then somebody thinks again."""
        if day % 3:
            return
        for account in Account.objects.filter(balance__gte=self.rewards[0].points).order_by("pk")[
            day % 7 : 60 : 9
        ]:
            dice = dice_of("redeems", account.customer_id, day)
            affordable = [reward for reward in self.rewards if reward.points <= account.balance]
            try:
                entry = redeem_reward(
                    account=account,
                    reward=dice.choice(affordable),
                    source=f"desk:{day}:{account.pk}",
                    at=evening,
                )
            except NotEnoughPoints:
                continue
            if dice.random() < 0.12:
                reverse_entry(entry=entry, source=f"desk:back:{entry.pk}", at=evening)

    # --- what marketing does ------------------------------------------------------------------------------

    def start_campaigns(self, day: int, morning: datetime) -> None:
        week, weekday = divmod(day, 7)
        for asking in ASKINGS:
            if asking.weekday == weekday:
                campaign = self.draft(asking, week, morning)
                schedule_campaign(campaign=campaign, starts_at=morning + timedelta(hours=8), at=morning)

    def draft(self, asking: Asking, week: int, morning: datetime) -> Campaign:
        is_panel = asking.key == "relationship"
        segment = f"{asking.segment} {week % PANELS + 1:02}" if is_panel else asking.segment
        return draft(
            name=f"{self.surveys[asking.key].name} {morning:%d %b %Y}",
            survey=self.surveys[asking.key],
            segment=self.segments[segment],
            by=self.marketing,
            key=asking.key,
            ends_at=morning + ENDS_AFTER,
        )

    def send(self, morning: datetime) -> None:
        at = morning + timedelta(hours=8)
        start_due_campaigns(at=at)
        plan_reminders(at=at)
        send_due_invitations(at=at, post=self.post)
        finish_campaigns(at=at)
        for is_reminder, sent in ((False, {"sent_at": at}), (True, {"reminded_at": at})):
            invitations = Invitation.objects.filter(**sent, answered_at=None)
            for invitation in invitations.select_related("wave__campaign__survey"):
                self.await_reply(invitation, is_reminder=is_reminder, at=at)

    def await_reply(self, invitation: Invitation, *, is_reminder: bool, at: datetime) -> None:
        survey = invitation.wave.campaign.survey
        score_question, comment_question = self.questions[survey.pk]
        reply = reply_of(
            self.people[invitation.customer_id],
            occasion=invitation.wave.campaign.name,
            kind=score_question.kind,
            month=(at - self.start).days // DAYS_OF_A_MONTH,
            is_reminder=is_reminder,
        )
        if reply:
            answers: dict[int, int | str | None] = {
                score_question.pk: reply.score,
                comment_question.pk: reply.comment,
            }
            self.plan(at + reply.after, partial(answer, invitation, answers))

    # --- what support does --------------------------------------------------------------------------------

    def plan_work(self) -> None:
        """Decide for each new follow-up when its owner will call, and how it ends; some are never called."""
        new = FollowUp.objects.filter(pk__gt=self.followed_until, owner__isnull=False).order_by("pk")
        for follow_up in new.select_related("survey_response"):
            self.followed_until = follow_up.pk
            dice = dice_of("works", follow_up.survey_response_id)
            fate, hours = dice.random(), dice.uniform(0.2, 1.1)
            patience = follow_up.due_at - follow_up.opened_at
            called_at = follow_up.opened_at + patience * hours
            if fate < 0.06:
                called_at = follow_up.due_at + timedelta(days=dice.uniform(1, 6))
            if dice.random() < 0.15:
                self.plan(called_at - patience / 10, partial(note, follow_up.pk, dice.choice(STAFF_NOTES)))
            self.plan(called_at, partial(call, follow_up.pk, dice.choice(CALL_NOTES)))
            if dice.random() < 0.985:
                cause = cause_of(comment_of(follow_up)) or dice.choice(sorted(self.causes))
                outcome = dice.choices(list(FollowUp.Outcome), weights=[60, 22, 10, 8])[0]
                end = partial(close, follow_up.pk, self.causes[cause], outcome, dice.choice(RESOLUTIONS))
                self.plan(called_at + timedelta(hours=dice.uniform(2, 90)), end)


def answer(invitation: Invitation, answers: dict[int, int | str | None], at: datetime) -> None:
    try:
        submit_response(invitation=invitation, answers=answers, language=invitation.language, at=at)
    except AlreadyAnswered:
        return


def comment_of(follow_up: FollowUp) -> str:
    return next((a.text for a in follow_up.survey_response.answers.all() if a.text), "")


def note(follow_up: int, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    add_note(follow_up=row, by=row.owner, text=text, at=at)


def call(follow_up: int, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    record_contact(follow_up=row, by=row.owner, text=text, at=at)


def close(follow_up: int, cause: RootCause, outcome: str, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    resolve(follow_up=row, by=row.owner, root_cause=cause, outcome=outcome, text=text, at=at)


def customers_of(people: dict[str, Person]) -> dict[int, Person]:
    """The people by the id of the customer they became."""
    rows = Customer.objects.filter(identities__kind="external").values_list("pk", "identities__value")
    return {pk: people[value] for pk, value in rows if value in people}
