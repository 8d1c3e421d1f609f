from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from loyalty.checking import check_ledger
from loyalty.ledger import earn_points, redeem_points, reverse_entry
from loyalty.models import Account
from staff.models import Notification
from tests.conftest import NOON
from tests.factories.loyalty import AccountFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


def test_a_ledger_in_order_tells_nobody(django_assert_num_queries):
    UserFactory(roles=["Administrators"])
    AccountFactory()
    account = AccountFactory(balance=10)
    earn_points(account=account, points=5, source="order:1", at=NOON)
    reverse_entry(
        entry=redeem_points(account=account, points=15, source="order:2", at=NOON), source="desk:1", at=NOON
    )

    with django_assert_num_queries(1):
        assert check_ledger(at=NOON) == []
    assert Notification.objects.count() == 0


def test_a_wrong_balance_is_told_to_administrators_once_a_day():
    boss, _agent = UserFactory(roles=["Administrators"], language="en"), UserFactory(roles=["Loyalty"])
    UserFactory(roles=["Administrators"], is_active=False)
    AccountFactory(balance=10)
    wrong, empty = AccountFactory(balance=20), AccountFactory()
    Account.objects.filter(pk=wrong.pk).update(balance=19)
    Account.objects.filter(pk=empty.pk).update(balance=1)

    assert [(each.pk, each.balance, each.posted) for each in check_ledger(at=NOON)] == [
        (wrong.pk, 19, 20),
        (empty.pk, 1, 0),
    ]
    check_ledger(at=NOON)

    notification = Notification.objects.get()
    assert notification.user == boss
    assert notification.title == "2 accounts have a balance that their entries do not explain"
    assert notification.url == f"/admin/loyalty/account/{wrong.pk}/change/"


def test_the_command_fails_when_a_balance_is_wrong():
    account = AccountFactory(balance=20)
    out, err = StringIO(), StringIO()
    call_command("check_ledger", stdout=out)
    assert "Every balance is the sum of its entries." in out.getvalue()

    Account.objects.filter(pk=account.pk).update(balance=21)
    with pytest.raises(CommandError, match="1 wrong"):
        call_command("check_ledger", stderr=err)
    assert f"Account {account.pk}: balance 21, entries 20" in err.getvalue()
