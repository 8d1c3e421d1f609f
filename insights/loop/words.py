"""What stands on the page about the loop: each figure with what it counts, of how many, and how sure it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from events.dates import say_moment
from insights.days import day_of
from insights.loop.afterwards import Fates, Recoveries
from insights.loop.hours import Hours
from insights.loop.legs import Tally
from insights.privacy import is_few
from insights.shares import Share
from insights.words import NOTHING, number_words


@dataclass(frozen=True)
class Figure:
    """`lines` say of how many, and what is still open."""

    id: str
    label: str
    value: str
    lines: list[str]
    definition: str
    interval: str = ""


def figures_of(
    tally: Tally, acknowledgement: Hours, contact: Hours, resolution: Hours, recoveries: Recoveries
) -> list[Figure]:
    return [
        Figure(
            "opened",
            _("Opened"),
            number_words(tally.opened),
            [],
            _("Follow-ups opened in the period; one that is opened again counts again."),
        ),
        share_figure(
            "contacted_in_time",
            _("Contacted in time"),
            Share(tally.contacted_in_time, tally.contact_due),
            _(
                "Of those whose first contact was due in the period and by now, the share contacted by then; "
                "who was never contacted was not in time, even when resolved."
            ),
        ),
        share_figure(
            "resolved_in_time",
            _("Resolved in time"),
            Share(tally.resolved_in_time, tally.resolve_due),
            _(
                "Of those whose resolution was due in the period and by now, the share resolved by then; "
                "what waits for the customer is not due."
            ),
        ),
        hours_figure(
            "hours_to_acknowledgement",
            _("Time to first acknowledgement"),
            acknowledgement,
            is_open=open_words(_("Not acknowledged yet"), tally.unacknowledged, tally.oldest_unacknowledged),
            definition=_(
                "Business hours of the team from the opening to the first sign that we heard them, an automatic "
                "message or a person’s contact, of those first acknowledged in the period."
            ),
        ),
        hours_figure(
            "hours_to_contact",
            _("Time to first contact"),
            contact,
            is_open=open_words(_("Not contacted yet"), tally.uncontacted, tally.oldest_uncontacted),
            definition=_(
                "Business hours of the team from the opening to a person’s first contact, "
                "of those first contacted in the period."
            ),
        ),
        hours_figure(
            "hours_to_resolution",
            _("Time to resolution"),
            resolution,
            is_open=open_words(_("Not resolved yet"), tally.unresolved, tally.oldest_unresolved),
            definition=_(
                "Business hours of the team from the opening to the resolution, without those spent waiting for "
                "the customer, of those resolved in the period."
            ),
        ),
        share_figure(
            "reopened",
            _("Opened again"),
            Share(tally.reopened, tally.resolved),
            _("Of those resolved in the period, the share opened again by now."),
        ),
        share_figure(
            "recovered",
            _("Recovered"),
            recoveries.total.share,
            _(
                "Of the unhappy customers first contacted in the period who scored again since on the same scale, "
                "the share whose next score was not an unhappy one."
            ),
            _("Not scored again yet: %(n)s") % {"n": number_words(recoveries.total.silent)},
        ),
        Figure(
            "escalated",
            _("Escalated to the lead"),
            number_words(tally.escalated),
            [],
            _(
                "Follow-ups of which the team’s lead, or its members where it has none, learned in the period "
                "that they were overdue; each counts once."
            ),
        ),
    ]


def share_figure(name: str, label: str, share: Share, definition: str, *lines: str) -> Figure:
    return Figure(name, label, share.words, [share.of, *lines], definition, share.interval)


def hours_figure(name: str, label: str, hours: Hours, *, is_open: str, definition: str) -> Figure:
    line = _("Median of %(n)s; nine of ten took at most %(hours)s") % {
        "n": number_words(hours.n),
        "hours": hours_words(hours.p90),
    }
    return Figure(name, label, hours_words(hours.median), [line, is_open], definition)


def open_words(label: str, n: int, oldest: datetime | None) -> str:
    """“Not contacted yet: 5, the oldest since 3 March 2026, 14:05”."""
    words = {"label": label, "n": number_words(n)}
    if oldest is None:
        return _("%(label)s: %(n)s") % words
    return _("%(label)s: %(n)s, the oldest since %(when)s") % (words | {"when": say_moment(oldest)})


def hours_words(hours: float | None) -> str:
    """“3.5 h”."""
    if hours is None:
        return NOTHING
    return _("%(hours)s h") % {"hours": number_words(hours, unit="score")}


ONE_MOMENT = timedelta(microseconds=1)  # a window ends before its end


@dataclass(frozen=True)
class LeftLine:
    """A group of customers, and how many of them left; of very few nothing is told."""

    label: str
    share: Share

    @property
    def is_hidden(self) -> bool:
        return is_few(self.share.n)


@dataclass(frozen=True)
class Left:
    """The table of who left within 90 days, and whom it is about."""

    lines: list[LeftLine]
    start: date
    end: date
    has_leavers: bool
    has_control: bool


def left_of(found: Fates) -> Left:
    labels = {"in_time": _("Called in time"), "late": _("Called late"), "never": _("Never called")}
    labels["control"] = _("Left out by chance")
    lines = [
        LeftLine(labels[way], share) for way, share in found.shares.items() if share.n or way != "control"
    ]
    return Left(
        lines=lines,
        start=day_of(found.window.start),
        end=day_of(found.window.end - ONE_MOMENT),
        has_control=found.shares["control"].n > 0,
        has_leavers=any(line.share.hits for line in lines),
    )
