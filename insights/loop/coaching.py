"""How one person's calls went, for them and for who leads them: what customers said afterwards, praise first.

It compares nobody with anybody; beside each figure stands the person's own of the period before.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from events.lookups import Among
from followups.models import FollowUpStep, Message
from insights.comments import WRITTEN, Comment, comment_from
from insights.forms import CoachingForm
from insights.loop.afterwards import Contact, next_responses
from insights.loop.hours import ALL, Hours, hours_taken
from insights.loop.legs import EARLIER, Scope, Tally, Window, first_opened, tallies
from insights.loop.words import Figure, hours_words
from insights.patience import TookTooLong, at_most
from insights.periods import Period
from insights.privacy import is_few
from insights.scores import PATIENCE
from insights.shares import Share
from insights.words import NOTHING, number_words
from staff.access import limit_of
from staff.calendars import load_weeks
from staff.models import Team, User
from surveys.metrics import SHOWN_FROM, band_of
from surveys.models import SurveyResponse

SHOWN = 8  # comments of a kind
MOST_CALLS = 50_000  # of one person, the newest
BANDS = ("good", "middle", "bad")
Kind = FollowUpStep.Kind


@dataclass(frozen=True)
class Work:
    """What a person's calls and follow-ups of a period came to."""

    called: int
    bands: Counter[str]
    responses: list[int]
    tally: Tally
    contact: Hours
    resolution: Hours

    @property
    def happier(self) -> Share:
        """Whose next score was not an unhappy one, of those who scored again."""
        n = self.bands.total()
        return Share(n - self.bands["bad"], n)

    @property
    def stayed(self) -> Share:
        return Share(self.tally.resolved - self.tally.reopened, self.tally.resolved)


@dataclass(frozen=True)
class Voices:
    """Comments of customers who felt alike."""

    title: str
    comments: list[Comment]


def coached_by(user: User) -> QuerySet[User]:
    """Whose page `user` may read: their own, and those of the teams they lead or manage."""
    teams = Team.objects.filter(Q(lead=user) | Q(manager=user)).values("pk")
    theirs = User.objects.filter(Q(pk=user.pk) | Q(teams__in=teams) | Q(led_teams__in=teams), is_active=True)
    return theirs.distinct().order_by("first_name", "last_name", "pk")


def coaching_for(user: User, form: CoachingForm, *, at: datetime) -> dict[str, Any]:
    """A fixed number of queries, however much the person did."""
    period = form.chosen_period()
    person = form.chosen_person() or user
    found = {"period": period, "person": person, "is_me": person == user, "shown_from": SHOWN_FROM}
    found["unit"] = limit_of(user)
    try:
        with at_most(PATIENCE):
            now = work_of(person, period, by=user, at=at)
            before = work_of(person, period.before, by=user, at=at)
            may_read = user.has_perm("surveys.view_surveyresponse")
            voices = voices_of(now.responses) if may_read else []
    except TookTooLong:
        return found | {"problem": _("Looking this up took too long. Choose a shorter period.")}
    is_empty = not now.called and now.tally == Tally()
    return found | {"is_empty": is_empty, "figures": figures_of(now, before), "voices": voices}


def work_of(person: User, period: Period, *, by: User, at: datetime) -> Work:
    """Of the customers whom `by` may see."""
    window, scope = Window.of(period, at=at), Scope(by, at, owner=person)
    contacts, called = calls_of(person, window, by=by, at=at)
    following = next_responses(contacts, since=window.start)
    counted = tallies(scope, window)
    hours = hours_taken(scope, window, since=first_opened(counted), weeks=weeks_of_teams())
    return Work(
        called=called,
        bands=Counter(band_of(contact.kind, score) for contact, (_pk, score) in following.items()),
        responses=[pk for pk, _score in following.values()],
        tally=sum(counted.values(), Tally()),
        contact=hours["contacted_at"][ALL],
        resolution=hours["resolved_at"][ALL],
    )


def calls_of(person: User, window: Window, *, by: User, at: datetime) -> tuple[list[Contact], int]:
    """The first contact with each customer that `person` wrote down, and with how many customers."""
    steps = FollowUpStep.objects.filter(
        is_contact(),
        window.during("at"),
        author=person,
        follow_up__customer__isnull=False,
    )
    rows = (
        Scope(by, at)
        .of(steps, way=EARLIER)
        .order_by("-at")
        .values_list(
            "follow_up__customer",
            "follow_up__survey_response__score_kind",
            "at",
        )[:MOST_CALLS]
    )
    first: dict[tuple[int, str], Contact] = {}
    for customer, kind, called_at in rows:
        first[customer, kind or ""] = Contact(customer, kind or "", called_at)
    return [contact for contact in first.values() if contact.kind], len({pk for pk, _kind in first})


def is_contact() -> Q:
    """Steps by which somebody got in touch; a reply that did not arrive was none."""
    arrived = Message.objects.outgoing().exclude(state__in=Message.LOST)
    of_reply = arrived.filter(follow_up=OuterRef("follow_up"), at=OuterRef("at")).order_by()
    return Q(kind__in=(Kind.CONTACT, Kind.REACHED)) | Q(Exists(of_reply), kind=Kind.REPLIED)


def weeks_of_teams() -> dict[int, Any]:
    teams = list(Team.objects.select_related("calendar"))
    weeks = load_weeks({team.calendar for team in teams})
    return {team.pk: weeks[team.calendar_id] for team in teams}


def figures_of(now: Work, before: Work) -> list[Figure]:
    return [
        number_figure(
            "called",
            _("Customers called"),
            now.called,
            before.called,
            _("Customers with whom a contact was written down in the period; each counts once."),
        ),
        share_figure(
            "happier",
            _("Happier afterwards"),
            now.happier,
            before.happier,
            _(
                "Of these customers who scored again since on the same scale, the share whose next score "
                "was not an unhappy one."
            ),
        ),
        number_figure(
            "resolved",
            _("Resolved"),
            now.tally.resolved,
            before.tally.resolved,
            _("Follow-ups resolved in the period that are theirs today."),
        ),
        share_figure(
            "stayed",
            _("Stayed resolved"),
            now.stayed,
            before.stayed,
            _("Of those resolved in the period, the share that was not opened again by now."),
        ),
        hours_figure(
            "hours_to_contact",
            _("Time to first contact"),
            now.contact,
            before.contact,
            _(
                "Business hours of the team from the opening to a person’s first contact, "
                "of those first contacted in the period: the median."
            ),
        ),
        hours_figure(
            "hours_to_resolution",
            _("Time to resolution"),
            now.resolution,
            before.resolution,
            _(
                "Business hours of the team from the opening to the resolution, without those spent waiting for "
                "the customer, of those resolved in the period: the median."
            ),
        ),
    ]


def number_figure(name: str, label: str, now: int, before: int, definition: str) -> Figure:
    return Figure(name, label, number_words(now), [before_words(number_words(before))], definition)


def share_figure(name: str, label: str, now: Share, before: Share, definition: str) -> Figure:
    of = few_words() if is_few(now.n) else now.of
    return Figure(name, label, share_words(now), [of, before_words(share_words(before))], definition)


def hours_figure(name: str, label: str, now: Hours, before: Hours, definition: str) -> Figure:
    of = few_words() if is_few(now.n) else _("Median of %(n)s") % {"n": number_words(now.n)}
    return Figure(name, label, median_words(now), [of, before_words(median_words(before))], definition)


def share_words(share: Share) -> str:
    return NOTHING if is_few(share.n) else share.words


def median_words(hours: Hours) -> str:
    return NOTHING if is_few(hours.n) else hours_words(hours.median)


def before_words(figure: str) -> str:
    return _("The period before: %(figure)s") % {"figure": figure}


def few_words() -> str:
    return _("fewer than %(n)s: too few to tell") % {"n": SHOWN_FROM}


def voices_of(responses: Iterable[int]) -> list[Voices]:
    """What customers wrote with their next score, the happiest first; two queries."""
    written = SurveyResponse.objects.filter(Among("pk", responses), has_comment=True)
    rows = written.select_related("customer", "touchpoint", "survey").prefetch_related(WRITTEN)
    by_band: dict[str, list[Comment]] = {band: [] for band in BANDS}
    for response in rows.order_by("-submitted_at", "-pk")[: SHOWN * 25]:
        if response.score is not None:
            by_band[band_of(response.score_kind, response.score)].append(comment_from(response))
    titles = dict(
        zip(BANDS, (_("Praise"), _("Getting there"), _("Still unhappy: worth another call")), strict=True)
    )
    return [Voices(titles[band], comments[:SHOWN]) for band, comments in by_band.items() if comments]
