"""Lists kept by hand, segments in segments, who uses them, and why somebody is in one."""

import pytest
from django.urls import reverse

from customers.merging.merges import merge, unmerge
from customers.models import Customer, Segment, SegmentMember
from customers.segments import RuleError, members
from customers.segments.belonging import segments_of
from customers.segments.lists import add_known, add_to_list, freeze_segment
from customers.segments.rules import MOST_NESTED, compile_rule
from customers.segments.uses import SegmentInUse, check_rule, delete_segment, parts_of
from customers.segments.words import Wording, explain
from staff.models import Unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db
PERSIAN = {"field": "language", "op": "is", "value": "fa"}


def inside(segment: Segment) -> dict[str, str]:
    return {"field": "segment", "op": "is", "value": str(segment.pk)}


def people_in(segment: Segment) -> set[Customer]:
    return set(members(segment=segment, at=NOON))


@pytest.fixture
def user():
    return UserFactory(roles=["Marketing"])


@pytest.fixture
def marketing(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def a_list():
    return SegmentFactory(name="Guests of the opening", kind="list")


def test_a_frozen_segment_stays_as_it_was(user, django_assert_max_num_queries):
    persians = SegmentFactory(name="Persians", rule=PERSIAN)
    first, second = CustomerFactory(language="fa"), CustomerFactory(language="fa")
    CustomerFactory(language="ru")

    with django_assert_max_num_queries(9):
        frozen = freeze_segment(segment=persians, by=user, at=NOON)
    again = freeze_segment(segment=persians, by=user, at=NOON)
    Customer.objects.filter(pk=first.pk).update(language="en")

    assert people_in(persians) == {second}
    assert people_in(frozen) == people_in(again) == {first, second}
    assert frozen.name != again.name


def test_people_are_put_on_a_list_by_whatever_they_are_known_by(user, a_list):
    ana = IdentityFactory(value="ana@mail.example").customer
    bo = IdentityFactory(kind="external", source="shop", value="B-7").customer
    twice = [IdentityFactory(kind="external", source=source, value="X-1") for source in ("shop", "till")]

    result = add_known(
        segment=a_list,
        text=" ANA@mail.example\nB-7; nobody@mail.example\n\nX-1\nana@mail.example",
        by=user,
        at=NOON,
    )

    assert people_in(a_list) == {ana, bo}
    assert (result.added, list(result.unknown)) == (2, ["nobody@mail.example", "X-1"])
    assert len(twice) == 2


def test_nobody_at_all_is_put_on_a_list_without_a_fuss(user, a_list):
    assert (
        add_to_list(segment=a_list, customers=Customer.objects.filter(pk__in=[]), by=user, at=NOON).added == 0
    )


def test_nobody_beyond_the_unit_is_put_on_a_list(a_list):
    here, there = Unit.objects.create(name="Here", path="/1/"), Unit.objects.create(name="There", path="/2/")
    IdentityFactory(value="ana@mail.example", customer__unit=there)

    result = add_known(segment=a_list, text="ana@mail.example", by=UserFactory(unit=here), at=NOON)

    assert list(result.unknown) == ["ana@mail.example"]
    assert not people_in(a_list)


def test_a_merge_carries_lists_and_its_undoing_gives_them_back(user, a_list):
    kept, merged = CustomerFactory(), CustomerFactory()
    both = SegmentFactory(kind="list")
    add_to_list(segment=a_list, customers=Customer.objects.filter(pk=merged.pk), by=user, at=NOON)
    add_to_list(segment=both, customers=Customer.objects.all(), by=user, at=NOON)
    before = set(SegmentMember.objects.values_list("segment", "customer"))

    done = merge(kept=kept, merged=merged, by=user, at=NOON)
    assert people_in(a_list) == people_in(both) == {kept}

    unmerge(merge=done, by=user, at=NOON)
    assert set(SegmentMember.objects.values_list("segment", "customer")) == before


def test_a_segment_may_be_part_of_another_in_one_query(a_list, user, django_assert_num_queries):
    persian, other = CustomerFactory(language="fa"), CustomerFactory(language="fa")
    add_to_list(segment=a_list, customers=Customer.objects.filter(pk=persian.pk), by=user, at=NOON)
    invited = SegmentFactory(rule={"all": [PERSIAN, inside(a_list)]})
    others = SegmentFactory(rule={"all": [PERSIAN, {"not": inside(invited)}]})

    found = members(segment=others, at=NOON)
    with django_assert_num_queries(1):
        assert list(found) == [other]
    assert segments_of(customer=persian, at=NOON) == sorted([a_list, invited], key=lambda each: each.name)


def test_a_segment_cannot_be_part_of_itself():
    first, second = SegmentFactory(name="First"), SegmentFactory(name="Second")
    second.rule = inside(first)
    second.save()

    with pytest.raises(RuleError, match=r"A segment cannot be part of itself: First → Second → First\."):
        compile_rule({"all": [PERSIAN, inside(second)]}, at=NOON, within=(first.pk,))


def one_in_the_other(how_many: int) -> list[Segment]:
    """The innermost first."""
    segments = [SegmentFactory(name="Number 1", rule=PERSIAN)]
    for n in range(2, how_many + 1):
        segments.append(SegmentFactory(name=f"Number {n}", rule=inside(segments[-1])))
    return segments


@pytest.mark.parametrize("writes_number", [str, int])
def test_what_goes_into_the_innermost_segment_is_not_too_much_for_the_outermost(writes_number):
    segments = one_in_the_other(MOST_NESTED)
    another = {"field": "segment", "op": "is", "value": writes_number(SegmentFactory(rule=PERSIAN).pk)}

    with pytest.raises(RuleError, match="4 times at most, and this one is part of “Number 4”"):
        check_rule(another, of=segments[0], at=NOON)
    with pytest.raises(RuleError, match="4 times at most"):
        check_rule(inside(segments[-1]), of=None, at=NOON)

    check_rule({"not": PERSIAN}, of=segments[0], at=NOON)
    check_rule(another, of=segments[1], at=NOON)


def test_a_segment_is_named_by_its_number_or_by_its_digits():
    inner = SegmentFactory(rule=PERSIAN)
    outer = SegmentFactory(rule={"all": [{"field": "segment", "op": "is", "value": inner.pk}]})

    assert parts_of(outer) == [inner, outer]
    with pytest.raises(SegmentInUse):
        delete_segment(segment=inner)


def test_the_builder_refuses_a_loop_and_keeps_what_was_typed(marketing):
    segment = SegmentFactory(name="Loyal")
    page = marketing.post(
        reverse("admin:customers_segment_change", args=[segment.pk]),
        {
            "name": "Loyal",
            "description": "typed",
            "rule": f'{{"all": [{{"field": "segment", "op": "is", "value": "{segment.pk}"}}]}}',
        },
    )

    assert "Loyal → Loyal" in page.content.decode()
    assert "typed" in page.content.decode()


def test_a_used_segment_stays_and_says_who_uses_it(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    segment = SegmentFactory(name="Loyal")
    CampaignFactory(segment=segment, name="Spring")
    SegmentFactory(name="Loyal Persians", rule={"all": [inside(segment), PERSIAN]})

    shown = client.get(reverse("admin:customers_segment_change", args=[segment.pk])).content.decode()
    client.post(reverse("admin:customers_segment_delete", args=[segment.pk]), {"post": "yes"})
    client.post(
        reverse("admin:customers_segment_changelist"),
        {"action": "delete_selected", "_selected_action": [segment.pk], "post": "yes"},
    )

    freeze = shown.index(reverse("admin:customers_segment_freeze", args=[segment.pk]))
    assert freeze < shown.index('id="segment_form"')  # a form within a form would end it
    assert "Spring" in shown
    assert "Loyal Persians" in shown
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_it_is_explained_part_by_part_in_one_query(django_assert_max_num_queries):
    customer = CustomerFactory(language="fa", attributes={"plan": "basic"})
    rule = {
        "all": [
            PERSIAN,
            {"not": {"field": "attributes.plan", "op": "is", "value": "gold"}},
            {"any": [PERSIAN]},
        ]
    }
    segment = SegmentFactory(rule={"all": [rule, {"field": "email", "op": "is_set"}]})

    with django_assert_max_num_queries(1):
        reason = explain(segment=segment, customer=customer, at=NOON)

    inner, email = reason.parts
    language, negated, _any = inner.parts
    assert (reason.holds, inner.holds, email.holds, negated.holds) == (False, True, False, True)
    assert (language.words, language.actual) == ("Language is “Persian”", "Persian")
    assert (negated.parts[0].holds, negated.parts[0].actual) == (False, "basic")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "Everybody"),
        (PERSIAN, "Language is “Persian”"),
        (
            {
                "all": [
                    PERSIAN,
                    {"any": [{"field": "email", "op": "is_set"}, {"field": "phone", "op": "is_set"}]},
                ]
            },
            "Language is “Persian”, and (E-mail address is known, or Phone number is known)",
        ),
        ({"field": "purchased", "op": "in_last_days", "value": 90}, "Purchased in the last 90 days"),
        (
            {"field": "times_bought", "op": "at_least", "value": 3, "in_last_days": 30},
            "Number of purchases is at least 3 in the last 30 days",
        ),
        ({"field": "shoe_size", "op": "is", "value": "44"}, ""),
    ],
)
def test_a_rule_in_words(rule, words):
    assert Wording().of_rule(rule) == words


def test_lists_are_kept_on_the_pages(marketing, a_list):
    ana = IdentityFactory(value="ana@mail.example").customer
    bo = CustomerFactory()
    marketing.post(
        reverse("admin:customers_segment_people", args=[a_list.pk]), {"people": "ana@mail.example"}
    )
    asked = marketing.post(
        reverse("admin:customers_customer_changelist"),
        {"action": "put_on_list", "_selected_action": [ana.pk, bo.pk]},
    )
    marketing.post(
        reverse("admin:customers_customer_changelist"),
        {"action": "put_on_list", "_selected_action": [ana.pk, bo.pk], "list": a_list.pk},
    )
    assert "2 customers are chosen" in asked.content.decode()
    assert people_in(a_list) == {ana, bo}

    marketing.post(reverse("admin:customers_segment_of", args=[bo.pk]), {"list": a_list.pk, "remove": "1"})
    shown = marketing.get(
        reverse("admin:customers_segmentmember_changelist"),
        {"segment__id__exact": a_list.pk, "q": "ana@mail"},
    )
    assert people_in(a_list) == {ana}
    assert [row.customer for row in shown.context["cl"].result_list] == [ana]

    marketing.post(
        reverse("admin:customers_segmentmember_changelist"),
        {"action": "take_off", "_selected_action": [SegmentMember.objects.get().pk]},
    )
    assert not people_in(a_list)


@pytest.mark.parametrize("text", ["", "\n ; ,", "\n".join(map(str, range(5_001)))])
def test_what_cannot_be_put_on_a_list_stays_in_the_form(marketing, a_list, text):
    page = marketing.post(reverse("admin:customers_segment_people", args=[a_list.pk]), {"people": text})

    assert page.status_code == 400
    assert "Write or paste 1 to 5000 lines." in page.content.decode()
