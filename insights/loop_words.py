"""What stands on the page about the loop: each figure with what it counts, of how many, and how sure it is."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from events.dates import say_moment
from insights.hours import Hours
from insights.legs import MOST_TIMED, Tally
from insights.words import NOTHING, interval_words, number_words, value_words
from surveys.metrics import wilson_interval


@dataclass(frozen=True)
class Share:
    """`hits` of `n`; of none there is no share."""

    hits: int
    n: int

    @property
    def percent(self) -> float | None:
        return 100 * self.hits / self.n if self.n else None

    @property
    def words(self) -> str:
        return value_words(self.percent, unit="percent")

    @property
    def of(self) -> str:
        """“42 of 50”."""
        return _("%(hits)s of %(n)s") % {"hits": number_words(self.hits), "n": number_words(self.n)}

    @property
    def interval(self) -> str:
        return interval_words(wilson_interval(self.hits, self.n), unit="percent")


@dataclass(frozen=True)
class Figure:
    """`lines` say of how many, and what is still open."""

    id: str
    label: str
    value: str
    lines: list[str]
    definition: str
    interval: str = ""


def figures_of(tally: Tally, contact: Hours, resolution: Hours) -> list[Figure]:
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
            "hours_to_contact",
            _("Time to first contact"),
            contact,
            counted=tally.contacted,
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
            counted=tally.resolved,
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


def share_figure(name: str, label: str, share: Share, definition: str) -> Figure:
    return Figure(name, label, share.words, [share.of], definition, share.interval)


def hours_figure(
    name: str, label: str, hours: Hours, *, counted: int, is_open: str, definition: str
) -> Figure:
    lines = [
        _("Median of %(n)s; nine of ten took at most %(hours)s")
        % {"n": number_words(hours.n), "hours": hours_words(hours.p90)}
    ]
    if counted > hours.n >= MOST_TIMED:
        lines.append(_("A sample: the newest %(n)s") % {"n": number_words(hours.n)})
    return Figure(name, label, hours_words(hours.median), [*lines, is_open], definition)


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
