"""Segments: a rule tree in JSON, compiled to one query.

    {"all": [RULE, …]}   every one holds          {"any": [RULE, …]}   at least one holds
    {"not": RULE}        it does not hold         {"field": F, "op": O, "value": V}   a condition

Fields are the customer's own columns, `attributes.NAME`, how they can be reached, what they agreed to, other segments,
and the activities that other rooms lend (settings.SEGMENT_ACTIVITIES). An empty rule is everybody. Some conditions are
narrowed by "touchpoint" and "in_last_days" beside the value. A segment may also be a list (customers/segment_lists.py).
"""

from calendar import isleap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Substr
from django.db.models.lookups import GreaterThanOrEqual, In, LessThan, LessThanOrEqual, Regex
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Channel, Consent, Customer, Identity, Segment, SegmentMember
from staff.models import Unit

MOST_LEVELS = 5
MOST_CONDITIONS = 50
MOST_SHOWN = 100  # segments on a customer's page
MOST_NESTED = 4  # segments in segments
NARROWINGS = ("touchpoint", "in_last_days")

Condition = Callable[..., Q]


class RuleError(ValueError):
    """A rule that cannot be understood; its words say where, as in “Condition 2.1: …”, and what to do."""

    def __init__(self, problem: str, *, place: tuple[int, ...] = ()) -> None:
        super().__init__(problem, place)
        self.problem, self.place = problem, place

    def __str__(self) -> str:
        if not self.place:
            return self.problem
        place = ".".join(map(str, self.place))
        return _("Condition %(place)s: %(problem)s") % {"place": place, "problem": self.problem}


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Where and since when something counts; empty where everything does."""

    touchpoint: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A condition a room lends: `condition(op, value, at)` gives a Q over customers.

    `value_kind` is "number", "text", "date", "days", "choice" or "none"; `choices` lists (value, label) lazily. One with
    `narrowings` may be narrowed by these: its condition takes a Narrowed as well. `words` are those of its operators
    that read otherwise than usual.
    """

    name: str
    label: str | Promise
    operators: tuple[str, ...]
    value_kind: str
    condition: Condition
    choices: Callable[[], list[tuple[str, str]]] | None = None
    narrowings: tuple[str, ...] = ()
    words: Mapping[str, Promise] = field(default_factory=dict)

    def operator_words(self, op: str) -> str:
        """How the operator reads after this field: “Purchased never”."""
        return str(self.words.get(op) or OPERATORS[op])


class IsNumber(Func):
    """True where a JSON attribute holds a number: only those are compared as numbers, on both databases alike."""

    output_field = BooleanField()

    def __init__(self, name: str) -> None:
        super().__init__(F("attributes"))
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"(JSON_TYPE({column}, %s) IN ('integer', 'real'))", [*params, f'$."{self.name}"']

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"(jsonb_typeof({column} -> %s) = 'number')", [*params, self.name]


OPERATORS: Mapping[str, Promise] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "is_set": gettext_lazy("is known"),
    "is_not_set": gettext_lazy("is not known"),
    "in_last_days": gettext_lazy("was in the last … days"),
    "not_in_last_days": gettext_lazy("was not in the last … days"),
    "more_than_days_ago": gettext_lazy("was more than … days ago"),
    "in_next_days_of_year": gettext_lazy("comes round in the next … days"),
    "within": gettext_lazy("is, or is part of,"),
}
OF_DEEDS: Mapping[str, Promise] = {
    "in_last_days": gettext_lazy("in the last … days"),
    "not_in_last_days": gettext_lazy("not in the last … days"),
    "is_set": gettext_lazy("at some time"),
    "is_not_set": gettext_lazy("never"),
}
OF_THINGS: Mapping[str, Promise] = {
    "is_set": gettext_lazy("there is one"),
    "is_not_set": gettext_lazy("there is none"),
}
TEXT = ("is", "is_not", "contains", "is_set", "is_not_set")
ATTRIBUTE_OPERATORS = (
    *("is", "is_not", "contains", "at_least", "at_most", "in_last_days", "not_in_last_days"),
    *("more_than_days_ago", "in_next_days_of_year", "is_set", "is_not_set"),
)
NOT_ASKED = "not_asked"
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"


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
    if not key.isdecimal() or len(key) > 18:  # noqa: PLR2004  fits a key
        raise RuleError(_("the number of a unit is needed."))
    units = Unit.objects.filter(pk=OuterRef("unit_id")).order_by()
    units = units.filter(path__contains=f"/{int(key)}/") if op == "within" else units.filter(pk=int(key))
    return ~Q(Exists(units)) if op == "is_not" else Q(Exists(units))


def attribute(name: str) -> Condition:
    key = f"attributes__{name}"
    # In every condition, so that none is NULL and "not" stays exact.
    is_known = Q(**{f"{key}__isnull": False})

    def condition(op: str, value: Any, at: datetime) -> Q:
        match op:
            case "is" | "is_not":
                same = Q(*(Q(**{key: each}) for each in spellings(value)), _connector=Q.OR)
                return is_known & same if op == "is" else ~(is_known & same)
            case "contains":
                return is_known & Q(**{f"{key}__icontains": text(value)})
            case "at_least" | "at_most":
                is_number = Q(IsNumber(name))
                compared = Q(**{f"{key}__{'gte' if op == 'at_least' else 'lte'}": number(value)})
                return is_known & is_number & compared
            case "in_last_days" | "more_than_days_ago" | "in_next_days_of_year":
                return is_known & dated_attribute(name, op, days(value), at.date())
            case "not_in_last_days":
                return ~(is_known & dated_attribute(name, "in_last_days", days(value), at.date()))
            case _:
                return is_known if op == "is_set" else ~is_known

    return condition


def dated_attribute(name: str, op: str, n: int, today: date) -> Q:
    """An attribute that begins with an ISO date, against the last `n` days, or the days of the year to come."""
    written = Coalesce(
        Cast(KeyTextTransform(name, "attributes"), TextField()), Value(""), output_field=TextField()
    )
    is_date = Q(Regex(written, Value(ISO_DATE)))
    day, first, last = Substr(written, 1, 10), Value(str(today - timedelta(days=n))), Value(str(today))
    match op:
        case "in_next_days_of_year":
            return is_date & Q(In(Substr(written, 6, 5), days_of_year(today, n)))
        case "more_than_days_ago":
            return is_date & Q(LessThan(day, first))
    return is_date & Q(GreaterThanOrEqual(day, first)) & Q(LessThanOrEqual(day, last))


def days_of_year(today: date, n: int) -> list[str]:
    """Month and day of today and the `n` days after it; who was born on 29 February has the 28th in other years."""
    coming = [today + timedelta(days=each) for each in range(min(n, 366) + 1)]
    has_leap_birthdays = any(f"{day:%m-%d}" == "02-28" and not isleap(day.year) for day in coming)
    return sorted({f"{day:%m-%d}" for day in coming} | ({"02-29"} if has_leap_birthdays else set()))


def spellings(value: Any) -> list[Any]:
    """The JSON values that people write as `value`: 30 is found whether it was stored as a number or as text."""
    written = str(value).lower() if isinstance(value, bool) else text(value)
    found: list[Any] = [written]
    if written in {"true", "false"}:
        found.append(written == "true")
    with suppress(RuleError):
        found.append(number(written))
    return found


def list_languages() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in settings.LANGUAGES]


def list_consent_states() -> list[tuple[str, str]]:
    states = [(state.value, str(state.label)) for state in Consent.State]
    return [*states, (NOT_ASKED, str(_("Not asked")))]


def list_units() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Unit.objects.values_list("pk", "name")]


def list_segments() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")]


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


def reads_alone(op: str, value: Any, at: datetime) -> Q:
    """Being in a segment that is in no other."""
    return in_segment(op, value, at=at, within=())


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


@cache
def fields() -> Mapping[str, Activity]:
    """Everything a condition may name, but for attributes, which are free."""
    lent: tuple[Activity, ...] = import_string(settings.SEGMENT_ACTIVITIES)
    return {field.name: field for field in (*own_fields(), *lent)}


def members(*, segment: Segment | None, at: datetime) -> QuerySet[Customer]:
    """The customers of `segment` at the moment `at`; everybody when there is no segment. One query."""
    return Customer.objects.filter(membership(segment, at=at) if segment else Q())


def membership(segment: Segment, *, at: datetime, within: tuple[int, ...] = ()) -> Q:
    """Being in `segment`, which stands in the rules of the segments `within`. Raises RuleError."""
    if segment.kind == Segment.Kind.LIST:
        return Q(Exists(SegmentMember.objects.filter(segment=segment, customer=OuterRef("pk")).order_by()))
    return compile_rule(segment.rule, at=at, within=(*within, segment.pk)) or ~Q(pk=None)


def segments_of(*, customer: Customer, at: datetime) -> list[Segment]:
    """The segments `customer` is in at `at`, in one query for all; those that cannot be understood are left out."""
    conditions: dict[str, Q] = {}
    segments = list(Segment.objects.order_by("name")[:MOST_SHOWN])
    for segment in segments:
        with suppress(RuleError):
            conditions[f"in_{segment.pk}"] = membership(segment, at=at)
    matches = Customer.objects.filter(pk=customer.pk).values_list(
        *(Case(When(condition, then=Value(1)), default=Value(0)) for condition in conditions.values())
    )
    found = dict(zip(conditions, matches.first() or (), strict=False)) if conditions else {}
    return [segment for segment in segments if found.get(f"in_{segment.pk}")]


def count_members(*, segment: Segment, at: datetime) -> int:
    return members(segment=segment, at=at).count()


def customers_matching(rule: Any, *, at: datetime) -> QuerySet[Customer]:
    """The customers for whom `rule` holds at `at`. Raises RuleError."""
    return Customer.objects.filter(compile_rule(rule, at=at))


def compile_rule(rule: Any, *, at: datetime, within: tuple[int, ...] = ()) -> Q:
    """One Q for the whole tree, which is the rule of the last segment `within`. Raises RuleError."""
    if rule in ({}, None):
        return Q()
    if count_conditions(rule, level=1) > MOST_CONDITIONS:
        raise RuleError(_("A segment can have %(most)s conditions at most.") % {"most": MOST_CONDITIONS})
    return compile_node(rule, at=at, within=within)


def segments_in(rule: Any) -> set[int]:
    """The numbers of the segments a rule names; none where it cannot be read."""
    match rule:
        case {"not": child}:
            return segments_in(child)
        case {"all": list(children)} | {"any": list(children)}:
            return set().union(*map(segments_in, children))
        case {"field": "segment", "value": str(number)} if number.isdecimal():
            return {int(number)}
    return set()


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


def in_segment(op: str, value: Any, *, at: datetime, within: tuple[int, ...]) -> Q:
    """Being in the segment with the number `value`. Raises RuleError for one that is part of itself."""
    if op not in {"is", "is_not"}:
        raise RuleError(_("“%(field)s” cannot be compared with “%(op)s”.") % {"field": "segment", "op": op})
    number = text(value)
    is_key = number.isdecimal() and len(number) < 19  # noqa: PLR2004  fits a key
    segment = Segment.objects.filter(pk=number).first() if is_key else None
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


def field_named(name: str) -> Activity:
    """What a condition on `name` means. Raises RuleError when there is no such field."""
    known = attribute_field(name) if name.startswith("attributes.") else fields().get(name)
    if known is None:
        raise RuleError(_("There is no field “%(field)s”.") % {"field": name})
    return known


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


def attribute_field(field: str) -> Activity:
    name = field.removeprefix("attributes.")
    if not name or "__" in name or '"' in name or "\x00" in name or len(name) > 60:  # noqa: PLR2004  names stay readable
        raise RuleError(_("“%(field)s” is not the name of an attribute.") % {"field": field})
    return Activity(
        name=field,
        label=name,
        operators=ATTRIBUTE_OPERATORS,
        value_kind="text",
        condition=attribute(name),
    )


def text(value: Any) -> str:
    if isinstance(value, int) and not abs(value) < 1e15:  # noqa: PLR2004  longer ones cannot be written out
        raise RuleError(_("a text is needed."))
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    if not is_text or not str(value).strip() or "\x00" in str(value):
        raise RuleError(_("a text is needed."))
    return str(value)


def number(value: Any) -> int | float:
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RuleError(_("a number is needed.")) from error
    if not abs(result) < 1e15:  # noqa: PLR2004  what both databases count exactly
        raise RuleError(_("a number is needed."))
    return int(result) if result.is_integer() else result


def days(value: Any) -> int:
    result = number(value)
    if not 0 <= result <= 36_500:  # noqa: PLR2004  a century
        raise RuleError(_("a number of days from 0 to 36,500 is needed."))
    return int(result)
