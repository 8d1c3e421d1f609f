"""What customers did, agreed to and are on, as conditions: the database agrees with plain Python."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.models import Consent, Customer, Segment, SegmentMember
from customers.segments import customers_matching
from journeys.models import Touchpoint
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.surveys import SurveyFactory, SurveyResponseFactory

SLUGS = ("checkout", "support")
days_ago = st.integers(0, 6)
slugs = st.sampled_from(SLUGS)


@dataclass(frozen=True)
class Deeds:
    purchases: list[tuple[int, str, int]]  # days ago, touchpoint, amount
    scores: list[tuple[int, str, int]]
    consent: str | None
    is_on_list: bool


deeds = st.builds(
    Deeds,
    st.lists(st.tuples(days_ago, slugs, st.integers(0, 9)), max_size=3),
    st.lists(st.tuples(days_ago, slugs, st.integers(0, 10)), max_size=3),
    st.sampled_from([None, "granted", "withdrawn"]),
    st.booleans(),
)
narrowings = st.fixed_dictionaries({}, optional={"touchpoint": slugs, "in_last_days": days_ago})


def counted(field: str, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    asked = st.fixed_dictionaries(
        {"field": st.just(field), "op": st.sampled_from(["at_least", "at_most"]), "value": numbers}
    )
    return st.builds(lambda rule, narrowed: rule | narrowed, asked, narrowings)


conditions = st.one_of(
    counted("times_bought", st.integers(0, 3)),
    counted("spent", st.integers(0, 20)),
    counted("surveys.times_answered", st.integers(0, 3)),
    counted("surveys.scored", st.integers(0, 10)),
    st.fixed_dictionaries(
        {
            "field": st.just("purchased"),
            "op": st.sampled_from(["in_last_days", "not_in_last_days"]),
            "value": days_ago,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("consent.survey.email"),
            "op": st.sampled_from(["is", "is_not"]),
            "value": st.sampled_from(["granted", "withdrawn", "not_asked"]),
        }
    ),
    st.fixed_dictionaries(
        {"field": st.just("segment"), "op": st.sampled_from(["is", "is_not"]), "value": st.just("")}
    ),
)
rules = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(lambda child: {"not": child}, inner),
        st.builds(lambda children: {"all": children}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda children: {"any": children}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=4,
)


def on_list(rule: Any, number: str) -> Any:
    """The rule with the number of the list, which is not known before there is one."""
    if "not" in rule:
        return {"not": on_list(rule["not"], number)}
    for match in ("all", "any"):
        if match in rule:
            return {match: [on_list(child, number) for child in rule[match]]}
    return rule | {"value": number} if rule["field"] == "segment" else rule


def holds(rule: Any, did: Deeds) -> bool:
    if "not" in rule:
        return not holds(rule["not"], did)
    if "all" in rule:
        return all(holds(child, did) for child in rule["all"])
    if "any" in rule:
        return any(holds(child, did) for child in rule["any"])
    return condition_holds(rule, did)


def condition_holds(rule: Any, did: Deeds) -> bool:
    op, value = rule["op"], rule["value"]

    def narrowed(rows: list[tuple[int, str, int]]) -> list[int]:
        return [
            number
            for ago, slug, number in rows
            if rule.get("touchpoint", slug) == slug and ago <= rule.get("in_last_days", ago)
        ]

    def compared(number: int) -> bool:
        return number >= value if op == "at_least" else number <= value

    has_bought = rule["field"] == "purchased" and any(ago <= value for ago, *_rest in did.purchases)
    return {
        "times_bought": lambda: compared(len(narrowed(did.purchases))),
        "spent": lambda: compared(sum(narrowed(did.purchases))),
        "surveys.times_answered": lambda: compared(len(narrowed(did.scores))),
        "surveys.scored": lambda: any(map(compared, narrowed(did.scores))),
        "purchased": lambda: has_bought == (op == "in_last_days"),
        "consent.survey.email": lambda: ((did.consent or "not_asked") == value) == (op == "is"),
        "segment": lambda: did.is_on_list == (op == "is"),
    }[rule["field"]]()


def live(did: Deeds, a_list: Segment, touchpoints: dict[str, Touchpoint]) -> Customer:
    customer = CustomerFactory()
    for ago, slug, amount in did.purchases:
        InteractionFactory(
            customer=customer, kind="purchase", amount=amount, at=NOON - timedelta(days=ago),
            touchpoint=touchpoints[slug],
        )  # fmt: skip
    for ago, slug, score in did.scores:
        SurveyResponseFactory(
            customer=customer, survey=SurveyFactory(),
            touchpoint=touchpoints[slug], score_kind="nps", score=score,
            submitted_at=NOON - timedelta(days=ago),
        )  # fmt: skip
    if did.consent:
        Consent.objects.create(
            customer=customer, purpose="survey", channel="email", state=did.consent, at=NOON
        )
    if did.is_on_list:
        SegmentMember.objects.create(segment=a_list, customer=customer, added_at=NOON)
    return customer


class TestDeeds(TestCase):
    @settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(rule=rules, people=st.lists(deeds, min_size=1, max_size=3))
    def test_the_database_agrees_with_plain_python(self, rule: Any, people: list[Deeds]) -> None:
        with transaction.atomic():
            a_list = SegmentFactory(kind="list")
            touchpoints = {slug: TouchpointFactory(slug=slug) for slug in SLUGS}
            customers = [live(did, a_list, touchpoints) for did in people]

            found = set(customers_matching(on_list(rule, str(a_list.pk)), at=NOON))
            transaction.set_rollback(True)

            assert found == {
                customer for customer, did in zip(customers, people, strict=True) if holds(rule, did)
            }
