from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from customers.models import Customer
from loyalty.ledger import adjust_points, earn_points, redeem_points, reverse_entry
from loyalty.models import Account, Entry
from loyalty.statement import PAGE, statement_of
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.loyalty import AccountFactory, EarnRuleFactory, ProgramFactory, RewardFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return UserFactory(roles=["Loyalty"], first_name="Vesna", last_name="Ilić")


@pytest.fixture
def desk(client, clerk):
    client.force_login(clerk)
    return client


def page_of(account):
    return reverse("admin:loyalty_account_change", args=[account.pk])


def typed(do, **fields):
    return {"do": do, "token": uuid4(), **fields}


def test_every_entry_stands_on_one_page_with_the_balance_after_it():
    account = AccountFactory()
    for n in range(2 * PAGE + 3):
        earn_points(account=account, points=n + 1, source=f"order:{n}", at=NOON + timedelta(hours=n // 4))
    account.refresh_from_db()

    lines, before = [], None
    for _ in range(3):
        statement = statement_of(account, before=before)
        lines += statement.lines
        before = statement.next_before

    assert before is None
    assert [line.entry.source for line in lines] == [f"order:{n}" for n in reversed(range(2 * PAGE + 3))]
    assert [line.balance for line in lines] == [(n + 1) * (n + 2) // 2 for n in reversed(range(2 * PAGE + 3))]


def test_redeeming_asks_first_and_gives_once(desk, clerk):
    account = AccountFactory(balance=150)
    reward = RewardFactory(program=account.program, name="Free coffee", points=100)

    question = desk.get(page_of(account), {"do": "redeem", "reward": reward.pk}).content.decode()
    sent = typed("redeem", reward=reward.pk)
    for _ in range(2):
        reply = desk.post(page_of(account), sent)

    assert "Give “Free coffee” for 100 points?" in question
    assert reply.url == page_of(account)
    entry = Entry.objects.get(kind="redeemed")
    assert (entry.points, entry.reward) == (-100, reward)
    account.refresh_from_db()
    assert account.balance == 50
    html = desk.get(page_of(account)).content.decode()
    assert "50 points missing" in html
    assert "Vesna Ilić" in html


def test_when_the_points_went_meanwhile_the_desk_says_so(desk):
    account = AccountFactory(balance=100)
    reward = RewardFactory(program=account.program, points=100)
    redeem_points(account=account, points=1, source="order:1", at=NOON)

    reply = desk.post(page_of(account), typed("redeem", reward=reward.pk))

    assert reply.status_code == 409
    assert "There are not enough points on this account" in reply.content.decode()
    assert not Entry.objects.filter(reward=reward).exists()


def test_adjusting_needs_a_reason(desk):
    account = AccountFactory(balance=10)
    assert 'name="points"' in desk.get(page_of(account), {"do": "adjust"}).content.decode()

    for wrong, field in (
        ({"points": 5, "note": " "}, "note"),
        ({"points": 0, "note": "x"}, "points"),
        ({"points": "1.5", "note": "x"}, "points"),
        ({"points": 10**12, "note": "x"}, "points"),
        ({"points": 5, "note": "x" * 301}, "note"),
    ):
        reply = desk.post(page_of(account), typed("adjust", **wrong))
        assert (reply.status_code, list(reply.context["form"].errors)) == (400, [field])
    assert desk.post(page_of(account), typed("adjust", points=-11, note="Wrong")).status_code == 409
    assert desk.post(page_of(account), typed("adjust", points=-4, note="Wrong")).status_code == 302

    account.refresh_from_db()
    assert account.balance == 6
    assert account.entries.get(kind="adjusted").note == "Wrong"


def test_reversing_asks_for_a_reason_and_happens_once(desk):
    account = AccountFactory()
    entry = earn_points(account=account, points=10, source="order:1", at=NOON)
    question = desk.get(page_of(account), {"do": "reverse", "entry": entry.pk}).content.decode()

    assert "Its reversal moves as many the other way" in question
    assert desk.post(page_of(account), typed("reverse", entry=entry.pk)).status_code == 400
    assert desk.post(page_of(account), typed("reverse", entry=entry.pk, note="Returned")).status_code == 302
    again = desk.post(page_of(account), typed("reverse", entry=entry.pk, note="Returned"))

    assert again.status_code == 409
    assert "This entry was reversed before" in again.content.decode()
    assert list(account.entries.values_list("points", flat=True)) == [-10, 10]


def test_spent_points_cannot_be_taken_back(desk):
    account = AccountFactory()
    entry = earn_points(account=account, points=10, source="order:1", at=NOON)
    redeem_points(account=account, points=1, source="order:2", at=NOON)

    reply = desk.post(page_of(account), typed("reverse", entry=entry.pk, note="Returned"))

    assert reply.status_code == 409
    assert "were spent since" in reply.content.decode()


@pytest.mark.parametrize(
    "asked", [{"do": "redeem"}, {"do": "reverse", "entry": "x"}, {"do": "delete"}, {"before": "9" * 30}]
)
def test_an_address_that_makes_no_sense_shows_the_account(desk, asked):
    reply = desk.get(page_of(AccountFactory(balance=10)), asked)

    assert reply.status_code == 200
    assert reply.context["form"] is None


def test_another_members_entry_and_another_programs_reward_are_not_taken(desk):
    account, other = AccountFactory(balance=10), AccountFactory(balance=10)
    foreign = {
        "reverse": {"entry": other.entries.get().pk, "note": "x"},
        "redeem": {"reward": RewardFactory().pk},
    }

    for do, fields in foreign.items():
        assert desk.post(page_of(account), typed(do, **fields)).status_code == 400
    assert Entry.objects.count() == 2


def test_an_analyst_reads_and_changes_nothing(client):
    account = AccountFactory(balance=100)
    reward = RewardFactory(program=account.program, points=1)
    client.force_login(UserFactory(roles=["Analysts"]))

    html = client.get(page_of(account), {"do": "redeem", "reward": reward.pk}).content.decode()

    assert 'name="do"' not in html
    assert "?do=" not in html
    for do in ("redeem", "adjust", "reverse"):
        assert client.post(page_of(account), typed(do, reward=reward.pk)).status_code == 403
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("roles", [[], ["Support"], ["Marketing"]])
def test_a_stranger_is_kept_out(client, roles):
    account = AccountFactory()
    assert client.get(page_of(account)).url.startswith(reverse("admin:login"))
    client.force_login(UserFactory(roles=roles))

    assert client.get(page_of(account)).status_code == 403
    assert client.post(page_of(account), typed("adjust", points=5, note="x")).status_code == 403
    assert client.get(reverse("admin:loyalty_account_changelist")).status_code == 403
    assert Entry.objects.count() == 0


def test_what_people_wrote_is_shown_as_text(desk):
    attack = "<script>alert(1)</script>"
    account = AccountFactory(customer__first_name=attack)
    reward = RewardFactory(program=account.program, name=attack, points=1)
    entry = adjust_points(account=account, points=5, source="order:1", note=attack, at=NOON)
    reverse_entry(entry=entry, source=attack, note=attack, at=NOON)

    for asked in ({}, {"do": "redeem", "reward": reward.pk}, {"do": "adjust"}):
        assert attack not in desk.get(page_of(account), asked).content.decode()


def test_an_empty_account_says_so(desk):
    html = desk.get(page_of(AccountFactory())).content.decode()

    assert "No points were earned or redeemed yet." in html
    assert "This program offers no reward yet." in html


def test_the_desk_needs_as_many_queries_for_three_as_for_one(desk, clerk, django_assert_num_queries):
    account = AccountFactory(balance=100)

    def more(n):
        RewardFactory(program=account.program)
        entry = redeem_points(account=account, points=1, source=f"desk:{clerk.pk}:{n}", at=NOON)
        reverse_entry(entry=entry, source=f"desk:{clerk.pk}:-{n}", at=NOON)

    more(1)
    desk.get(page_of(account))
    with django_assert_num_queries(8):
        desk.get(page_of(account))
    more(2), more(3)
    with django_assert_num_queries(8):
        desk.get(page_of(account))


def test_members_are_found_by_name_and_address(desk, django_assert_max_num_queries):
    account = AccountFactory(customer__last_name="Đoković")
    IdentityFactory(customer=account.customer, value="novak@example.com")
    AccountFactory()
    page = reverse("admin:loyalty_account_changelist")

    for words in ("Đoković", "novak@"):
        assert list(desk.get(page, {"q": words}).context["cl"].result_list) == [account]
    with django_assert_max_num_queries(12) as one:
        desk.get(page)
    AccountFactory()
    with django_assert_max_num_queries(len(one)):
        desk.get(page)


def test_staff_enrols_a_customer_once(desk):
    program, customer = ProgramFactory(), CustomerFactory()
    page = reverse("admin:loyalty_account_add")
    assert desk.get(page).status_code == 200

    for _ in range(2):
        desk.post(page, {"program": program.pk, "customer": customer.pk})

    assert list(Account.objects.values_list("program", "customer", "balance")) == [
        (program.pk, customer.pk, 0)
    ]


def test_a_program_is_edited_with_its_rules_and_rewards(desk):
    rule = EarnRuleFactory()
    RewardFactory(program=rule.program, name="Free coffee")

    html = desk.get(reverse("admin:loyalty_program_change", args=[rule.program.pk])).content.decode()

    assert "Free coffee" in html
    assert desk.get(reverse("admin:loyalty_reward_changelist")).status_code == 200


def test_the_customers_page_shows_the_balance(client):
    account = AccountFactory(balance=120)
    client.force_login(UserFactory(roles=["Administrators"]))

    page = reverse("admin:customers_customer_change", args=[account.customer.pk])
    assert "120 points" in client.get(page).content.decode()
    page = reverse("admin:customers_customer_change", args=[CustomerFactory().pk])
    assert "Not a member of a loyalty program." in client.get(page).content.decode()
    assert Customer.objects.count() == 2
