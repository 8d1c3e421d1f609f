"""Making up for it: points or a voucher, within what a person's roles may grant. Points reach the ledger by announcement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import ngettext

from events.publishing import publish
from followups.models import FollowUp, FollowUpStep, Goodwill, GoodwillLimit
from staff.models import User

TWO_CLICKS = timedelta(seconds=10)  # at most between them


@dataclass(frozen=True)
class Allowance:
    """What somebody may grant: points at once, and points in all for the rest of the month."""

    each: int = 0
    left: int = 0

    @property
    def most(self) -> int:
        return min(self.each, self.left)


class AboveAllowance(Exception):
    """More points than the person may grant; `most` says how many that is now."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class NobodyToGive(Exception):
    """The follow-up is about nobody who is known."""


def allowance_of(user: User, *, at: datetime) -> Allowance:
    """By the most generous of the person's roles, less what they granted since the month began."""
    limits = GoodwillLimit.objects.filter(role__user=user).values_list("points_each", "points_month")
    if not limits:
        return Allowance()
    each, month = (max(values) for values in zip(*limits, strict=True))
    local = timezone.localtime(at)
    begins = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    granted = Goodwill.objects.filter(by=user, at__gte=begins).exclude(state=Goodwill.State.REFUSED)
    spent = granted.aggregate(points=Sum("points"))["points"] or 0
    return Allowance(each=each, left=max(0, month - spent))


@transaction.atomic
def grant_goodwill(
    *, follow_up: FollowUp, by: User, points: int = 0, voucher: str = "", at: datetime
) -> Goodwill:
    """Give `points`, a voucher, or both, because of `follow_up`; who clicks twice gives once. Raises NobodyToGive or
    AboveAllowance."""
    if follow_up.customer_id is None:
        raise NobodyToGive
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two grants at once share one allowance
    same = Goodwill.objects.filter(follow_up=follow_up, by=by, points=points, voucher=voucher)
    if given := same.filter(at__gt=at - TWO_CLICKS).first():
        return given
    most = allowance_of(by, at=at).most
    if points > most:
        raise AboveAllowance(most)
    goodwill = Goodwill.objects.create(
        follow_up=follow_up,
        by=by,
        points=points,
        voucher=voucher,
        state=Goodwill.State.GRANTED if points else Goodwill.State.POSTED,
        at=at,
    )
    FollowUpStep.objects.create(
        follow_up=follow_up,
        kind=FollowUpStep.Kind.GOODWILL,
        author=by,
        text="\n".join(filter(None, [points_words(points) if points else "", voucher])),
        at=at,
    )
    if points:
        told = {"customer": follow_up.customer_id, "points": points, "follow_up": follow_up.pk}
        publish("followups.goodwill_granted", subject=goodwill.pk, at=at, **told)
    return goodwill


def points_words(points: int) -> str:
    return ngettext("%(n)s point", "%(n)s points", points) % {"n": points}


def settle_goodwill(was_posted: Mapping[int, bool]) -> None:
    """What became of points on their way to the account, as the ledger says."""
    for pk, posted in was_posted.items():
        state = Goodwill.State.POSTED if posted else Goodwill.State.REFUSED
        Goodwill.objects.filter(pk=pk, state=Goodwill.State.GRANTED).update(state=state)
