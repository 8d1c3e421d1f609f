from contextlib import nullcontext

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.identities import (
    BelongsToSomebodyElse,
    NotAnEmail,
    NotAnIdentity,
    NotAPhone,
    add_identity,
    digest_of,
    find_customer,
    make_primary,
    normal_form,
)
from customers.lookup import Known, customers_known_as
from customers.models import Customer, Identity
from customers.phones import e164
from customers.profiles import create_customer, update_customer
from customers.resolving import resolve
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory


@pytest.mark.parametrize(
    ("kind", "value", "country", "normal"),
    [
        ("email", " Ana.Horvat@Mail.EXAMPLE ", "", "ana.horvat@mail.example"),
        ("email", "ana+tag@mail.example", "", "ana+tag@mail.example"),
        ("email", "ana@bücher.example", "", "ana@xn--bcher-kva.example"),
        ("phone", "061 234 567", "BA", "+38761234567"),
        ("phone", "+387 61/234-567", "DE", "+38761234567"),
        ("phone", "0151 23456789", "DE", "+4915123456789"),
        ("phone", "+44 (0)7911 123456", "BA", "+447911123456"),
        ("external", " K-7 ", "", "K-7"),
    ],
)
def test_what_people_write_in_one_form(kind, value, country, normal):
    assert normal_form(kind=kind, value=value, country=country) == normal


@pytest.mark.parametrize(
    ("kind", "value", "fact"),
    [
        ("email", "ana", NotAnEmail),
        ("email", "ana@", NotAnEmail),
        ("email", "@mail.example", NotAnEmail),
        ("email", "a na@mail.example", NotAnEmail),
        ("email", "ana@mail", NotAnEmail),
        ("email", "ana\r\nBcc: x@mail.example", NotAnEmail),
        ("email", "anſ@mail.example", NotAnEmail),
        ("email", f"{'a' * 65}@mail.example", NotAnEmail),
        ("email", f"a@{'mail.' * 60}example", NotAnEmail),
        ("phone", "12", NotAPhone),
        ("phone", "not a number", NotAPhone),
        ("phone", "+999123456789", NotAPhone),
        ("external", "  ", NotAnIdentity),
        ("external", "a\x00b", NotAnIdentity),
        ("external", "x" * 121, NotAnIdentity),
    ],
)
def test_what_identifies_nobody_is_refused(kind, value, fact):
    with pytest.raises(fact):
        normal_form(kind=kind, value=value, country="BA")


@settings(deadline=None, max_examples=300)
@given(st.from_regex(r"\+[1-9](?:[ ./()-]?[0-9]){6,14}", fullmatch=True))
def test_the_quick_reading_of_phones_says_what_the_thorough_one_says(value):
    try:
        number = phonenumbers.parse(value, "BA")
    except phonenumbers.NumberParseException:
        thorough = None
    else:
        is_possible = phonenumbers.is_possible_number(number)
        thorough = (
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_possible else None
        )
    assert e164(value, country="BA") == thorough


def test_a_digest_tells_nothing_and_depends_on_the_key(settings):
    first = digest_of("ana@mail.example")
    settings.SECRET_KEY = "another-key-that-is-quite-long-enough"

    assert len(first) == 64
    assert first != digest_of("ana@mail.example")


@pytest.mark.django_db
def test_the_first_address_is_primary_and_adding_it_again_changes_nothing():
    ana, bo = CustomerFactory(), CustomerFactory()
    for value in ("ana@mail.example", "ANA@mail.example", "second@mail.example"):
        add_identity(customer=ana, kind="email", value=value, at=NOON)

    with pytest.raises(BelongsToSomebodyElse):
        add_identity(customer=bo, kind="email", value="ana@mail.example", at=NOON)

    assert list(Identity.objects.order_by("pk").values_list("customer", "value", "is_primary")) == [
        (ana.pk, "ana@mail.example", True),
        (ana.pk, "second@mail.example", False),
    ]
    assert find_customer(kind="email", value=" Second@Mail.example") == ana
    assert find_customer(kind="email", value="nonsense") is None


@pytest.mark.django_db
def test_another_address_takes_the_place_of_the_primary_one():
    customer = create_customer(first_name="Ana", email="ana@mail.example", at=NOON)
    second = add_identity(customer=customer, kind="email", value="second@mail.example", at=NOON)

    make_primary(identity=second, at=NOON)

    assert Identity.objects.get(is_primary=True).value == "second@mail.example"


@pytest.mark.django_db
def test_a_customer_whose_address_is_taken_is_not_added():
    create_customer(first_name="Ana", email="ana@mail.example", phone="061 234 567", at=NOON)

    with pytest.raises(BelongsToSomebodyElse):
        create_customer(first_name="Bo", external_id="8", email="Ana@Mail.example", at=NOON)

    assert list(Customer.objects.values_list("first_name", flat=True)) == ["Ana"]
    assert Identity.objects.count() == 2


@pytest.mark.django_db
def test_an_update_changes_what_is_told():
    customer = create_customer(first_name="Ana", attributes={"plan": "Gold", "months": 3}, at=NOON)

    update_customer(customer=customer, language="fa", attributes={"months": 4, "plan": None}, at=NOON)

    customer.refresh_from_db()
    assert (customer.first_name, customer.language, customer.attributes) == ("Ana", "fa", {"months": 4})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "is_one"),
    [("email", "ana@mail.example", True), ("phone", "+38761123456", True), ("external", "17", False)],
)
def test_an_address_is_the_same_whichever_program_tells_it(kind, value, is_one):
    customer, other = CustomerFactory(), CustomerFactory()
    add_identity(customer=customer, kind=kind, value=value, source="crm", at=NOON)

    found = find_customer(kind=kind, value=value, source="shop")
    known = customers_known_as([Known(kind, value, "shop")])
    resolved = resolve(identities=[Known(kind, value, "shop")], at=NOON, source="test", create=False)

    assert found == resolved.customer == (customer if is_one else None)
    assert list(known.values()) == ([customer.pk] if is_one else [])
    with pytest.raises(BelongsToSomebodyElse) if is_one else nullcontext():
        add_identity(customer=other, kind=kind, value=value, source="shop", at=NOON)
