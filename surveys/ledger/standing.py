"""How a campaign stands: what became of everybody in its send ledger, out of what surveys/ledger/counting.py counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.utils.text import capfirst

from surveys.ledger.counting import COLUMNS, Counts
from surveys.ledger.fates import cause, channel_of_reason, reason_in_words
from surveys.metrics.response_rates import Dispositions
from surveys.models import ContactCap, Invitation

State, Reason = Invitation.State, Invitation.Reason
DATES_SHOWN = 3
LONGEST_SAME = 100
SHORTEST_PACE = 15  # seconds over which a speed is taken at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """People who wait for one cap, or for the rest they asked for, and the next days on which they are looked at."""

    reason: str
    cap: int | None
    label: str
    people: int
    dates: Sequence[tuple[date, int]]
    later: int  # people after those dates


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """People who are not asked for one reason; `query` finds them in the ledger."""

    reason: str
    label: str
    people: int
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the provider said, or something much like it, and of how many messages; `query` finds them in the ledger."""

    state: str
    label: str
    words: str
    people: int
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """People by what became of them; `states` lists (value, label, people), tests left out."""

    counted_at: datetime
    planned: int  # still to be asked for the first time
    ready: int  # messages that are due now
    asked: int
    delivered: int | None  # None: nobody reports deliveries
    opened: int
    clicked: int | None  # by people; None: nobody reports clicks
    machines: int  # whose message was fetched by machines alone
    answered: int
    complete: int
    partial: int
    going_on: int
    broken_off: int
    bounced: int  # hard: no such address
    came_back: int  # of the failed: taken by the provider, and then nobody was there
    per_minute: float | None  # None: nothing went out lately
    people: Dispositions
    states: list[tuple[str, str, int]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    deferrals: list[Deferral] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    other_failures: int = 0  # messages, of rarer words
    subjects: list[list[Any]] = field(
        default_factory=list
    )  # (subject, asked, answered) of two that are compared
    failed_to_send_again: int = 0  # of what a person may send again
    unknown_to_send_again: int = 0

    @property
    def to_ask(self) -> int:
        """Everybody who is or was to be asked."""
        return self.planned + self.asked

    @property
    def percent(self) -> int:
        return 100 * self.asked // self.to_ask if self.to_ask else 0

    @property
    def started(self) -> int:
        return self.complete + self.partial + self.going_on + self.broken_off

    @property
    def minutes_left(self) -> int | None:
        """Until everything that is due is sent, at the present speed; None when nothing moves or waits."""
        return ceil(self.ready / self.per_minute) if self.per_minute and self.ready else None

    def in_state(self, state: str) -> int:
        return next((people for value, _label, people in self.states if value == state), 0)

    @property
    def deferred(self) -> int:
        return self.in_state(State.DEFERRED)

    @property
    def unknown(self) -> int:
        return self.in_state(State.UNKNOWN)

    @property
    def failed(self) -> int:
        return self.in_state(State.FAILED)

    @property
    def refused(self) -> int:
        return self.failed - self.came_back


def standing_from(counts: Counts, *, at: datetime) -> Standing:
    """`at` is when it was counted. Names of caps take a query where any hold people back."""
    rows = [
        (state, reason, channel, dict(zip(COLUMNS, numbers, strict=True)))
        for state, reason, channel, *numbers in counts["rows"]
    ]

    def total(name: str, *, among: Iterable[str] | None = None, because: str | None = None) -> int:
        return sum(
            row[name]
            for state, reason, _channel, row in rows
            if (among is None or state in among) and because in {None, reason}
        )

    asked, complete, partial = total("asked"), counts["complete"], counts["partial"]
    bounced_rows = [row for state, reason, _channel, row in rows if is_bounced(state, reason)]
    refusal = counts["broken_off"] + counts["left"]
    reached = asked - sum(row["asked"] for row in bounced_rows)
    delivered = total("delivered")
    return Standing(
        counted_at=at,
        planned=total("people", among=Invitation.PENDING) - total("asked", among=Invitation.PENDING),
        ready=total("ready"),
        asked=asked,
        delivered=delivered or None,
        opened=total("opened"),
        clicked=total("clicked") or None,
        machines=total("machines"),
        answered=total("answered"),
        complete=complete,
        partial=partial,
        going_on=counts["going_on"],
        broken_off=counts["broken_off"],
        bounced=sum(row["people"] for row in bounced_rows),
        per_minute=pace(total("recent"), since=counts["since"], at=at),
        people=Dispositions(
            complete=complete,
            partial=partial,
            refusal=refusal,
            non_contact=max(0, reached - complete - partial - refusal),
            unknown=total("people", among={State.UNKNOWN}) - total("asked", among={State.UNKNOWN}),
        ),
        states=[
            (state.value, str(state.label), people)
            for state in State
            if (people := total("people", among={state}))
        ],
        left_out=left_out_of((*fate, row["people"]) for *fate, row in rows),
        deferrals=deferrals_of(counts["deferred"]),
        subjects=counts["subjects"],
        came_back=total("people", among={State.FAILED}, because=Reason.BOUNCED),
        failures=[failure_from(*each) for each in counts["failures"]],
        other_failures=counts["other_failures"],
        failed_to_send_again=counts["again"].get(State.FAILED, 0),
        unknown_to_send_again=counts["again"].get(State.UNKNOWN, 0),
    )


def failure_from(state: str, reason: str, words: str, same: str, people: int) -> Failure:
    """A reminder that was refused is told as such: its row stays *sent*."""
    found = Invitation(state=state, reason=reason, error=words, reminders_sent=int(state == State.SENT))
    query = {"state__exact": state}
    if reason:
        query["reason__exact"] = reason
    if same:
        query["error__startswith"] = same[:LONGEST_SAME]
    elif not words:
        query["error__exact"] = ""
    return Failure(
        state=state,
        label=capfirst(cause(found)) if state == State.SENT else found.state_in_words,
        words=words,
        people=people,
        query=urlencode(query),
    )


def is_bounced(state: str, reason: str) -> bool:
    """Whether the address was said not to exist after it was written to; before, it is among the excluded."""
    return state == State.FAILED or (reason == Reason.BOUNCED and state != State.EXCLUDED)


def pace(recent: int, *, since: str | None, at: datetime) -> float | None:
    """Messages a minute, since the first of the latest ones went out."""
    if not recent or since is None:
        return None
    return 60 * recent / max((at - datetime.fromisoformat(since)).total_seconds(), SHORTEST_PACE)


def left_out_of(rows: Iterable[tuple[str, str, str, int]]) -> list[LeftOut]:
    """Of those who are not asked at all, in the order of the reasons; by channel what is said of one."""
    people: Counter[tuple[str, str]] = Counter()
    for state, reason, channel, number in rows:
        if state in {State.EXCLUDED, State.CANCELLED} and reason:
            people[reason, channel_of_reason(reason, channel)] += number
    ordered = sorted(people.items(), key=lambda each: (Reason.values.index(each[0][0]), each[0][1]))
    return [
        LeftOut(
            reason=reason,
            label=reason_in_words(reason, channel),
            people=number,
            query=urlencode({"reason__exact": reason} | ({"channel__exact": channel} if channel else {})),
        )
        for (reason, channel), number in ordered
    ]


def deferrals_of(rows: Sequence[Sequence[object]]) -> list[Deferral]:
    days: dict[tuple[str, int | None], list[tuple[date, int]]] = {}
    for reason, cap, day, people in rows:
        key = (str(reason), cap if isinstance(cap, int) else None)
        days.setdefault(key, []).append((date.fromisoformat(str(day)), int(str(people))))
    caps = ContactCap.objects.in_bulk([cap for _reason, cap in days if cap]) if days else {}
    found = [
        Deferral(
            reason=reason,
            cap=cap,
            label=str(caps[cap]) if cap in caps else str(Reason(reason).label),
            people=sum(people for _day, people in each),
            dates=each[:DATES_SHOWN],
            later=sum(people for _day, people in each[DATES_SHOWN:]),
        )
        for (reason, cap), each in days.items()
    ]
    return sorted(found, key=lambda deferral: -deferral.people)
