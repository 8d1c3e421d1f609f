"""Segments for people: a rule in words, and why somebody is in a segment or not."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _

from customers.models import Customer, Segment
from customers.segments import RuleError
from customers.segments.activities import NARROWINGS, Activity
from customers.segments.rules import compile_node, compile_rule, field_named, membership
from events.dates import say_day

IN_THE_RULE = "…"
DATES = ("customer_since", "left_date")
COLUMNS = ("language", "country", "first_name", "last_name", "customer_since", "left_date")


class Wording:
    """Rules in words; the choices of each field are looked up once."""

    def __init__(self) -> None:
        self.choices: dict[str, dict[str, str]] = {}

    def of_segment(self, segment: Segment) -> str:
        if segment.kind == Segment.Kind.LIST:
            return _("A list, kept by hand")
        return self.of_rule(segment.rule)

    def of_rule(self, rule: Any) -> str:
        """“Language is Persian, and Purchased was in the last 90 days”; empty where it cannot be read."""
        if not rule:
            return _("Everybody")
        with suppress(RuleError, KeyError, TypeError, AttributeError):
            return self.of_node(rule, is_inner=False)
        return ""

    def of_node(self, rule: dict[str, Any], *, is_inner: bool = True) -> str:
        match rule:
            case {"not": child}:
                return _("not (%(rule)s)") % {"rule": self.of_node(child, is_inner=False)}
            case {"all": children}:
                return self.joined(children, _("%(before)s, and %(after)s"), is_inner=is_inner)
            case {"any": children}:
                return self.joined(children, _("%(before)s, or %(after)s"), is_inner=is_inner)
        return self.of_condition(rule)

    def joined(self, children: Sequence[dict[str, Any]], words: str, *, is_inner: bool) -> str:
        first, *others = (self.of_node(child) for child in children)
        for each in others:
            first = words % {"before": first, "after": each}
        return f"({first})" if is_inner and others else first

    def of_condition(self, rule: dict[str, Any]) -> str:
        known = field_named(rule["field"])
        op, value = known.operator_words(rule["op"]), self.value_of(known, rule.get("value"))
        if IN_THE_RULE in op:
            said = f"{known.label} {op.replace(IN_THE_RULE, value)}"
        else:
            said = f"{known.label} {op} {value}".rstrip()
        return said + "".join(self.narrowed(rule))

    def value_of(self, known: Activity, value: Any) -> str:
        if value is None:
            return ""
        if known.choices and known.name not in self.choices:
            self.choices[known.name] = dict(known.choices())
        named = self.choices.get(known.name, {}).get(str(value))
        return f"“{named}”" if named else str(value)

    def narrowed(self, rule: dict[str, Any]) -> Iterator[str]:
        at, days = (rule.get(name) for name in NARROWINGS)
        if at:
            yield _(" at “%(touchpoint)s”") % {
                "touchpoint": self.value_of(field_named("met_at"), at).strip("“”")
            }
        if days not in {None, ""}:
            yield _(" in the last %(days)s days") % {"days": days}


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a rule, and whether it holds for the customer; `actual` is what we know, where it is a fact of theirs."""

    words: str
    holds: bool
    actual: str = ""
    parts: list["Reason"] = field(default_factory=list)


def explain(*, segment: Segment, customer: Customer, at: datetime) -> Reason:
    """Why `customer` is in `segment` at `at`, or is not; every part of the rule is asked in one query. Raises RuleError."""
    wording = Wording()
    if segment.kind == Segment.Kind.LIST or not segment.rule:
        asked = [membership(segment, at=at)]
        return Reason(wording.of_segment(segment), answers(customer, asked)[0])
    compile_rule(segment.rule, at=at, within=(segment.pk,))
    nodes = list(nodes_of(segment.rule))
    asked = [compile_node(node, at=at, within=(segment.pk,)) for node in nodes]
    held = {id(node): holds for node, holds in zip(nodes, answers(customer, asked), strict=True)}

    def reason(node: dict[str, Any]) -> Reason:
        parts = [reason(child) for child in children_of(node)]
        if not parts:
            return Reason(wording.of_condition(node), held[id(node)], actual_of(customer, node))
        return Reason(name_of(node), held[id(node)], parts=parts)

    return reason(segment.rule)


def answers(customer: Customer, asked: Sequence[Q]) -> list[bool]:
    """Whether each condition holds for `customer`, in one query; none does for who is not there any more."""
    row = (
        Customer.objects.filter(pk=customer.pk)
        .values_list(*(Case(When(condition, then=Value(1)), default=Value(0)) for condition in asked))
        .first()
    )
    return [bool(each) for each in row] if row else [False] * len(asked)


def children_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    if "not" in node:
        return [node["not"]]
    children: list[dict[str, Any]] = node.get("all", node.get("any", []))
    return children


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in children_of(node):
        yield from nodes_of(child)


def name_of(node: dict[str, Any]) -> str:
    if "not" in node:
        return _("None of these holds")
    return _("All of these hold") if "all" in node else _("At least one of these holds")


def actual_of(customer: Customer, condition: dict[str, Any]) -> str:
    """What the customer's own data say about the field; empty where the rooms know and not the customer."""
    name = condition["field"]
    if name.startswith("attributes."):
        value = customer.attributes.get(name.removeprefix("attributes."))
        return _("not known") if value is None else str(value)
    if name not in COLUMNS:
        return ""
    value = getattr(customer, f"get_{name}_display", lambda: getattr(customer, name))()
    return say_day(value) if name in DATES and value else str(value or _("not known"))
