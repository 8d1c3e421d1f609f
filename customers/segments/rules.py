"""A rule as one Q: the fields its conditions may name, how they are joined, and segments within segments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Identity, Segment, SegmentMember
from customers.segments.activities import NARROWINGS, Activity, Narrowed
from customers.segments.attributes import attribute_field
from customers.segments.conditions import (
    consent_fields,
    date_column,
    exactly_column,
    in_country,
    in_unit,
    list_languages,
    list_segments,
    list_units,
    reachable_by,
    text_column,
)
from customers.segments.values import RuleError, days, text
from events.boundary import id_from

MOST_LEVELS = 5
MOST_CONDITIONS = 50
MOST_NESTED = 4  # segments in segments
TEXT = ("is", "is_not", "contains", "is_set", "is_not_set")


def own_fields() -> tuple[Activity, ...]:
    is_or_not, is_known = ("is", "is_not"), ("is_set", "is_not_set")
    on_days = ("in_last_days", "not_in_last_days", "more_than_days_ago", *is_known)
    return (
        Activity(name="language", label=gettext_lazy("Language"), operators=is_or_not, value_kind="choice",
                 condition=exactly_column("language"), choices=list_languages),
        Activity(name="country", label=gettext_lazy("Country"), operators=TEXT, value_kind="text",
                 condition=in_country),
        Activity(name="first_name", label=gettext_lazy("First name"), operators=TEXT, value_kind="text",
                 condition=text_column("first_name")),
        Activity(name="last_name", label=gettext_lazy("Last name"), operators=TEXT, value_kind="text",
                 condition=text_column("last_name")),
        Activity(name="customer_since", label=gettext_lazy("Became a customer"), operators=on_days,
                 value_kind="days", condition=date_column("customer_since")),
        Activity(name="left_date", label=gettext_lazy("Left as a customer"), operators=on_days,
                 value_kind="days", condition=date_column("left_date")),
        Activity(name="email", label=gettext_lazy("E-mail address"), operators=is_known, value_kind="none",
                 condition=reachable_by(Identity.Kind.EMAIL)),
        Activity(name="phone", label=gettext_lazy("Phone number"), operators=is_known, value_kind="none",
                 condition=reachable_by(Identity.Kind.PHONE)),
        Activity(name="card", label=gettext_lazy("Member card"), operators=is_known, value_kind="none",
                 condition=reachable_by(Identity.Kind.CARD)),
        Activity(name="unit", label=gettext_lazy("Unit"), operators=("within", *is_or_not), value_kind="choice",
                 condition=in_unit, choices=list_units),
        *consent_fields(),
        Activity(name="segment", label=gettext_lazy("Segment or list"), operators=is_or_not, value_kind="choice",
                 condition=reads_alone, choices=list_segments),
    )  # fmt: skip


def reads_alone(op: str, value: Any, at: datetime) -> Q:
    """Being in a segment that is in no other."""
    return in_segment(op, value, at=at, within=())


@cache
def fields() -> Mapping[str, Activity]:
    """Everything a condition may name, but for attributes, which are free."""
    lent: tuple[Activity, ...] = import_string(settings.SEGMENT_ACTIVITIES)
    return {field.name: field for field in (*own_fields(), *lent)}


def field_named(name: str) -> Activity:
    """What a condition on `name` means. Raises RuleError when there is no such field."""
    known = attribute_field(name) if name.startswith("attributes.") else fields().get(name)
    if known is None:
        raise RuleError(_("There is no field “%(field)s”.") % {"field": name})
    return known


def compile_rule(rule: Any, *, at: datetime, within: tuple[int, ...] = ()) -> Q:
    """One Q for the whole tree, which is the rule of the last segment `within`. Raises RuleError."""
    if rule in ({}, None):
        return Q()
    if count_conditions(rule, level=1) > MOST_CONDITIONS:
        raise RuleError(_("A segment can have %(most)s conditions at most.") % {"most": MOST_CONDITIONS})
    return compile_node(rule, at=at, within=within)


def count_conditions(rule: Any, *, level: int) -> int:
    if level > MOST_LEVELS:
        raise RuleError(_("A segment can be %(most)s levels deep at most.") % {"most": MOST_LEVELS})
    if not isinstance(rule, dict):
        raise RuleError(_("A rule must be an object with “all”, “any”, “not” or “field”."))
    if "not" in rule:
        return count_conditions(rule["not"], level=level + 1)
    children = rule.get("all", rule.get("any"))
    if children is None:
        return 1
    if not isinstance(children, list):
        raise RuleError(_("“all” and “any” take a list of rules."))
    return sum(count_conditions(child, level=level + 1) for child in children)


def compile_node(rule: dict[str, Any], *, at: datetime, within: tuple[int, ...]) -> Q:
    match rule:
        case {"not": child, **rest} if not rest:
            return ~compile_node(child, at=at, within=within)
        case {"all": children, **rest} if not rest:
            return combine(children, Q.AND, at=at, within=within)
        case {"any": children, **rest} if not rest:
            return combine(children, Q.OR, at=at, within=within)
        case {"field": "segment", "op": str(op), "value": value, **rest} if not rest:
            return in_segment(op, value, at=at, within=within)
        case {"field": str(), "op": str(), **rest} if not rest.keys() - {"value", *NARROWINGS}:
            return compile_condition(rule, at=at)
    raise RuleError(_("A rule must be an object with “all”, “any”, “not” or “field”."))


def combine(children: list[dict[str, Any]], connector: str, *, at: datetime, within: tuple[int, ...]) -> Q:
    parts = [placed(n, child, at=at, within=within) for n, child in enumerate(children, start=1)]
    return Q(*parts, _connector=connector)


def placed(n: int, rule: dict[str, Any], *, at: datetime, within: tuple[int, ...]) -> Q:
    """What `rule` means; an error in it says that it stands at number `n`."""
    try:
        return compile_node(rule, at=at, within=within)
    except RuleError as error:
        raise RuleError(error.problem, place=(n, *error.place)) from error


def compile_condition(rule: dict[str, Any], *, at: datetime) -> Q:
    field, op, value = rule["field"], rule["op"], rule.get("value")
    known = field_named(field)
    if op not in known.operators:
        raise RuleError(_("“%(field)s” cannot be compared with “%(op)s”.") % {"field": field, "op": op})
    if refused := [name for name in NARROWINGS if name in rule and name not in known.narrowings]:
        raise RuleError(
            _("“%(field)s” cannot be narrowed by “%(name)s”.") % {"field": field, "name": refused[0]}
        )
    try:
        if known.narrowings:
            return known.condition(op, value, at, narrowed_by(rule, at=at))
        return known.condition(op, value, at)
    except RuleError as error:
        raise RuleError(f"{known.label}: {error}") from error


def narrowed_by(rule: dict[str, Any], *, at: datetime) -> Narrowed:
    touchpoint = text(rule["touchpoint"]) if rule.get("touchpoint") else ""
    last = rule.get("in_last_days")
    return Narrowed(
        touchpoint=touchpoint, since=None if last in {None, ""} else at - timedelta(days=days(last))
    )


def in_segment(op: str, value: Any, *, at: datetime, within: tuple[int, ...]) -> Q:
    """Being in the segment with the number `value`. Raises RuleError for one that is part of itself."""
    if op not in {"is", "is_not"}:
        raise RuleError(_("“%(field)s” cannot be compared with “%(op)s”.") % {"field": "segment", "op": op})
    number = id_from(text(value))
    segment = Segment.objects.filter(pk=number).first() if number else None
    if segment is None:
        raise RuleError(_("There is no such segment."))
    if segment.pk in within:
        loop = [*within[within.index(segment.pk) :], segment.pk]
        names = Segment.objects.in_bulk(loop)
        raise RuleError(
            _("A segment cannot be part of itself: %(loop)s.")
            % {"loop": " → ".join(str(names[pk]) for pk in loop)}
        )
    if len(within) >= MOST_NESTED:
        raise RuleError(
            _("Segments can be part of each other %(most)s times at most.") % {"most": MOST_NESTED}
        )
    try:
        holds = membership(segment, at=at, within=within)
    except RuleError as error:
        if error.place:
            raise RuleError(
                _("“%(segment)s”: %(problem)s") % {"segment": segment, "problem": error}
            ) from error
        raise
    return holds if op == "is" else ~holds


def membership(segment: Segment, *, at: datetime, within: tuple[int, ...] = ()) -> Q:
    """Being in `segment`, which stands in the rules of the segments `within`. Raises RuleError."""
    if segment.kind == Segment.Kind.LIST:
        return Q(Exists(SegmentMember.objects.filter(segment=segment, customer=OuterRef("pk")).order_by()))
    return compile_rule(segment.rule, at=at, within=(*within, segment.pk)) or ~Q(pk=None)


def segments_in(rule: Any) -> set[int]:
    """The numbers of the segments a rule names; none where it cannot be read."""
    match rule:
        case {"not": child}:
            return segments_in(child)
        case {"all": list(children)} | {"any": list(children)}:
            return set().union(*map(segments_in, children))
        case {"field": "segment", "value": str(number) | int(number)} if key := id_from(str(number)):
            return {key}
    return set()
