import pytest

from loyalty.models import Account, Entry
from tests.factories.customers import CustomerFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory, RewardFactory

pytestmark = pytest.mark.django_db


def post(api, account: Account, step: str, **given):
    return api.post(f"/api/v1/accounts/{account.pk}/{step}/", given)


def balance(account: Account) -> int:
    return Account.objects.get(pk=account.pk).balance


def test_a_program_enrols_a_member_credits_takes_adjusts_and_reverses(api):
    customer, program = CustomerFactory(), ProgramFactory()
    enrolled = {"program": program.pk, "customer": customer.pk}

    made = api.post("/api/v1/accounts/", enrolled)
    assert (made.status_code, made.json()["balance"]) == (201, 0)
    assert api.post("/api/v1/accounts/", enrolled).json() == made.json()
    account = Account.objects.get()
    reward = RewardFactory(program=program, points=30)

    earned = post(api, account, "earn", points=100, source="order-1").json()
    post(api, account, "redeem", points=10, source="till-1")
    post(api, account, "redeem", reward=reward.pk, source="till-2")
    post(api, account, "adjust", points=-5, source="desk-1", note="Counted twice.")
    assert (earned["kind"], earned["points"], earned["source"]) == ("earned", 100, "api:order-1")
    assert balance(account) == 55

    taken = Entry.objects.get(source="api:till-2")
    undone = api.post(f"/api/v1/entries/{taken.pk}/reverse/", {"source": "return-1"})
    assert (undone.status_code, undone.json()["points"], undone.json()["reverses"]) == (201, 30, taken.pk)
    assert balance(account) == 85


def test_the_same_source_moves_points_once(api):
    account = AccountFactory()

    first, again = (post(api, account, "earn", points=100, source="order-1") for _ in range(2))

    assert first.json()["id"] == again.json()["id"]
    assert balance(account) == 100


def test_what_is_not_there_is_not_taken(api):
    account = AccountFactory(balance=5)

    page = post(api, account, "redeem", points=6, source="till-1")

    assert (page.status_code, page.json()["code"]) == (409, "not_enough_points")
    assert (balance(account), Entry.objects.filter(kind="redeemed").count()) == (5, 0)


def test_an_entry_is_reversed_once_and_a_reversal_never(api):
    account = AccountFactory(balance=5)
    entry = Entry.objects.get()
    address = "/api/v1/entries/{}/reverse/"
    reversal = api.post(address.format(entry.pk), {"source": "a"}).json()

    twice = api.post(address.format(entry.pk), {"source": "b"})
    back = api.post(address.format(reversal["id"]), {"source": "c"})

    assert (twice.status_code, twice.json()["code"]) == (409, "already_reversed")
    assert (back.status_code, back.json()["code"]) == (409, "not_reversible")
    assert balance(account) == 0


def test_a_reward_of_another_program_is_not_given(api):
    account = AccountFactory(balance=500)

    page = post(api, account, "redeem", reward=RewardFactory().pk, source="till-1")

    assert (page.status_code, page.json()["code"]) == (409, "reward_not_offered")
    assert balance(account) == 500


@pytest.mark.parametrize(
    ("step", "given", "field"),
    [
        ("earn", {"points": 0, "source": "a"}, "points"),
        ("earn", {"points": -1, "source": "a"}, "points"),
        ("earn", {"points": 1.5, "source": "a"}, "points"),
        ("earn", {"points": 10**10, "source": "a"}, "points"),
        ("earn", {"points": 1}, "source"),
        ("earn", {"points": 1, "source": "a", "balance": 10**6}, "balance"),
        ("redeem", {"source": "a"}, "points"),
        ("redeem", {"source": "a", "reward": 10**9}, "reward"),
        ("adjust", {"points": 1, "source": "a"}, "note"),
        ("adjust", {"points": 1, "source": "a", "note": " "}, "note"),
        ("adjust", {"points": 0, "source": "a", "note": "x"}, "points"),
    ],
)
def test_a_wrong_field_is_named_and_moves_nothing(api, step, given, field):
    account = AccountFactory(balance=50)

    page = post(api, account, step, **given)

    assert (page.status_code, list(page.json()["errors"])) == (400, [field])
    assert (balance(account), Entry.objects.count()) == (50, 1)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_ledger_is_not_edited(api, method):
    AccountFactory(balance=50)
    entry = Entry.objects.get()

    assert getattr(api, method)(f"/api/v1/entries/{entry.pk}/", {"points": 1}).status_code == 405
    assert Entry.objects.get().points == 50
