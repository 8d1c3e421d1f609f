"""What the contact policy does, told by examples of today."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import number_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.dates import say_date
from staff.models import Holiday
from surveys.contact.clock import Hours, is_quiet
from surveys.models import ContactCap, ContactRules

LATE = time(22)


def examples_of(rules: ContactRules, caps: list[ContactCap], *, at: datetime) -> Iterator[str]:
    """Sentences about what would happen to somebody; one that says so where nothing is set."""
    if not caps:
        yield _("There is no cap: somebody in five campaigns is asked five times.")
    for cap in caps:
        yield example_of_cap(cap, at=at)
    yield from examples_of_hours(rules, at=at)
    if rules.approval_from is not None:
        yield _("A campaign to %(people)s people or more goes out when a second person has agreed.") % {
            "people": number_format(rules.approval_from, force_grouping=True)
        }
    yield _(
        "Whoever has to wait is asked later by itself, until the campaign's end; nobody is dropped for a cap."
    )


def example_of_cap(cap: ContactCap, *, at: datetime) -> str:
    free = timezone.localtime(at + timedelta(days=cap.days)).date()
    sentence = ngettext(
        "%(cap)s: whoever gets a message today is asked again from %(day)s on.",
        "%(cap)s: whoever gets the last of %(most)s messages today is asked again when the first of them is"
        " %(days)s days old, at the latest on %(day)s.",
        cap.most,
    )
    return sentence % {"cap": cap, "most": cap.most, "days": cap.days, "day": say_date(free)}


def examples_of_hours(rules: ContactRules, *, at: datetime) -> Iterator[str]:
    hours = Hours(quiet_from=rules.quiet_from, quiet_until=rules.quiet_until)
    if rules.quiet_from is not None and rules.quiet_until is not None:
        moment = LATE if is_quiet(LATE, hours) else rules.quiet_from
        yield _("A message due at %(late)s waits until %(early)s, by the customer's own clock.") % {
            "late": time_format(moment),
            "early": time_format(rules.quiet_until),
        }
    holiday = (
        Holiday.objects.whole_days()
        .filter(calendar=rules.calendar_id, date__gt=at.astimezone(UTC).date())
        .order_by("date")
        .first()
        if rules.calendar_id
        else None
    )
    if holiday:
        yield _("On %(day)s (%(name)s) nobody is written to.") % {
            "day": say_date(holiday.date),
            "name": holiday.name,
        }
