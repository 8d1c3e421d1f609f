from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from events.models import Event
from loyalty import posting
from loyalty.accrual import Earning, earn_points_for_all
from loyalty.ledger import (
    MOST_POINTS,
    AlreadyReversed,
    NoteMissing,
    NotReversible,
    PointsAlreadySpent,
    PointsOutOfRange,
    RewardNotOffered,
    SourceTaken,
    adjust_points,
    earn_points,
    enrol,
    redeem_points,
    redeem_reward,
    reverse_entry,
)
from loyalty.models import Account, Entry
from loyalty.posting import NotEnoughPoints
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory, RewardFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


IS_POSTGRESQL = connection.vendor == "postgresql"
WAYS = ("one statement", "step by step") if IS_POSTGRESQL else ("step by step",)


@pytest.fixture(autouse=True, params=WAYS)
def way(request, monkeypatch):
    """PostgreSQL has a faster way of its own: both give the same."""
    if request.param == "step by step":
        monkeypatch.setattr(posting, "write_at_once", posting.write_step_by_step)
    return request.param


def state_of(account):
    account.refresh_from_db()
    posted = account.entries.aggregate(sum=Sum("points"))["sum"] or 0
    assert account.balance == posted
    return account.balance, account.entries.count(), Event.objects.filter(type=posting.POSTED).count()


def test_points_are_earned_and_spent():
    account = AccountFactory()

    earned = earn_points(account=account, points=120, source="order:1", at=NOON)
    spent = redeem_points(account=account, points=50, source="order:2", at=LATER, note="Coffee")

    assert state_of(account) == (70, 2, 2)
    stored = Entry.objects.get(pk=spent.pk)
    assert (stored.kind, stored.points, stored.source, stored.note, stored.at) == (
        "redeemed",
        -50,
        "order:2",
        "Coffee",
        LATER,
    )
    assert Event.objects.filter(subject=earned.pk).values_list("type", "at", "payload").get() == (
        "loyalty.entry_posted",
        NOON,
        {"customer": account.customer_id, "points": 120, "kind": "earned"},
    )


def test_a_repeat_returns_the_first_and_changes_nothing():
    account = AccountFactory()
    first = earn_points(account=account, points=120, source="order:1", at=NOON)

    assert earn_points(account=account, points=999, source="order:1", at=LATER) == first
    assert state_of(account) == (120, 1, 1)


def test_a_repeat_of_what_emptied_the_account_is_no_lack_of_points():
    account = AccountFactory(balance=50)
    first = redeem_points(account=account, points=50, source="basket:1", at=NOON)

    assert redeem_points(account=account, points=50, source="basket:1", at=LATER) == first
    assert state_of(account) == (0, 2, 1)


def test_nobody_spends_what_they_do_not_have():
    account = AccountFactory(balance=49)

    with pytest.raises(NotEnoughPoints):
        redeem_points(account=account, points=50, source="basket:1", at=NOON)
    with pytest.raises(NotEnoughPoints):
        adjust_points(account=account, points=-50, source="desk:1", note="Wrong", at=NOON)
    assert state_of(account) == (49, 1, 0)


@pytest.mark.parametrize("points", [0, -1, MOST_POINTS + 1, 1.0, True, "5"])
def test_points_are_whole_and_within_limits(points):
    account = AccountFactory(balance=10)

    for post in (earn_points, redeem_points):
        with pytest.raises(PointsOutOfRange):
            post(account=account, points=points, source="order:1", at=NOON)
    assert state_of(account) == (10, 1, 0)


@pytest.mark.parametrize("points", [0, MOST_POINTS + 1, -MOST_POINTS - 1])
def test_an_adjustment_has_limits_and_says_why(points):
    account = AccountFactory()

    with pytest.raises(PointsOutOfRange):
        adjust_points(account=account, points=points, source="desk:1", note="Wrong", at=NOON)
    with pytest.raises(NoteMissing):
        adjust_points(account=account, points=5, source="desk:1", note="  ", at=NOON)
    assert state_of(account) == (0, 0, 0)


def test_the_largest_points_fit():
    account = AccountFactory()

    earn_points(account=account, points=MOST_POINTS, source="order:1", at=NOON)
    adjust_points(account=account, points=-MOST_POINTS, source="desk:1", note="Test", at=NOON)

    assert state_of(account) == (0, 2, 2)


def test_a_reward_costs_its_points():
    account = AccountFactory(balance=150)
    reward = RewardFactory(program=account.program, points=100)

    entry = redeem_reward(account=account, reward=reward, source="desk:1", at=NOON)

    assert (entry.reward, entry.points) == (reward, -100)
    assert list(reward.redemptions.all()) == [entry]
    with pytest.raises(NotEnoughPoints):
        redeem_reward(account=account, reward=reward, source="desk:2", at=NOON)
    assert state_of(account) == (50, 2, 1)


def test_a_reward_of_yesterday_or_of_another_program_is_not_given():
    account = AccountFactory(balance=150)
    for reward in (RewardFactory(program=account.program, is_active=False), RewardFactory()):
        with pytest.raises(RewardNotOffered):
            redeem_reward(account=account, reward=reward, source="desk:1", at=NOON)
    assert state_of(account) == (150, 1, 0)


def test_a_reversal_is_exact_and_once():
    account = AccountFactory(balance=80)
    spent = redeem_points(account=account, points=80, source="basket:1", at=NOON)

    reversal = reverse_entry(entry=spent, source="desk:1", at=LATER, note="Out of stock")

    assert (reversal.kind, reversal.points, reversal.reverses) == ("reversed", 80, spent)
    assert reverse_entry(entry=spent, source="desk:1", at=LATER) == reversal
    with pytest.raises(AlreadyReversed):
        reverse_entry(entry=spent, source="desk:2", at=LATER)
    assert state_of(account) == (80, 3, 2)


def test_earned_points_are_taken_back_only_while_they_are_there():
    account = AccountFactory()
    earned = earn_points(account=account, points=80, source="order:1", at=NOON)
    spent = redeem_points(account=account, points=1, source="basket:1", at=NOON)

    with pytest.raises(PointsAlreadySpent):
        reverse_entry(entry=earned, source="desk:1", at=LATER)
    assert state_of(account) == (79, 2, 2)

    reverse_entry(entry=spent, source="desk:2", at=LATER)
    reverse_entry(entry=earned, source="desk:1", at=LATER)
    with pytest.raises(AlreadyReversed):
        reverse_entry(entry=earned, source="desk:3", at=LATER)
    assert state_of(account) == (0, 4, 4)


def test_what_cannot_be_reversed():
    account = AccountFactory()
    first, second = (earn_points(account=account, points=10, source=f"order:{n}", at=NOON) for n in (1, 2))
    reversal = reverse_entry(entry=first, source="desk:1", at=LATER)

    with pytest.raises(NotReversible):
        reverse_entry(entry=reversal, source="desk:2", at=LATER)
    with pytest.raises(SourceTaken):
        reverse_entry(entry=second, source="desk:1", at=LATER)
    assert state_of(account) == (10, 3, 3)


def test_who_is_a_member_is_not_enrolled_again():
    program, customer = ProgramFactory(), CustomerFactory()

    account = enrol(program=program, customer=customer, at=NOON)

    assert enrol(program=program, customer=customer, at=LATER) == account
    assert Account.objects.get().joined_at == NOON


@pytest.mark.parametrize("change", ["update", "delete", "raw"])
def test_the_database_refuses_to_change_the_past(change):
    account = AccountFactory(balance=10)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        match change:
            case "update":
                account.entries.update(points=1000)
            case "delete":
                account.entries.all()._raw_delete("default")
            case "raw":
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE loyalty_entry SET source = 'x'")
    assert state_of(account)[:2] == (10, 1)


def test_the_database_refuses_a_balance_below_zero():
    account = AccountFactory(balance=10)

    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(balance=-1)


def test_posting_takes_few_round_trips(django_assert_num_queries, way):
    account = AccountFactory()
    with django_assert_num_queries(
        3 if way == "one statement" else 5
    ):  # two of them open and end the transaction
        earn_points(account=account, points=120, source="order:1", at=NOON)


def test_many_earn_at_once():
    program = ProgramFactory()
    lejla, amar = AccountFactory(program=program), AccountFactory(program=program, balance=5)
    stranger = CustomerFactory()
    earn_points(account=lejla, points=7, source="order:1", at=NOON)
    rows = [
        Earning(customer=lejla.customer_id, points=7, source="order:1", at=NOON),
        Earning(customer=lejla.customer_id, points=8, source="order:2", at=LATER),
        Earning(customer=amar.customer_id, points=9, source="order:3", at=NOON),
        Earning(customer=amar.customer_id, points=9, source="order:3", at=NOON),
        Earning(customer=lejla.customer_id, points=2, source="order:3", at=NOON),
        Earning(customer=stranger.pk, points=9, source="order:4", at=NOON),
    ]

    assert earn_points_for_all(program=program, rows=rows) == 3
    assert earn_points_for_all(program=program, rows=rows) == 0

    assert state_of(lejla) == (17, 3, 4)
    assert state_of(amar) == (14, 2, 4)
    assert list(
        Event.objects.filter(type=posting.POSTED).order_by("pk").values_list("at", "payload__points")
    ) == [(NOON, 7), (LATER, 8), (NOON, 9), (NOON, 2)]


def test_many_earn_all_or_none():
    account = AccountFactory()
    rows = [Earning(customer=account.customer_id, points=n, source=f"order:{n}", at=NOON) for n in (1, 0)]

    with pytest.raises(PointsOutOfRange):
        earn_points_for_all(program=account.program, rows=rows)
    assert state_of(account) == (0, 0, 0)


def test_many_need_as_many_queries_as_one(django_assert_num_queries):
    program = ProgramFactory()
    accounts = AccountFactory.create_batch(30, program=program)
    for wanted in (accounts[:1], accounts):
        rows = [
            Earning(customer=account.customer_id, points=5, source=f"order:{len(wanted)}", at=NOON)
            for account in wanted
        ]
        with django_assert_num_queries(6 if IS_POSTGRESQL else 5):
            earn_points_for_all(program=program, rows=rows)
