"""A member's statement: the entries, newest first, with the balance after each."""

from dataclasses import dataclass

from django.db.models import Sum

from loyalty.models import Account, Entry
from loyalty.words import origin_words, user_of
from staff.models import User

PAGE = 25


@dataclass(frozen=True)
class Line:
    entry: Entry
    balance: int
    origin: str
    by: User | None
    is_reversed: bool

    @property
    def may_be_reversed(self) -> bool:
        return not self.is_reversed and self.entry.kind != Entry.Kind.REVERSED


@dataclass(frozen=True)
class Statement:
    """One page. `next_before` is the last entry on it, when there are older ones."""

    lines: list[Line]
    next_before: int | None


def statement_of(account: Account, *, before: int | None = None) -> Statement:
    """The page below the entry `before`; a fixed number of queries at any depth."""
    entries = account.entries.select_related("reward", "reverses", "reversed_by")
    last = account.entries.filter(pk=before).first() if before else None
    if last:
        entries = entries.before(last)
        balance = account.entries.before(last).aggregate(sum=Sum("points"))["sum"] or 0
    else:
        balance = account.balance
    rows = list(entries[: PAGE + 1])
    users = User.objects.in_bulk({user for entry in rows if (user := user_of(entry.source))})
    lines = []
    for entry in rows[:PAGE]:
        lines.append(line_of(entry, balance=balance, users=users))
        balance -= entry.points
    return Statement(lines=lines, next_before=rows[PAGE - 1].pk if len(rows) > PAGE else None)


def line_of(entry: Entry, *, balance: int, users: dict[int, User]) -> Line:
    return Line(
        entry=entry,
        balance=balance,
        origin=origin_words(entry.source),
        by=users.get(user_of(entry.source) or 0),
        is_reversed=hasattr(entry, "reversed_by"),
    )
