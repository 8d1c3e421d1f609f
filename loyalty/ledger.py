"""The points ledger: entries are only ever added, each once for its account, kind and source.

Every entry moves the account's balance in the same transaction, and the database refuses a balance below zero.
Posting what was posted before returns the entry there is and changes nothing.

An entry is reversed exactly, and once: by another entry of as many points the other way. Points that were earned
and spent since cannot be taken back (PointsAlreadySpent): first reverse what they were spent on, or adjust what
is left.
"""

from datetime import datetime

from django.db import IntegrityError

from customers.models import Customer
from loyalty.models import Account, Entry, Program, Reward
from loyalty.posting import NotEnoughPoints, post

MOST_POINTS = 1_000_000_000  # in one entry

Kind = Entry.Kind


class PointsOutOfRange(ValueError):
    """Points are a whole number from 1 to 1,000,000,000; an adjustment may take as many away."""


class NoteMissing(ValueError):
    """An adjustment needs a note that says why."""


class RewardNotOffered(ValueError):
    """The reward is not offered any more, or belongs to another program."""


class PointsAlreadySpent(NotEnoughPoints):
    """The entry cannot be reversed: its points were spent since. Nothing was posted."""


class AlreadyReversed(Exception):
    """The entry was reversed before."""


class NotReversible(ValueError):
    """A reversal cannot be reversed."""


class SourceTaken(ValueError):
    """This source reversed another entry before."""


def enrol(*, program: Program, customer: Customer, at: datetime) -> Account:
    """Make `customer` a member of `program`; who is one stays as they are."""
    account, _ = Account.objects.get_or_create(program=program, customer=customer, defaults={"joined_at": at})
    return account


def earn_points(*, account: Account, points: int, source: str, at: datetime, note: str = "") -> Entry:
    """Give `points`, once for `source`. Raises PointsOutOfRange."""
    return post(
        Entry(account=account, kind=Kind.EARNED, points=checked(points), source=source, note=note, at=at)
    )


def redeem_points(*, account: Account, points: int, source: str, at: datetime, note: str = "") -> Entry:
    """Take `points`, once for `source`. Raises PointsOutOfRange or NotEnoughPoints."""
    return post(
        Entry(account=account, kind=Kind.REDEEMED, points=-checked(points), source=source, note=note, at=at)
    )


def redeem_reward(*, account: Account, reward: Reward, source: str, at: datetime) -> Entry:
    """Give `reward` for its points, once for `source`. Raises RewardNotOffered or NotEnoughPoints."""
    if not reward.is_active or reward.program_id != account.program_id:
        raise RewardNotOffered
    return post(
        Entry(
            account=account,
            kind=Kind.REDEEMED,
            points=-checked(reward.points),
            source=source,
            reward=reward,
            at=at,
        )
    )


def adjust_points(*, account: Account, points: int, source: str, note: str, at: datetime) -> Entry:
    """Put a balance right by hand, up or down. Raises NoteMissing, PointsOutOfRange or NotEnoughPoints."""
    if not note.strip():
        raise NoteMissing
    moved = checked(points) if points > 0 else -checked(-points)
    return post(
        Entry(account=account, kind=Kind.ADJUSTED, points=moved, source=source, note=note.strip(), at=at)
    )


def reverse_entry(*, entry: Entry, source: str, at: datetime, note: str = "") -> Entry:
    """Undo `entry` exactly, and once. Raises AlreadyReversed, PointsAlreadySpent, NotReversible or SourceTaken."""
    if entry.kind == Kind.REVERSED:
        raise NotReversible
    reversal = Entry(
        account_id=entry.account_id,
        kind=Kind.REVERSED,
        points=-entry.points,
        source=source,
        reverses=entry,
        note=note,
        at=at,
    )
    try:
        posted = post(reversal)
    except (NotEnoughPoints, IntegrityError) as error:
        if Entry.objects.filter(reverses=entry).exists():
            raise AlreadyReversed from error
        if isinstance(error, NotEnoughPoints):
            raise PointsAlreadySpent from error
        raise
    if posted.reverses_id != entry.pk:
        raise SourceTaken
    return posted


def checked(points: int) -> int:
    """`points` itself; raises PointsOutOfRange."""
    if type(points) is not int or not 1 <= points <= MOST_POINTS:
        raise PointsOutOfRange
    return points
