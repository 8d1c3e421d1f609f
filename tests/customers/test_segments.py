from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import Consent, Customer
from customers.segments import RuleError, customers_matching
from customers.segments.rules import compile_rule
from staff.models import Unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db


def condition(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def names(rule: Any) -> list[str]:
    return sorted(customers_matching(rule, at=NOON).values_list("first_name", flat=True))


@pytest.fixture
def people():
    ana = CustomerFactory(
        first_name="Ana", language="bs", attributes={"plan": "Gold", "months": 30},
        customer_since=NOON.date() - timedelta(days=10),
    )  # fmt: skip
    CustomerFactory(first_name="Bo", language="fa", attributes={"plan": "basic", "months": "30"})
    CustomerFactory(
        first_name="Cy", language="en", attributes={}, customer_since=NOON.date() - timedelta(days=900)
    )
    IdentityFactory(customer=ana)
    Consent.objects.create(customer=ana, purpose="survey", channel="email", state="withdrawn", at=NOON)


@pytest.fixture
def more_people(people):
    """Somebody who renewed two days ago and was born next week, and units: 7 with 8 in it."""
    renewed, old, next_week = (NOON.date() + timedelta(days=n) for n in (-2, -300, 6))
    CustomerFactory(
        first_name="Di", attributes={"renewal": f"{renewed}T09:00", "born": f"1960-{next_week:%m-%d}"}
    )
    brand = Unit.objects.create(pk=7, name="Brand", kind="brand", path="/7/")
    shop = Unit.objects.create(pk=8, name="Shop", kind="location", parent=brand, path="/7/8/")
    bo, cy = Customer.objects.get(first_name="Bo"), Customer.objects.get(first_name="Cy")
    Customer.objects.filter(pk=bo.pk).update(unit=brand, attributes={"renewal": str(old)})
    Customer.objects.filter(pk=cy.pk).update(unit=shop)
    IdentityFactory(customer=cy, kind="card", value="4711")
    Consent.objects.create(customer=bo, purpose="marketing", channel="sms", state="granted", at=NOON)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, ["Ana", "Bo", "Cy"]),
        (condition("language", "is", "fa"), ["Bo"]),
        (condition("language", "is_not", "fa"), ["Ana", "Cy"]),
        (condition("first_name", "contains", "a"), ["Ana"]),
        (condition("attributes.plan", "is", "Gold"), ["Ana"]),
        (condition("attributes.plan", "is_not", "Gold"), ["Bo", "Cy"]),
        (condition("attributes.plan", "contains", "BAS"), ["Bo"]),
        (condition("attributes.months", "at_least", 30), ["Ana"]),
        (condition("attributes.months", "at_most", 29), []),
        (condition("attributes.months", "is_set"), ["Ana", "Bo"]),
        (condition("attributes.months", "is_not_set"), ["Cy"]),
        (condition("customer_since", "in_last_days", 30), ["Ana"]),
        (condition("customer_since", "not_in_last_days", 30), ["Bo", "Cy"]),
        (condition("email", "is_set"), ["Ana"]),
        (condition("consent.survey.email", "is", "withdrawn"), ["Ana"]),
        ({"not": condition("consent.survey.email", "is", "withdrawn")}, ["Bo", "Cy"]),
        (
            {"all": [condition("language", "is_not", "en"), condition("attributes.plan", "is_set")]},
            ["Ana", "Bo"],
        ),
        ({"any": [condition("language", "is", "en"), condition("email", "is_set")]}, ["Ana", "Cy"]),
    ],
)
def test_a_rule_finds_exactly_these(people, rule, found):
    assert names(rule) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (condition("customer_since", "more_than_days_ago", 365), ["Cy"]),
        (condition("attributes.renewal", "in_last_days", 7), ["Di"]),
        (condition("attributes.renewal", "not_in_last_days", 7), ["Ana", "Bo", "Cy"]),
        (condition("attributes.renewal", "more_than_days_ago", 7), ["Bo"]),
        (condition("attributes.born", "in_next_days_of_year", 7), ["Di"]),
        (condition("attributes.plan", "in_last_days", 7), []),
        (condition("unit", "is", "7"), ["Bo"]),
        (condition("unit", "within", "7"), ["Bo", "Cy"]),
        (condition("unit", "is_not", "7"), ["Ana", "Cy", "Di"]),
        (condition("card", "is_set"), ["Cy"]),
        (condition("consent.survey.email", "is", "not_asked"), ["Bo", "Cy", "Di"]),
        (condition("consent.marketing.sms", "is", "granted"), ["Bo"]),
    ],
)
def test_dates_units_cards_and_consent_find_exactly_these(more_people, rule, found):
    assert names(rule) == found


def test_a_segment_is_one_query(people, django_assert_num_queries):
    rule = {"all": [condition("email", "is_set"), {"not": condition("language", "is", "fa")}]}
    with django_assert_num_queries(1):
        assert customers_matching(rule, at=NOON).count() == 1


deep: Any = condition("language", "is", "en")
for _ in range(40):
    deep = {"not": deep}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (deep, "A segment can be 5 levels deep at most."),
        ({"all": [condition("language", "is", "en")] * 51}, "A segment can have 50 conditions at most."),
        (condition("shoe_size", "is", "44"), "There is no field “shoe_size”."),
        (condition("language", "at_least", "en"), "“language” cannot be compared with “at_least”."),
        (condition("attributes.months", "at_least", "many"), "months: a number is needed."),
        (condition("attributes.months", "at_least", 1e300), "months: a number is needed."),
        (condition("first_name", "is", "a\x00b"), "First name: a text is needed."),
        (condition("attributes.a__b", "is_set"), "“attributes.a__b” is not the name of an attribute."),
        (
            {"all": [condition("email", "is_set"), {"any": [condition("shoe_size", "is", "44")]}]},
            "Condition 2.1: There is no field “shoe_size”.",
        ),
        (condition("attributes.months", "at_least", 10**400), "months: a number is needed."),
        (condition("attributes.months", "is", 10**400), "months: a text is needed."),
        (condition("unit", "is", "here"), "Unit: the number of a unit is needed."),
        (
            condition("consent.survey.email", "is", "maybe"),
            "Consent: Surveys, E-mail: “maybe” is no state of consent.",
        ),
        ([], "A rule must be an object with “all”, “any”, “not” or “field”."),
        ({"all": "x"}, "“all” and “any” take a list of rules."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(rule, words):
    with pytest.raises(RuleError) as refusal:
        compile_rule(rule, at=NOON)
    assert str(refusal.value) == words


dates = st.integers(-3, 6).map(lambda n: str(NOON.date() - timedelta(days=n)))
values = st.one_of(st.integers(0, 3), st.sampled_from(["0", "2", "x", "X"]))
conditions = st.one_of(
    st.builds(
        condition,
        st.sampled_from(["attributes.a", "attributes.b"]),
        st.sampled_from(["is", "is_not"]),
        values,
    ),
    st.builds(
        condition, st.just("attributes.a"), st.sampled_from(["at_least", "at_most"]), st.integers(0, 3)
    ),
    st.builds(condition, st.just("attributes.b"), st.sampled_from(["is_set", "is_not_set"])),
    st.builds(
        condition,
        st.just("attributes.c"),
        st.sampled_from(["in_last_days", "not_in_last_days", "more_than_days_ago"]),
        st.integers(0, 5),
    ),
    st.builds(
        condition, st.just("language"), st.sampled_from(["is", "is_not"]), st.sampled_from(["en", "fa"])
    ),
)
rules = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(lambda child: {"not": child}, inner),
        st.builds(lambda children: {"all": children}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda children: {"any": children}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
).filter(lambda rule: depth(rule) <= 5)


def depth(rule: Any) -> int:
    children = [rule["not"]] if "not" in rule else rule.get("all", rule.get("any", []))
    return 1 + max((depth(child) for child in children), default=0)


def holds(rule: Any, customer: Customer) -> bool:
    """The same rule, read slowly in plain Python."""
    if "not" in rule:
        return not holds(rule["not"], customer)
    if "all" in rule:
        return all(holds(child, customer) for child in rule["all"])
    if "any" in rule:
        return any(holds(child, customer) for child in rule["any"])
    value = rule["value"]
    if rule["field"] == "language":
        return (customer.language == value) == (rule["op"] == "is")
    actual = customer.attributes.get(rule["field"].removeprefix("attributes."))
    is_number = isinstance(actual, int)
    days_ago = (NOON.date() - date.fromisoformat(actual)).days if "-" in str(actual) else None
    was_recent = days_ago is not None and 0 <= days_ago <= int(value or 0)
    return {
        "is": lambda: actual is not None and str(actual) == str(value),
        "is_not": lambda: actual is None or str(actual) != str(value),
        "at_least": lambda: is_number and actual >= value,
        "at_most": lambda: is_number and actual <= value,
        "in_last_days": lambda: was_recent,
        "not_in_last_days": lambda: not was_recent,
        "more_than_days_ago": lambda: days_ago is not None and days_ago > value,
        "is_set": lambda: actual is not None,
        "is_not_set": lambda: actual is None,
    }[rule["op"]]()


@settings(deadline=None)
@given(
    rule=rules,
    attributes=st.lists(
        st.fixed_dictionaries({}, optional={"a": values, "b": values, "c": dates | values}),
        min_size=1,
        max_size=6,
    ),
)
def test_the_database_agrees_with_plain_python(rule, attributes):
    customers = [
        CustomerFactory(attributes=these, language="fa" if n % 2 else "en")
        for n, these in enumerate(attributes)
    ]

    found = set(customers_matching(rule, at=NOON).filter(pk__in=[c.pk for c in customers]))

    assert found == {customer for customer in customers if holds(rule, customer)}
