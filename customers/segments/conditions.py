"""Conditions on what every customer has: columns, addresses, consent and a unit; and the choices they offer."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Channel, Consent, Identity, Segment
from customers.segments.activities import Activity, Condition
from customers.segments.values import RuleError, days, text
from events.boundary import LONGEST_ID
from staff.models import Unit

NOT_ASKED = "not_asked"


def text_column(column: str) -> Condition:
    def condition(op: str, value: Any, at: datetime) -> Q:
        match op:
            case "is":
                return Q(**{f"{column}__iexact": text(value)})
            case "is_not":
                return ~Q(**{f"{column}__iexact": text(value)})
            case "contains":
                return Q(**{f"{column}__icontains": text(value)})
            case "is_set":
                return ~Q(**{column: ""})
            case _:
                return Q(**{column: ""})

    return condition


def in_country(op: str, value: Any, at: datetime) -> Q:
    """Codes stand in upper case: they are compared as they are, and not letter by letter in every row."""
    if op in {"is", "is_not"}:
        holds = Q(country=text(value).strip().upper())
        return holds if op == "is" else ~holds
    return text_column("country")(op, value, at)


def exactly_column(column: str) -> Condition:
    def condition(op: str, value: Any, at: datetime) -> Q:
        holds = Q(**{column: text(value)})
        return holds if op == "is" else ~holds

    return condition


def date_column(column: str) -> Condition:
    def condition(op: str, value: Any, at: datetime) -> Q:
        if op in {"is_set", "is_not_set"}:
            return Q(**{f"{column}__isnull": op == "is_not_set"})
        start = at.date() - timedelta(days=days(value))
        if op == "more_than_days_ago":
            return Q(**{f"{column}__isnull": False, f"{column}__lt": start})
        recent = Q(**{f"{column}__isnull": False, f"{column}__gte": start, f"{column}__lte": at.date()})
        return recent if op == "in_last_days" else ~recent

    return condition


def reachable_by(kind: str) -> Condition:
    def condition(op: str, value: Any, at: datetime) -> Q:
        holds = Q(Exists(Identity.objects.filter(customer=OuterRef("pk"), kind=kind)))
        return holds if op == "is_set" else ~holds

    return condition


def agreed(purpose: str, channel: str) -> Condition:
    def condition(op: str, value: Any, at: datetime) -> Q:
        consents = Consent.objects.filter(customer=OuterRef("pk"), purpose=purpose, channel=channel)
        state = text(value)
        if state not in dict(list_consent_states()):
            raise RuleError(_("“%(state)s” is no state of consent.") % {"state": state})
        holds = ~Q(Exists(consents)) if state == NOT_ASKED else Q(Exists(consents.filter(state=state)))
        return holds if op == "is" else ~holds

    return condition


def in_unit(op: str, value: Any, at: datetime) -> Q:
    """Belongs to the unit with the number `value`, or with "within" to any unit below it."""
    key = text(value)
    if not key.isdecimal() or len(key) > LONGEST_ID:
        raise RuleError(_("the number of a unit is needed."))
    units = Unit.objects.filter(pk=OuterRef("unit_id")).order_by()
    units = units.filter(path__contains=f"/{int(key)}/") if op == "within" else units.filter(pk=int(key))
    return ~Q(Exists(units)) if op == "is_not" else Q(Exists(units))


def consent_fields() -> tuple[Activity, ...]:
    return tuple(
        Activity(
            name=f"consent.{purpose.value}.{channel.value}",
            label=format_lazy(
                gettext_lazy("Consent: {purpose}, {channel}"), purpose=purpose.label, channel=channel.label
            ),
            operators=("is", "is_not"),
            value_kind="choice",
            choices=list_consent_states,
            condition=agreed(purpose, channel),
        )
        for purpose in Consent.Purpose
        for channel in Channel
    )


def list_languages() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in settings.LANGUAGES]


def list_consent_states() -> list[tuple[str, str]]:
    states = [(state.value, str(state.label)) for state in Consent.State]
    return [*states, (NOT_ASKED, str(_("Not asked")))]


def list_units() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Unit.objects.values_list("pk", "name")]


def list_segments() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")]
