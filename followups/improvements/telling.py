"""“You said, we did”: who raised an improvement hears that it is done, once, by a campaign and its whole contact policy."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from events.publishing import publish
from followups.improvements.publishing import written
from followups.improvements.raising import people_who_raised
from followups.improvements.working import add_step, change
from followups.models import Improvement, ImprovementStep, TellingCampaign
from staff.models import User
from surveys.metrics import BAD, GOOD
from surveys.models import Answer, Campaign, Invitation, Question
from surveys.planning.occasions import Occasion, asks_one_by_one, foresee, invite

State = Invitation.State


class NothingToSay(Exception):
    """Nobody wrote yet what was done."""


class NoCampaign(Exception):
    """No campaign is chosen that tells customers of this unit."""


class CampaignAsleep(Exception):
    """The campaign that tells customers does not send now."""


@dataclass(frozen=True)
class Fate:
    """What becomes of some people, and why; `cap` is the policy's own words."""

    state: str
    reason: str
    cap: int | None
    people: int

    @property
    def is_excluded(self) -> bool:
        return self.state == State.EXCLUDED


@dataclass(frozen=True)
class Ledger:
    """What became of those who were to be told, and what they answered."""

    fates: list[Fate]
    better: int
    not_better: int

    @property
    def people(self) -> int:
        return sum(fate.people for fate in self.fates)

    @property
    def answered(self) -> int:
        return self.better + self.not_better


@transaction.atomic
def tell(*, improvement: Improvement, by: User, at: datetime, seen_version: int | None = None) -> int:
    """Put everybody who raised it into the campaign's ledger; returns how many are new there. Told again, only those
    who were linked since are. Raises NothingToSay, NoCampaign, CampaignAsleep.
    """
    campaign = campaign_for(improvement, at=at)
    change(improvement, seen_version=seen_version, states=Improvement.FINISHED, told_at=at)
    improvement.campaigns.add(campaign)
    told = invite(campaign=campaign, occasions=occasions_of(improvement, at=at), at=at)
    add_step(improvement, ImprovementStep.Kind.TOLD, by=by, text=str(told), at=at)
    publish("followups.improvement_told", subject=improvement.pk, at=at, customers=told)
    return told


def foresee_telling(improvement: Improvement, *, at: datetime) -> tuple[Campaign, list[Fate]]:
    """By which campaign, and what would become of those not told yet. Raises what `tell` does; changes nothing."""
    campaign = campaign_for(improvement, at=at)
    rows = foresee(campaign=campaign, occasions=occasions_of(improvement, at=at), at=at)
    return campaign, in_order(Counter((row.state, row.reason, row.cap_id) for row in rows))


def campaign_for(improvement: Improvement, *, at: datetime) -> Campaign:
    """The one chosen for it, else one it was told by before, if it sends now. Raises NothingToSay, NoCampaign,
    CampaignAsleep.
    """
    if not any(improvement.what_we_did.values()):
        raise NothingToSay
    candidates = [chosen_campaign(improvement), *improvement.campaigns.all()]
    campaigns = [campaign for campaign in candidates if campaign]
    if not campaigns:
        raise NoCampaign
    for campaign in campaigns:
        if asks_one_by_one(campaign, at=at):
            return campaign
    raise CampaignAsleep


def chosen_campaign(improvement: Improvement) -> Campaign | None:
    """That of the nearest unit above."""
    path = improvement.unit.path if improvement.unit else ""
    above = [int(pk) for pk in path.strip("/").split("/") if pk]
    chosen = TellingCampaign.objects.filter(Q(unit=None) | Q(unit__in=above)).select_related(
        "campaign", "unit"
    )
    nearest = max(chosen, key=lambda each: len(each.unit.path) if each.unit else 0, default=None)
    return nearest.campaign if nearest else None


def key_of(improvement: Improvement) -> str:
    return f"improvement:{improvement.pk}"


def occasions_of(improvement: Improvement, *, at: datetime) -> list[Occasion]:
    """One for each person who raised it and stands in no ledger for it yet, in their language."""
    told = invitations_of(improvement).filter(customer=OuterRef("pk")).order_by()
    people = people_who_raised(improvement).filter(~Exists(told)).order_by("pk")
    context: dict[str, dict[str, Any]] = {}
    return [
        Occasion(
            customer=pk,
            key=key_of(improvement),
            at=at,
            context=context.setdefault(language, context_of(improvement, language)),
        )
        for pk, language in people.values_list("pk", "language")
    ]


def context_of(improvement: Improvement, language: str) -> dict[str, Any]:
    """What the message and the survey may say of it."""
    said = {"you_said": improvement.you_said, "what_we_did": improvement.what_we_did}
    texts = {name: " ".join(written(each, language).text.split()) for name, each in said.items()}
    return {"improvement": str(improvement.pk), **texts}


def invitations_of(improvement: Improvement) -> QuerySet[Invitation]:
    """Its rows in the ledgers of all campaigns it was told by."""
    told_by = improvement.campaigns.order_by().values("pk")
    return Invitation.objects.filter(wave__campaign__in=told_by, occasion=key_of(improvement), is_test=False)


def ledger_of(improvement: Improvement) -> Ledger:
    """In two queries; empty before anybody was told."""
    rows = invitations_of(improvement).order_by().values_list("state", "reason", "cap").annotate(Count("pk"))
    answers = Answer.objects.filter(
        survey_response__invitation__in=invitations_of(improvement), survey_response__is_test=False
    ).filter(Q(question__kind=Question.Kind.YESNO) | Q(question__kind__in=GOOD))
    said = answers.order_by("survey_response", "question__position", "pk")
    first: dict[int, bool | None] = {}
    for response, kind, score, value in said.values_list(
        "survey_response", "question__kind", "score", "value"
    ):
        first.setdefault(response, is_better(kind, score, value))
    verdicts = Counter(first.values())
    fates = Counter({(state, reason, cap): people for state, reason, cap, people in rows})
    return Ledger(in_order(fates), better=verdicts[True], not_better=verdicts[False])


def is_better(kind: str, score: int | None, value: Any) -> bool | None:
    """What an answer to “Is it better now?” says; None when it says neither."""
    if kind == Question.Kind.YESNO:
        return None if value is None else value in (True, "yes")
    if score in GOOD[kind]:
        return True
    return False if score in BAD[kind] else None


ORDER: tuple[str, ...] = (
    State.SENT,
    State.SENDING,
    State.PLANNED,
    State.DEFERRED,
    State.UNKNOWN,
    State.FAILED,
    State.CANCELLED,
    State.EXCLUDED,
)


def in_order(counted: Mapping[tuple[str, str, int | None], int]) -> list[Fate]:
    """Who was told first, who was left out last; the most people first."""
    fates = [Fate(*fate, people) for fate, people in counted.items()]
    return sorted(fates, key=lambda fate: (ORDER.index(fate.state), -fate.people, fate.reason))


def told_by_customer(improvement: Improvement, customers: Iterable[int]) -> dict[int, Invitation]:
    """The row of each of `customers` in the ledger."""
    rows = invitations_of(improvement).filter(customer__in=list(customers)).select_related("cap")
    return {row.customer_id: row for row in rows}
