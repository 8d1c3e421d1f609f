"""How well the loop closes: the figures of a period, by team, by person and by root cause."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.segments import RuleError
from followups.models import RootCause
from insights.days import ONE_DAY, day_of
from insights.forms import LoopForm
from insights.loop.afterwards import Recoveries, Recovery, fates, recoveries
from insights.loop.causes import Cause, chart_of, pareto_of, way_to
from insights.loop.hours import ALL, Group, Hours, HoursOf, hours_taken
from insights.loop.legs import Desk, Scope, Tally, Window, first_opened, tallies
from insights.loop.words import figures_of, hours_words, left_of
from insights.patience import TookTooLong, at_most
from insights.periods import Period
from insights.scores import PATIENCE
from insights.shares import Share
from staff.access import limit_of
from staff.calendars import load_weeks
from staff.models import Team, User
from surveys.metrics import SHOWN_FROM


@dataclass(frozen=True)
class Part:
    """What happened to the legs of some desks, and how long they took."""

    tally: Tally
    acknowledgement: Hours
    contact: Hours
    resolution: Hours
    recovery: Recovery


@dataclass(frozen=True)
class Loop:
    """Everything that was read for a period."""

    window: Window
    tallies: Mapping[Desk, Tally]
    hours: Mapping[str, HoursOf]
    recoveries: Recoveries
    recovered: Mapping[Desk, Recovery]
    teams: Mapping[int, Team]

    @property
    def causes(self) -> dict[int | None, int]:
        """How many legs were resolved in the period, by root cause."""
        resolved = self.hours["resolved_at"].items()
        return {number: hours.n for (kind, number), hours in resolved if kind == "cause"}

    def whole(self) -> Part:
        return self.part(self.tallies, ALL)

    def part(self, desks: Iterable[Desk], group: Group) -> Part:
        desks = set(desks)
        return Part(
            sum((self.tallies[desk] for desk in desks), Tally()),
            self.hours["acknowledged"][group],
            self.hours["contacted_at"][group],
            self.hours["resolved_at"][group],
            sum((self.recovered[desk] for desk in desks if desk in self.recovered), Recovery()),
        )

    def parts(self, kind: Literal["team", "owner"]) -> dict[Any, Part]:
        groups: dict[int | None, list[Desk]] = defaultdict(list)
        for desk in self.tallies:
            groups[getattr(desk, kind)].append(desk)
        return {key: self.part(desks, (kind, key)) for key, desks in groups.items()}


@dataclass(frozen=True)
class Line:
    """A team or a person in a table; shares and hours of very few say more about chance than about them."""

    name: str
    url: str
    part: Part
    is_hidden: bool = False

    @property
    def shares(self) -> list[Share]:
        tally = self.part.tally
        return [
            Share(tally.contacted_in_time, tally.contact_due),
            Share(tally.resolved_in_time, tally.resolve_due),
            Share(tally.reopened, tally.resolved),
            self.part.recovery.shown,
        ]

    @property
    def hours(self) -> list[str]:
        return [hours_words(each.median) for each in (self.part.contact, self.part.resolution)]


def figures_for(user: User, form: LoopForm, *, at: datetime) -> dict[str, Any]:
    period = form.chosen_period()
    found: dict[str, Any] = {"period": period, "unit": limit_of(user), "shown_from": SHOWN_FROM}
    scope = Scope(user, at, form.chosen_segment())
    try:
        with at_most(PATIENCE):
            loop = read_loop(scope, period)
            whole = loop.whole()
            people, pareto = people_of(loop), causes_of(loop, within=form.chosen_cause())
            left = fates(scope, loop.window)
    except TookTooLong:
        return found | {"problem": _("Looking this up took too long. Choose a shorter period.")}
    except RuleError as error:
        return found | {"problem": _("This segment cannot be used: %(why)s") % {"why": error}}
    return found | {
        "figures": figures_of(
            whole.tally, whole.acknowledgement, whole.contact, whole.resolution, loop.recoveries
        ),
        "left": left_of(left),
        "is_empty": not loop.tallies,
        "teams": teams_of(loop),
        "people": people,
        "causes": pareto,
        "way": way_to(form.chosen_cause()),
        "charts": {"causes": chart_of(pareto)} if pareto else {},
    }


def read_loop(scope: Scope, period: Period) -> Loop:
    """A fixed number of queries, however many follow-ups there are."""
    window = Window.of(period, at=scope.at)
    counted = tallies(scope, window)
    teams = Team.objects.select_related("calendar").in_bulk()
    weeks = load_weeks({team.calendar for team in teams.values()})
    recovered = recoveries(scope, window)
    return Loop(
        window=window,
        tallies=counted,
        hours=hours_taken(
            scope,
            window,
            since=first_opened(counted),
            weeks={pk: weeks[team.calendar_id] for pk, team in teams.items()},
        ),
        recoveries=recovered,
        recovered=recovered.by(itemgetter(0)),
        teams=teams,
    )


def teams_of(loop: Loop) -> list[Line]:
    parts = loop.parts("team")
    return in_order(
        Line(
            loop.teams[pk].name,
            list_of(loop.window, part.tally.opened, "leg_opened_at", team__id__exact=pk),
            part,
        )
        for pk, part in parts.items()
    )


def people_of(loop: Loop) -> list[Line]:
    """Owners, and what has none."""
    parts = loop.parts("owner")
    users = User.objects.in_bulk([pk for pk in parts if pk])
    return in_order(
        Line(
            name=str(users.get(pk) or _("Unassigned")),
            url=list_of(
                loop.window,
                part.tally.opened,
                "leg_opened_at",
                **({"owner__id__exact": pk} if pk else {"owner__isnull": True}),
            ),
            part=part,
            is_hidden=part.tally.resolved < SHOWN_FROM,
        )
        for pk, part in parts.items()
    )


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Who had most to do first."""
    return sorted(lines, key=lambda line: (-line.part.tally.opened, line.name))


def causes_of(loop: Loop, *, within: RootCause | None) -> list[Cause]:
    return pareto_of(
        loop.causes,
        within=within,
        recovered=loop.recoveries.by(itemgetter(1)),
        list_of=lambda n, chosen: list_of(loop.window, n, "resolved_at", **chosen),
        improve=lambda cause: improvement_of(loop.window, cause),
    )


def list_of(window: Window, n: int, field: str, **chosen: Any) -> str:
    """The list of follow-ups, narrowed to those whose `field` lies in the period when there are any."""
    during = {f"{field}__gte": window.start.isoformat(), f"{field}__lt": window.end.isoformat()} if n else {}
    return f"{reverse('admin:followups_followup_changelist')}?{urlencode(chosen | during)}"


def improvement_of(window: Window, cause: int) -> str:
    """Where an improvement is made of what was resolved with `cause`, or with what stands below it, in the period."""
    first, last = day_of(window.start), day_of(window.end) - ONE_DAY
    asked = {"cause": cause, "since": first.isoformat(), "until": last.isoformat()}
    return f"{reverse('admin:followups_propose')}?{urlencode(asked)}"
