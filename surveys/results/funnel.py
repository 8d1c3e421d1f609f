"""How far people came: invited, opened, started, finished. surveys/results/steps.py tells what lies between.

Answers that another tool took are left out and counted by themselves: of those nobody knows who broke off.

Complete, partial and break-off are told apart as AAPOR's Standard Definitions do (see surveys/answering/settling.py).
"""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from staff.access import within
from surveys.models import Invitation
from surveys.results.choosing import Chosen


@dataclass(frozen=True, kw_only=True)
class Funnel:
    invited: int  # whose invitation reached the mail server
    opened: int  # of them, and looks at open links
    complete: int
    partial: int
    going_on: int  # begun within the last day or so
    broken_off: int
    seconds: int | None  # median of those who finished
    imported: list[tuple[str, int]]  # source, answers

    @property
    def started(self) -> int:
        return self.complete + self.partial + self.going_on + self.broken_off

    @property
    def completion(self) -> float | None:
        """Complete ones in percent of those that were started and are not going on."""
        settled = self.complete + self.partial + self.broken_off
        return 100 * self.complete / settled if settled else None


def funnel_of(chosen: Chosen) -> Funnel:
    """In seven queries."""
    counted = (
        chosen.responses()
        .filter(source="")
        .aggregate(
            complete=Count("pk", filter=Q(is_complete=True)), partial=Count("pk", filter=Q(is_complete=False))
        )
    )
    begun = chosen.begun().aggregate(
        going_on=Count("pk", filter=Q(is_settled=False)), broken_off=Count("pk", filter=Q(is_settled=True))
    )
    invited, opened = invitations_of(chosen)
    return Funnel(
        invited=invited,
        opened=opened + looks_at_links(chosen),
        complete=counted["complete"],
        partial=counted["partial"],
        going_on=begun["going_on"],
        broken_off=begun["broken_off"],
        seconds=median_seconds(chosen),
        imported=imported_by_source(chosen),
    )


def imported_by_source(chosen: Chosen) -> list[tuple[str, int]]:
    by_source = chosen.responses().exclude(source="").order_by("source").values_list("source")
    return [(source, people) for source, people in by_source.annotate(Count("pk"))]


def invitations_of(chosen: Chosen) -> tuple[int, int]:
    invitations: QuerySet[Invitation] = Invitation.objects.asked().filter(
        chosen.period("sent_at"), wave__campaign__survey=chosen.survey, is_test=False
    )
    named = {"campaign": "wave__campaign", "channel": "channel", "language": "language"}
    for name, value in chosen.equal.items():
        invitations = invitations.filter(**{named[name]: value}) if name in named else invitations.none()
    if chosen.unit is not None:
        invitations = within(invitations, chosen.unit)
    counted = invitations.aggregate(invited=Count("pk"), opened=Count("opened_at"))
    return counted["invited"], counted["opened"]


def looks_at_links(chosen: Chosen) -> int:
    """How often open links were opened; they know no period, so with one chosen they are left out."""
    if chosen.since or chosen.until or chosen.unit or chosen.equal.keys() - {"link"}:
        return 0
    links = chosen.survey.links.all()
    if "link" in chosen.equal:
        links = links.filter(pk=chosen.equal["link"])
    return links.aggregate(opened=Sum("opened"))["opened"] or 0


def median_seconds(chosen: Chosen) -> int | None:
    taken = chosen.responses().filter(is_complete=True, seconds__isnull=False)
    n = taken.count()
    if not n:
        return None
    middle = taken.order_by("seconds").values_list("seconds", flat=True)[(n - 1) // 2 : n // 2 + 1]
    values = [seconds for seconds in middle if seconds is not None]
    return round(sum(values) / len(values))
