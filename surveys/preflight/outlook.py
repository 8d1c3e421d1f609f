"""When messages would go out, hour by hour: pure, from counts and wall-clock rules to a calendar."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from surveys.contact.clock import LOOKED_AHEAD, Hours, next_allowed

HOUR = timedelta(hours=1)


class Due(NamedTuple):
    """So many people who live by one clock and may be written to from `at` on."""

    at: datetime
    time_zone: str
    people: int


class Slot(NamedTuple):
    """What goes out in the hour that begins at `at`."""

    at: datetime
    first: int
    reminders: int


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a campaign sends: how many an hour at most, until when, and how often it reminds whom.

    `answering` is the share, 0 to 1, that is expected to answer before they are reminded.
    """

    hours: Hours
    per_hour: int | None = None
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
    """Who waits: by clock and by how often they were written to; and who joins them at which hour."""

    joining: defaultdict[datetime, list[tuple[int, str, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    waiting: defaultdict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))

    def join(self, at: datetime, turn: int, zone: str, people: int) -> None:
        if people > 0:
            self.joining[on_the_hour(at)].append((turn, zone, people))

    def step(self, now: datetime) -> None:
        for hour in [hour for hour in self.joining if hour <= now]:
            for turn, zone, people in self.joining.pop(hour):
                self.waiting[turn, zone] += people

    def next_hour(self, now: datetime, hours: Hours) -> datetime | None:
        """The next hour after `now` in which something can happen."""
        moments = [on_the_hour(next_allowed(now + HOUR, zone, hours)) for _turn, zone in self.waiting]
        return min([*moments, *self.joining], default=None)


def look_ahead(dues: Iterable[Due], pace: Pace, *, at: datetime) -> Outlook:
    """What goes out when: nobody before they are due or in their quiet hours, and never more than `per_hour`."""
    queue, outlook = Queue(), Outlook()
    for due in dues:
        queue.join(max(due.at, at), 0, due.time_zone, due.people)
    until = min(pace.ends_at or at + timedelta(days=LOOKED_AHEAD), at + timedelta(days=LOOKED_AHEAD))
    now: datetime | None = min(queue.joining, default=None)
    while now is not None and now < until:
        queue.step(now)
        slot = send_hour(queue, pace, now)
        if slot.first or slot.reminders:
            outlook.slots.append(slot)
        now = queue.next_hour(now, pace.hours)
    firsts = [people for (turn, _zone), people in queue.waiting.items() if turn == 0]
    firsts += [people for each in queue.joining.values() for turn, _zone, people in each if turn == 0]
    outlook.too_late = sum(firsts)
    return outlook


def send_hour(queue: Queue, pace: Pace, now: datetime) -> Slot:
    """Send what the hour allows: first messages before reminders."""
    room = pace.per_hour
    sent = [0, 0]
    for turn, zone in sorted(queue.waiting):
        if next_allowed(now, zone, pace.hours) >= now + HOUR:
            continue
        people = queue.waiting[turn, zone]
        taken = people if room is None else min(people, room)
        if not taken:
            continue
        room = None if room is None else room - taken
        sent[turn > 0] += taken
        queue.waiting[turn, zone] -= taken
        if not queue.waiting[turn, zone]:
            del queue.waiting[turn, zone]
        if turn < pace.reminders:
            queue.join(now + pace.remind_after, turn + 1, zone, round(taken * (1 - pace.answering)))
    return Slot(now, *sent)


def on_the_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def spread(dues: Iterable[Due], *, days: int, shown: int) -> Iterator[Due]:
    """The same people on days of their own, as evenly as a recurring campaign asks them; the first `shown` days."""
    for due in dues:
        for day in range(shown):
            people = due.people * (day + 1) // days - due.people * day // days
            if people:
                yield Due(due.at + timedelta(days=day), due.time_zone, people)
