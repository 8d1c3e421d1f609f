"""How often Meridian Mobile may write to somebody, when not, and in whose name."""

from datetime import datetime, time

from customers.models import Channel
from staff.models import BusinessCalendar, Unit, User
from surveys.contact.policy import keep_cap, set_rules
from surveys.models import ContactCap, Sender, Survey

QUIET_FROM, QUIET_UNTIL = time(22), time(7)
APPROVAL_FROM = 3000
CAPS = (
    ContactCap(most=2, days=14),
    ContactCap(most=1, days=10, channel=Channel.SMS),
    ContactCap(most=2, days=60, survey_kind=Survey.Kind.RELATIONSHIP),
)


def agree_on_contact(*, by: User, at: datetime) -> None:
    """Caps, quiet hours, the office's holidays, and from how many on a second person agrees."""
    set_rules(
        by=by,
        at=at,
        quiet_from=QUIET_FROM,
        quiet_until=QUIET_UNTIL,
        calendar=BusinessCalendar.objects.get(),
        approval_from=APPROVAL_FROM,
    )
    for cap in CAPS:
        keep_cap(
            cap=ContactCap(most=cap.most, days=cap.days, survey_kind=cap.survey_kind, channel=cap.channel),
            by=by,
            at=at,
        )


def name_senders(*, domain: str) -> dict[str, Sender]:
    """The brand, and its support."""
    brand = Unit.objects.filter(kind=Unit.Kind.BRAND).first()
    return {
        "brand": Sender.objects.create(
            name="Meridian Mobile", address=f"hello@{domain}", sms_name="Meridian", unit=brand
        ),
        "support": Sender.objects.create(
            name="Meridian Support", address=f"care@{domain}", reply_to=f"help@{domain}", sms_name="Meridian",
            unit=brand,
        ),
    }  # fmt: skip
