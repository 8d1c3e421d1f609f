"""Twelve months of Meridian Mobile, lived day by day through the rooms' own actions.

Nothing is written past them: campaigns are scheduled, planned and sent, answers submitted, events delivered and
follow-ups worked at the time they would have been. What a day brings depends on the day and the customer alone.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count, cycle
from random import Random

from django.db import transaction

from customers.models import Channel, Customer
from customers.preferences import rest_from_surveys
from demo.campaigns import ALL_YEAR, LATER, Marketing
from demo.comments import ASKED_OF_CUSTOMERS, CALL_NOTES, RESOLUTIONS, STAFF_NOTES
from demo.feelings import cause_of, given, looks_only, reply_of
from demo.past_post import PastPost, told_of
from demo.people import Person, dice_of
from events.delivery import deliver_events
from events.lookups import Among
from followups.models import FollowUp, RootCause
from followups.working.escalation import escalate_overdue
from followups.working.steps import add_note, go_on, record_contact, reopen, resolve, wait_for_customer
from journeys.interactions import record_interactions
from journeys.models import Interaction
from loyalty.ledger import redeem_reward, reverse_entry
from loyalty.models import Account, Reward
from loyalty.posting import NotEnoughPoints
from mail.reading import Report
from mail.reports import record_reports
from surveys.answering.opening import note_opened
from surveys.answering.responses import AlreadyAnswered, SurveyClosed, submit_response
from surveys.campaigns.comparing import choose_better_subjects
from surveys.campaigns.life import finish_campaigns, start_due_campaigns
from surveys.models import Campaign, Invitation
from surveys.planning.occasions import Occasion, invite_one
from surveys.planning.reminders import plan_reminders
from surveys.planning.rounds import plan_rounds
from surveys.sending.deliveries import Delivery, note_deliveries
from surveys.sending.shifts import send_due_invitations
from surveys.sending.unsubscribing import leave_by_link

DAYS_OF_A_MONTH = 30
DAYS = 52 * 7
LIVED_DAILY = 100  # of the last days; before, twice a week is enough
HALF_WEEKS = (3, 4)
COMES_BY_EVERY = 181  # days
SENDS_AT = 16  # by the clock of Greenwich: nobody of Europe and America sleeps
REPORTS_KEPT = timedelta(days=30)
SHORT_SUBJECT_INTERESTS = 1.4  # times as many
LEAVES, RESTS = 0.004, 0.004
COMES_BACK = 0.05  # of what was solved does not hold
AT_THE_COUNTER = ("Lejla", "Tarik", "Ana", "Marko")

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


def parts_of(days: int) -> Iterator[range]:
    """A year in parts: half weeks at first, in which events wait for the part's end, and single days of late."""
    start, early = 0, max(days - LIVED_DAILY, 0)
    for length in cycle(HALF_WEEKS):
        if start == early:
            break
        end = min(start + length, early)
        yield range(start, end)
        start = end
    yield from (range(day, day + 1) for day in range(early, days))


class Year:
    """The year that ends at `end`, from midnight to midnight; `live` lives some of its days."""

    def __init__(
        self,
        *,
        end: datetime,
        people: dict[int, Person],
        marketing: Marketing,
    ) -> None:
        self.end = end
        self.start = end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
        self.people = people
        self.marketing = marketing
        self.touchpoints = marketing.touchpoints
        self.questions = {
            survey.pk: list(survey.questions.present()) for survey in marketing.surveys.values()
        }
        self.rewards = list(Reward.objects.all())
        self.causes = {cause.name: cause for cause in RootCause.objects.all()}
        self.post = PastPost()
        self.to_be_told: list[Report] = []
        self.agenda: list[tuple[datetime, int, Action]] = []
        self.numbers = count()
        self.followed_until = 0

    def plan(self, at: datetime, action: Action) -> None:
        heapq.heappush(self.agenda, (at, next(self.numbers), action))

    @transaction.atomic
    def live(self, days: range) -> None:
        evening = min(self.start + timedelta(days=days.stop), self.end)
        for day in days:
            morning = self.start + timedelta(days=day)
            self.launch_campaigns(day, morning)
            self.customers_come_by(day, morning, evening)
        if (at := self.start + timedelta(days=days.stop - 1, hours=SENDS_AT)) <= evening:
            self.plan(at, self.send)
        while self.agenda and self.agenda[0][0] <= evening:
            at, _number, action = heapq.heappop(self.agenda)
            action(at)
        self.hear_from_providers(evening)
        deliver_events(at=evening)
        self.plan_work()
        escalate_overdue(at=evening)
        deliver_events(at=evening)
        if any(day % 3 == 0 for day in days):
            self.members_redeem(days.start, evening)

    # --- what customers do --------------------------------------------------------------------------------

    def customers_come_by(self, day: int, morning: datetime, evening: datetime) -> None:
        """Everybody is heard of about twice a year: they call, order, look in, or ask about a bill."""
        rows = []
        for customer, person in self.people.items():
            if (person.number * 7919 + day * 104729) % COMES_BY_EVERY == 0:
                dice = dice_of(person.external_id, day)
                at = morning + timedelta(hours=9, minutes=dice.randrange(600))
                visit = dice.choices(VISITS, weights=[visit.share for visit in VISITS])[0]
                if at <= evening:
                    rows.append(self.interaction(visit, customer, at, size=dice.random()))
        for interaction in record_interactions(rows, at=morning):
            if interaction.touchpoint == self.touchpoints["renewal"]:
                self.plan(interaction.at + timedelta(minutes=20), partial(self.till_asks, interaction))

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
        """Some members with enough points take a reward, and now and then somebody thinks again."""
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

    def launch_campaigns(self, day: int, morning: datetime) -> None:
        """Each is given its date at eight in the morning and starts an hour later."""
        days_ago = DAYS - 1 - day
        ideas = (*(ALL_YEAR if day == 0 else ()), *(idea for idea in LATER if idea.days_ago == days_ago))
        for idea in ideas:
            at = morning + timedelta(hours=8)
            campaign = self.marketing.launch(idea, starts_at=at + timedelta(hours=1), at=at)
            if idea.is_paused_after:
                self.plan(at + idea.is_paused_after, partial(self.marketing.pause, campaign))
            if idea.is_cancelled_after:
                self.plan(at + idea.is_cancelled_after, partial(self.marketing.cancel, campaign))

    def till_asks(self, interaction: Interaction, at: datetime) -> None:
        """The till of a shop names everybody who renewed a contract, with who served them."""
        campaigns = Campaign.objects.filter(kind=Campaign.Kind.BY_API, state=Campaign.State.SENDING)
        if (campaign := campaigns.filter(survey=self.marketing.surveys["renewal"]).first()) is None:
            return
        context = {"agent": AT_THE_COUNTER[interaction.pk % len(AT_THE_COUNTER)]}
        occasion = Occasion(
            customer=interaction.customer_id, key=f"till:{interaction.external_id}", at=at, context=context
        )
        invite_one(campaign=campaign, occasion=occasion, at=at)

    def send(self, at: datetime) -> None:
        """The sweep of all campaigns, and the senders after it."""
        start_due_campaigns(at=at)
        plan_rounds(at=at)
        choose_better_subjects(at=at)
        plan_reminders(at=at)
        for channel in (Channel.EMAIL, Channel.SMS):
            send_due_invitations(at=at, post=self.post, channel=channel)
        finish_campaigns(at=at)
        taken = self.post.take_out()
        self.to_be_told += [report for each in taken for report in told_of(each, at=at)]
        self.await_replies([each.invitation for each in taken], at=at)

    def hear_from_providers(self, evening: datetime) -> None:
        """What they tell is kept line by line for the last weeks, and of the time before in the send ledger alone."""
        told = [report for report in self.to_be_told if report.at <= evening]
        self.to_be_told = [report for report in self.to_be_told if report.at > evening]
        if evening > self.end - REPORTS_KEPT:
            record_reports(reports=told, at=evening)
            return
        note_deliveries(
            Delivery(
                channel=report.channel,
                key=report.key,
                kind=report.kind,
                at=report.at,
                is_machine=report.is_machine,
                words=report.words,
            )
            for report in told
        )

    def await_replies(self, invitations: Sequence[int], *, at: datetime) -> None:
        rows = Invitation.objects.filter(Among("pk", invitations), answered_at=None)
        for invitation in rows.select_related("wave__campaign__survey").order_by("pk"):
            if invitation.customer_id in self.people:  # others called under a private address
                self.await_reply(invitation, at=at)

    def await_reply(self, invitation: Invitation, *, at: datetime) -> None:
        campaign, is_reminder = invitation.wave.campaign, invitation.reminders_sent > 0
        score_question, comment_question = self.questions[campaign.survey_id]
        person = self.people[invitation.customer_id]
        occasion = f"{campaign.name} {invitation.wave.number} {invitation.occasion}"
        reply = reply_of(
            person,
            occasion=occasion,
            kind=score_question.kind,
            month=(at - self.start).days // DAYS_OF_A_MONTH,
            is_reminder=is_reminder,
            interest=SHORT_SUBJECT_INTERESTS if invitation.variant == "b" else 1.0,
        )
        if reply:
            answers: dict[int, int | str | None] = {
                score_question.pk: given(score_question.kind, reply.score),
                comment_question.pk: reply.comment,
            }
            self.plan(at + reply.after, partial(answer, invitation, answers, reply.seconds))
        elif not is_reminder and looks_only(person, occasion=occasion):
            self.plan(at + timedelta(hours=3), partial(look, invitation))
        else:
            self.await_refusal(invitation, dice_of("no more", occasion, person.external_id), at=at)

    def await_refusal(self, invitation: Invitation, dice: Random, *, at: datetime) -> None:
        """A few leave by the link in the message, or ask for a rest on the page behind it."""
        luck = dice.random()
        if luck < LEAVES:
            self.plan(at + timedelta(hours=4), partial(leave, invitation))
        elif luck < LEAVES + RESTS:
            self.plan(at + timedelta(hours=5), partial(rest, invitation))

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
            closed_at = called_at + timedelta(hours=dice.uniform(2, 90))
            if dice.random() < 0.12:
                self.plan(
                    called_at + timedelta(minutes=20),
                    partial(wait, follow_up.pk, dice.choice(ASKED_OF_CUSTOMERS)),
                )
                closed_at += timedelta(days=dice.uniform(1, 4))
                self.plan(closed_at - timedelta(hours=1), partial(resume, follow_up.pk))
            if dice.random() > 0.985:
                closed_at += timedelta(days=12)
            cause = cause_of(comment_of(follow_up)) or dice.choice(sorted(self.causes))
            outcome = dice.choices([value for value, _label in FollowUp.OUTCOMES], weights=[60, 22, 10, 8])[0]
            end = partial(close, follow_up.pk, self.causes[cause], outcome, dice.choice(RESOLUTIONS))
            self.plan(closed_at, end)
            if dice.random() < COMES_BACK and outcome == FollowUp.Outcome.SOLVED:
                back_at = closed_at + timedelta(days=dice.uniform(2, 9))
                self.plan(back_at, partial(open_again, follow_up.pk))
                self.plan(back_at + timedelta(hours=3), partial(call, follow_up.pk, dice.choice(CALL_NOTES)))
                self.plan(back_at + timedelta(hours=dice.uniform(8, 60)), end)


def leave(invitation: Invitation, at: datetime) -> None:
    leave_by_link(invitation=invitation, at=at)


def rest(invitation: Invitation, at: datetime) -> None:
    rest_from_surveys(customer=invitation.customer, at=at)


def look(invitation: Invitation, at: datetime) -> None:
    note_opened(invitation, at=at)


def answer(invitation: Invitation, answers: dict[int, int | str | None], seconds: int, at: datetime) -> None:
    note_opened(invitation, at=at - timedelta(seconds=seconds))
    try:
        submit_response(
            invitation=invitation, answers=answers, language=invitation.language, at=at, seconds=seconds
        )
    except (AlreadyAnswered, SurveyClosed):
        return


def comment_of(follow_up: FollowUp) -> str:
    response = follow_up.survey_response
    return next((a.text for a in response.answers.all() if a.text), "") if response else follow_up.summary


def note(follow_up: int, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    add_note(follow_up=row, by=row.owner, text=text, at=at)


def call(follow_up: int, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    record_contact(follow_up=row, by=row.owner, text=text, at=at)


def wait(follow_up: int, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    wait_for_customer(follow_up=row, by=row.owner, text=text, at=at)


def resume(follow_up: int, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    go_on(follow_up=row, by=row.owner, at=at)


def close(follow_up: int, cause: RootCause, outcome: str, text: str, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner").get(pk=follow_up)
    resolve(follow_up=row, by=row.owner, root_cause=cause, outcome=outcome, text=text, at=at)


def open_again(follow_up: int, at: datetime) -> None:
    row = FollowUp.objects.select_related("owner", "rule", "team__calendar").get(pk=follow_up)
    reopen(follow_up=row, by=row.owner, text="It went wrong again.", at=at)


def customers_of(people: dict[str, Person]) -> dict[int, Person]:
    """The people by the id of the customer they became."""
    rows = Customer.objects.filter(identities__kind="external").values_list("pk", "identities__value")
    return {pk: people[value] for pk, value in rows if value in people}
