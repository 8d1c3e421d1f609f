"""Two subjects compared: some get one, some the other, and once there was time to answer the better goes to the rest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveys.contact.verdicts import compared_until
from surveys.ledger.counting import count_subjects
from surveys.metrics import Change, Interval
from surveys.metrics.shares import difference_interval, proportions_change, wilson_interval
from surveys.models import Campaign, Invitation

FIRST, SECOND = "a", "b"
LEAD = timedelta(
    seconds=30
)  # chosen so long before the rest is due, so that no sender is quicker than the choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """How one subject fares: answers of the people it was sent to."""

    asked: int
    answered: int

    @property
    def rate(self) -> float | None:
        """In percent; None when nobody was asked."""
        return 100 * self.answered / self.asked if self.asked else None

    @property
    def interval(self) -> Interval | None:
        return wilson_interval(self.answered, self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both subjects, how sure their difference is, and which is the better one: the first, unless the second leads."""

    first: Subject
    second: Subject
    ends_at: datetime | None  # when the better one is chosen; None before the first message is planned

    @property
    def better(self) -> str:
        if not (self.first.asked and self.second.asked):
            return FIRST
        leads = self.second.answered * self.first.asked > self.first.answered * self.second.asked
        return SECOND if leads else FIRST

    @property
    def is_tie(self) -> bool:
        """Nothing speaks for either: nobody was asked or answered, or both fare the same."""
        return self.first.answered * self.second.asked == self.second.answered * self.first.asked

    @property
    def change(self) -> Change | None:
        one, other = self.first, self.second
        return proportions_change((one.answered, one.asked), (other.answered, other.asked))

    @property
    def difference(self) -> Interval | None:
        """Of the second's rate less the first's, in percentage points."""
        one, other = self.first, self.second
        return difference_interval((one.answered, one.asked), (other.answered, other.asked))


def compare_subjects(campaign: Campaign) -> Comparison:
    """How the two subjects of `campaign` fare now."""
    ledger = Invitation.objects.filter(wave__campaign=campaign, is_test=False)
    return comparison_from(count_subjects(ledger), campaign)


def comparison_from(rows: Iterable[Sequence[Any]], campaign: Campaign) -> Comparison:
    """`rows` are what surveys/ledger/counting.py counted: (subject, asked, answered)."""
    found = {variant: Subject(asked=asked, answered=answered) for variant, asked, answered in rows}
    nobody = Subject(asked=0, answered=0)
    return Comparison(
        first=found.get(FIRST, nobody), second=found.get(SECOND, nobody), ends_at=compared_until(campaign)
    )


def choose_better_subjects(*, at: datetime) -> int:
    """Choose where the time to compare is over, once and for all; returns how many campaigns have chosen.

    To be called before the rest is sent: it is due at the same moment.
    """
    return sum(choose(campaign) for campaign in ready_to_choose(at=at))


def ready_to_choose(*, at: datetime) -> Iterator[Campaign]:
    live = (Campaign.State.SENDING, Campaign.State.PAUSED)
    for campaign in Campaign.objects.filter(state__in=live, better_subject="").exclude(subject_b={}):
        end = compared_until(campaign)
        if end is not None and end - LEAD <= at:
            yield campaign


def choose(campaign: Campaign) -> int:
    undecided = Campaign.objects.filter(pk=campaign.pk, better_subject="")
    return undecided.update(better_subject=compare_subjects(campaign).better)
