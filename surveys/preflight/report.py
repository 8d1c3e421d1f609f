"""The whole of what is looked at before a launch, put together from its parts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count

from staff.models import Unit
from surveys.contact.verdicts import Policy, policy_now
from surveys.ledger.fates import channel_of_reason
from surveys.metrics import HEADLINES, Histogram, Metric, sum_of
from surveys.metrics.nps import TYPICAL_NPS_VARIANCE
from surveys.metrics.precision import (
    WORST_SHARE,
    nps_margin,
    nps_variance,
    share_margin,
    smallest_nps_change,
    smallest_share_change,
)
from surveys.models import Campaign, SendingLimit, SurveyResponse
from surveys.planning.rounds import period_of
from surveys.preflight.counting import Counted, State, count_everybody
from surveys.preflight.expecting import ENOUGH, SHARES, Basis, basis_for, history
from surveys.preflight.occasions import Occasions, occasions_of, same_again
from surveys.preflight.outlook import Due, Limit, Outlook, Pace, look_ahead, spread
from surveys.questions.questionnaires import NotPublished, asked_by

Kind = Campaign.Kind
DAYS_SHOWN = 31
MINUTES = 60
KEPT = timedelta(days=365)  # how old answers may be that say how far they differ


class Group(NamedTuple):
    """Recipients of one channel and language, and what their answering is expected from."""

    channel: str
    language: str
    people: int
    basis: Basis | None

    @property
    def answers(self) -> float:
        return self.people * self.basis.rate if self.basis else 0.0


class Fate(NamedTuple):
    """So many of one state, reason and cap; of one channel where the reason is said of it alone, else “”."""

    state: str
    reason: str
    channel: str
    cap: int | None
    people: int


class Scenario(NamedTuple):
    """What could be told if `rate` of them answered: the score ± `margin`, and changes from `change` on."""

    rate: float
    answers: int
    margin: float | None
    change: float | None


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """`recipients` are asked at once or later; the rest of `everybody` is excluded.

    `asked` is how many are asked in all, in a round, or in four weeks of what happens; None where programs decide. `rate`,
    from 0 to 1, is the share of them that is expected to answer.
    """

    everybody: int
    recipients: int
    groups: Sequence[Group]
    deferred: Sequence[Fate]
    excluded: Sequence[Fate]
    outlook: Outlook
    occasions: Occasions | None
    asked: int | None
    rate: float
    metric: Metric | None
    scenarios: Sequence[Scenario]
    policy: Policy

    @property
    def now(self) -> int:
        return self.recipients - sum(fate.people for fate in self.deferred)

    @property
    def is_known(self) -> bool:
        """Whether the expected answers rest on this organisation's own past for every group."""
        return bool(self.groups) and all(group.basis for group in self.groups)

    @property
    def answers(self) -> int:
        return round((self.asked or 0) * self.rate)

    @property
    def languages(self) -> Mapping[str, int]:
        people: Counter[str] = Counter()
        for group in self.groups:
            people[group.language] += group.people
        return people


def preflight_of(campaign: Campaign, *, at: datetime, unit: Unit | None = None) -> Preflight:
    """What would happen if `campaign` started `at`, or when it is scheduled for; with a unit, to its customers."""
    now, at = at, max(campaign.starts_at or at, at)
    limits = hourly_limits(campaign)
    domains = sorted({domain for _channel, domain in limits if domain})
    counted = count_everybody(campaign, at=at, unit=unit, domains=domains)
    recipients = [each for each in counted if each.is_recipient]
    total = sum(each.people for each in recipients)
    groups = list(groups_of(campaign, recipients, at=at))
    rate = sum(group.answers for group in groups) / total if total else 0.0
    policy = policy_now(send_at=campaign.send_at)
    metric = metric_of(campaign)
    is_known = bool(groups) and all(group.basis for group in groups)
    occasions = None
    dues = dues_of(campaign, recipients)
    if campaign.kind == Kind.TRIGGERED:
        occasions = occasions_of(campaign, at=now, unit=unit, domains=domains)
        dues = same_again(occasions, campaign, hours=policy.hours, at=at)
    asked = None if campaign.kind == Kind.BY_API else occasions.asked if occasions else total
    rates = () if asked is None else [rate] if is_known else SHARES
    return Preflight(
        everybody=sum(each.people for each in counted),
        recipients=total,
        groups=groups,
        deferred=list(fates(each for each in counted if each.state == State.DEFERRED)),
        excluded=list(fates(each for each in counted if each.state == State.EXCLUDED)),
        outlook=look_ahead(dues, pace_of(campaign, policy, limits, rate), at=at),
        occasions=occasions,
        asked=asked,
        rate=rate,
        metric=metric,
        scenarios=list(scenarios(campaign, metric, asked or 0, rates, at=at)),
        policy=policy,
    )


def groups_of(campaign: Campaign, recipients: Sequence[Counted], *, at: datetime) -> Iterator[Group]:
    people: Counter[tuple[str, str]] = Counter()
    for each in recipients:
        people[each.channel, each.language] += each.people
    past = history(at=at) if people else []
    for (channel, language), n in sorted(people.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        basis = basis_for(
            past, kind=campaign.kind, survey_kind=campaign.survey.kind, channel=channel, language=language
        )
        yield Group(channel, language, n, basis)


def fates(counted: Iterator[Counted]) -> Iterator[Fate]:
    people: Counter[tuple[str, str, str, int | None]] = Counter()
    for each in counted:
        channel = channel_of_reason(each.reason, each.channel)
        people[each.state, each.reason, channel, each.cap] += each.people
    for fate, n in people.most_common():
        yield Fate(*fate, n)


def dues_of(campaign: Campaign, recipients: Sequence[Counted]) -> Iterator[Due]:
    """Who may be written to from when on; of campaigns that ask because of something nobody knows."""
    people: Counter[tuple[datetime, str, str, str]] = Counter()
    for each in recipients:
        if each.due_at is not None:
            people[each.due_at, each.time_zone, each.channel, each.domain] += each.people
    dues = (Due(at, zone, n, channel, domain) for (at, zone, channel, domain), n in sorted(people.items()))
    if campaign.kind == Kind.ONCE:
        yield from dues
    elif campaign.kind == Kind.RECURRING:
        period = period_of(campaign)
        yield from spread(dues, days=period, shown=min(period, DAYS_SHOWN))


def pace_of(campaign: Campaign, policy: Policy, limits: Mapping[Limit, int], answering: float) -> Pace:
    return Pace(
        hours=policy.hours,
        per_hour=campaign.per_hour,
        per_hour_by=limits,
        ends_at=campaign.ends_at,
        reminders=campaign.reminders,
        remind_after=timedelta(days=campaign.remind_after_days),
        answering=answering,
    )


def hourly_limits(campaign: Campaign) -> Mapping[Limit, int]:
    """How many an hour leave by each of its channels, and to each domain, at most, of all campaigns together."""
    limits = SendingLimit.objects.filter(channel__in=campaign.channels)
    rows = limits.values_list("channel", "domain", "per_minute")
    return {(channel, domain): MINUTES * n for channel, domain, n in rows}


def metric_of(campaign: Campaign) -> Metric | None:
    """The score its survey asks for first."""
    try:
        questions = asked_by(campaign.survey).questions
    except NotPublished:
        return None
    return next((HEADLINES[question.kind] for question in questions if question.kind in HEADLINES), None)


def scenarios(
    campaign: Campaign, metric: Metric | None, people: int, rates: Sequence[float], *, at: datetime
) -> Iterator[Scenario]:
    past = past_answers(campaign, metric, at=at) if metric and people else Histogram()
    for rate in rates:
        n = round(people * rate)
        yield Scenario(rate, n, *precision_of(metric, past, n))


def past_answers(campaign: Campaign, metric: Metric, *, at: datetime) -> Histogram:
    """What this survey was answered in the last year: how far answers differ decides how sure a score is."""
    rows = (
        SurveyResponse.objects.filter(
            survey=campaign.survey_id,
            score_kind=metric.question_kind,
            score__isnull=False,
            is_test=False,
            submitted_at__gt=at - KEPT,
        )
        .order_by()
        .values_list("score")
        .annotate(people=Count("pk"))
    )
    return Histogram(dict(rows))


def precision_of(metric: Metric | None, past: Histogram, n: int) -> tuple[float | None, float | None]:
    """± of the interval at `n` answers, and the smallest change against as many; typical spread where few answered."""
    if metric is None:
        return None, None
    is_enough = past.total() >= ENOUGH
    if metric.unit == "points":
        variance = (nps_variance(past) if is_enough else None) or TYPICAL_NPS_VARIANCE
        return nps_margin(n, variance=variance), smallest_nps_change(n, before=n, variance=variance)
    boxes = next(iter(metric.boxes.values()))
    share = sum_of(past, boxes) / past.total() if is_enough else WORST_SHARE
    return share_margin(n, share=share), smallest_share_change(n, before=n, share=share) or None
