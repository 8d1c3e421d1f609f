"""When messages would go out, hour by hour: pure, from counts and wall-clock rules to a calendar."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from surveys.contact.clock import LOOKED_AHEAD, Hours, next_allowed

HOUR = timedelta(hours=1)
Limit = tuple[str, str]  # of a channel, or of a domain that it reaches


class Due(NamedTuple):
    """So many people who live by one clock, are written to by one channel, and may be from `at` on.

    `domain` receives their mail, where it has a limit of its own.
    """

    at: datetime
    time_zone: str
    people: int
    channel: str = ""
    domain: str = ""


class Turn(NamedTuple):
    """Whose turn it is: who was written to so often before, by one clock and channel, and under one domain's limit."""

    number: int
    time_zone: str
    channel: str
    domain: str

    @property
    def limits(self) -> set[Limit]:
        """What its messages fall under."""
        return {(self.channel, ""), (self.channel, self.domain)}


class Slot(NamedTuple):
    """What goes out in the hour that begins at `at`."""

    at: datetime
    first: int
    reminders: int


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a campaign sends: how many an hour at most, in all and under each limit, until when, and how often it reminds whom.

    `answering` is the share, 0 to 1, that is expected to answer before they are reminded.
    """

    hours: Hours
    per_hour: int | None = None
    per_hour_by: Mapping[Limit, int] = field(default_factory=dict)
    ends_at: datetime | None = None
    reminders: int = 0
    remind_after: timedelta = timedelta(days=3)
    answering: float = 0.0


@dataclass
class Outlook:
    """The hours in which something goes out, in order, and how many first messages the end comes before."""

    slots: list[Slot] = field(default_factory=list)
    too_late: int = 0


@dataclass
class Queue:
    """Who waits, and who joins them at which hour."""

    joining: defaultdict[datetime, list[tuple[Turn, int]]] = field(default_factory=lambda: defaultdict(list))
    waiting: defaultdict[Turn, int] = field(default_factory=lambda: defaultdict(int))

    def join(self, at: datetime, turn: Turn, people: int) -> None:
        if people > 0:
            self.joining[on_the_hour(at)].append((turn, people))

    def step(self, now: datetime) -> None:
        for hour in [hour for hour in self.joining if hour <= now]:
            for turn, people in self.joining.pop(hour):
                self.waiting[turn] += people

    def next_hour(self, now: datetime, hours: Hours) -> datetime | None:
        """The next hour after `now` in which something can happen."""
        zones = {turn.time_zone for turn in self.waiting}
        moments = [on_the_hour(next_allowed(now + HOUR, zone, hours)) for zone in zones]
        return min([*moments, *self.joining], default=None)


def look_ahead(dues: Iterable[Due], pace: Pace, *, at: datetime) -> Outlook:
    """What goes out when: nobody before they are due or in their quiet hours, and never more in an hour than may leave."""
    queue, outlook = Queue(), Outlook()
    for due in dues:
        queue.join(max(due.at, at), Turn(0, due.time_zone, due.channel, due.domain), due.people)
    until = min(pace.ends_at or at + timedelta(days=LOOKED_AHEAD), at + timedelta(days=LOOKED_AHEAD))
    now: datetime | None = min(queue.joining, default=None)
    while now is not None and now < until:
        queue.step(now)
        slot = send_hour(queue, pace, now)
        if slot.first or slot.reminders:
            outlook.slots.append(slot)
        now = queue.next_hour(now, pace.hours)
    left = [*queue.waiting.items(), *(joined for each in queue.joining.values() for joined in each)]
    outlook.too_late = sum(people for turn, people in left if turn.number == 0)
    return outlook


def send_hour(queue: Queue, pace: Pace, now: datetime) -> Slot:
    """Send what the hour allows: first messages before reminders."""
    room = inf if pace.per_hour is None else pace.per_hour
    room_by = dict(pace.per_hour_by)
    sent = [0, 0]
    for turn in sorted(queue.waiting):
        if next_allowed(now, turn.time_zone, pace.hours) >= now + HOUR:
            continue
        limits = turn.limits & room_by.keys()
        taken = int(min(queue.waiting[turn], room, *(room_by[limit] for limit in limits)))
        if not taken:
            continue
        room -= taken
        for limit in limits:
            room_by[limit] -= taken
        sent[turn.number > 0] += taken
        queue.waiting[turn] -= taken
        if not queue.waiting[turn]:
            del queue.waiting[turn]
        if turn.number < pace.reminders:
            again = turn._replace(number=turn.number + 1)
            queue.join(now + pace.remind_after, again, round(taken * (1 - pace.answering)))
    return Slot(now, *sent)


def on_the_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def spread(dues: Iterable[Due], *, days: int, shown: int) -> Iterator[Due]:
    """The same people on days of their own, as evenly as a recurring campaign asks them; the first `shown` days."""
    for due in dues:
        for day in range(shown):
            people = due.people * (day + 1) // days - due.people * day // days
            if people:
                yield due._replace(at=due.at + timedelta(days=day), people=people)
