import codecs
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.imports.columns import MappingError, guess_mapping
from customers.imports.files import UnreadableFile, receive_file
from customers.imports.previewing import first_cells
from customers.imports.pruning import prune_imports
from customers.imports.running import (
    claim_import,
    run_import,
    run_imports,
    start_import,
)
from customers.imports.uploads import AlreadyStarted
from customers.lookup import Known
from customers.models import Consent, Customer, CustomerImport, Identity, IdentityConflict, RefusedRow
from customers.resolving import resolve
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db

HEADER = "id,email,phone,first name,language,customer since,consent,plan"
MAPPING = {
    "id": "external_id",
    "email": "email",
    "phone": "phone",
    "first name": "first_name",
    "language": "language",
    "customer since": "customer_since",
    "consent": "consent",
    "plan": "attribute:plan",
}
ANA = "7,Ana@Mail.example ,061 234 567,Ana,bs,2024-05-06,yes,Gold"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def received(*lines: str, encoding: str = "utf-8") -> CustomerImport:
    return receive_file(blocks=["\n".join(lines).encode(encoding)], file_name="customers.csv", at=NOON)


def imported(*lines: str, mapping: dict[str, str] = MAPPING, **defaults: str) -> CustomerImport:
    customer_import = received(*lines)
    start_import(customer_import=customer_import, mapping=mapping, defaults=defaults)
    assert run_imports(at=NOON)
    customer_import.refresh_from_db()
    assert (customer_import.state, customer_import.failure) == (CustomerImport.State.DONE, "")
    return customer_import


def counts(customer_import: CustomerImport) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, refused."""
    return (
        customer_import.created_count,
        customer_import.updated_count,
        customer_import.unchanged_count,
        customer_import.refused_count,
    )


def reasons(customer_import: CustomerImport) -> list[tuple[int, str]]:
    return list(customer_import.refused_rows.values_list("line", "reason"))


def everything() -> list[Any]:
    return [
        list(Customer.objects.order_by("pk").values()),
        list(Identity.objects.order_by("pk").values()),
        list(Consent.objects.order_by("pk").values()),
    ]


def test_a_row_becomes_a_customer_in_normal_form():
    customer_import = imported(HEADER, ANA)

    customer = Customer.objects.get()
    assert (customer.first_name, customer.language, customer.country, customer.attributes) == (
        "Ana",
        "bs",
        "BA",
        {"plan": "Gold"},
    )
    assert str(customer.customer_since) == "2024-05-06"
    assert (customer.created_at, customer.updated_at) == (NOON, NOON)
    assert set(customer.identities.values_list("kind", "value", "is_primary")) == {
        ("external", "7", True),
        ("email", "ana@mail.example", True),
        ("phone", "+38761234567", True),
    }
    assert list(customer.consents.values_list("purpose", "channel", "state")) == [
        ("survey", "email", "granted")
    ]
    assert counts(customer_import) == (1, 0, 0, 0)
    assert customer_import.percent == 100


def test_the_same_file_twice_changes_nothing():
    lines = (HEADER, ANA, "8,bo@mail.example,,Bo,fa,,no,12.5", ",cy@mail.example,,,,,,")
    first = imported(*lines)
    before = everything()

    second = imported(*lines)

    assert (counts(first), counts(second)) == ((3, 0, 0, 0), (0, 0, 3, 0))
    for customer in before[0]:
        customer["last_import_id"] = second.pk
    assert everything() == before


def test_a_file_changes_what_it_says_and_leaves_the_rest():
    imported(HEADER, ANA)

    customer_import = imported(
        "id,language,tariff",
        "7,fa,Silver",
        mapping={"id": "external_id", "language": "language", "tariff": "attribute:tariff"},
    )

    customer = Customer.objects.get()
    assert (customer.first_name, customer.language, customer.attributes) == (
        "Ana",
        "fa",
        {"plan": "Gold", "tariff": "Silver"},
    )
    assert counts(customer_import) == (0, 1, 0, 0)


def test_an_address_in_the_file_becomes_the_primary_one():
    imported(HEADER, ANA)

    imported("id,email", "7,new@mail.example", mapping={"id": "external_id", "email": "email"})
    assert dict(Identity.objects.filter(kind="email").values_list("value", "is_primary")) == {
        "ana@mail.example": False,
        "new@mail.example": True,
    }

    imported(HEADER, ANA)
    assert dict(Identity.objects.filter(kind="email").values_list("value", "is_primary")) == {
        "ana@mail.example": True,
        "new@mail.example": False,
    }


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (None, "yes", "granted"),
        (None, "no", "withdrawn"),
        ("granted", "no", "withdrawn"),
        ("withdrawn", "yes", "withdrawn"),
        ("withdrawn", "", "withdrawn"),
    ],
)
def test_a_file_never_undoes_a_withdrawal(before, said, after):
    customer = IdentityFactory(value="ana@mail.example").customer
    if before:
        Consent.objects.create(customer=customer, purpose="survey", channel="email", state=before, at=NOON)

    imported("email,consent", f"ana@mail.example,{said}", mapping={"email": "email", "consent": "consent"})

    assert list(customer.consents.values_list("state", flat=True)) == [after]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,foo@,,,,,,", "“foo@” is not an e-mail address."),
        ("1,,12,,,,,", "“12” is not a phone number."),
        ("1,,,,klingon,,,", "Language: “klingon” is none of en, ru, bs, fa, zh-hans."),
        ("1,,,,,03/04/2026,,", "Customer since: “03/04/2026” is not a date such as 2026-03-04."),
        ("1,,,,,2026-02-30,,", "Customer since: “2026-02-30” is not a date such as 2026-03-04."),
        ("1,,,,,,maybe,", "Agreed to surveys: “maybe” is neither yes nor no."),
        (",,,Nobody,,,,", "The row has no e-mail address, phone number or other identity, so nobody can be recognised."),
        ("1,a@mail.example,,Ana,,,,,,", "The row has 10 cells; the first line has 8."),
        ("1,a@mail.example", "The row has 2 cells; the first line has 8."),
        ("1,,,A\x00a,,,,", "The row holds a NUL character, which is not text."),
        (f"1,,,{'A' * 101},,,,", "First name: longer than 100 characters."),
        (f"1,,,,,,,{'x' * 1001}", "A cell is longer than 1000 characters."),
        (f"1,,,,,,,{'x' * 200_000}", "A quotation mark is missing, or the row is far too long."),
        ('1,,,"Ana,,,,', "A quotation mark is missing, or the row is far too long."),
        (f"{'9' * 121},,,,,,,", "An external id has 1 to 120 characters."),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_reason_and_the_others_go_on(line, reason):
    customer_import = imported(HEADER, "5,,,Before,,,,", line, ANA)

    assert sorted(Customer.objects.values_list("first_name", flat=True)) == ["Ana", "Before"]
    assert reasons(customer_import) == [(3, reason)]
    assert counts(customer_import) == (2, 0, 0, 1)


def test_a_missing_quotation_mark_costs_one_line_only():
    rows = [f"{n},,,Person {n},,,," for n in range(300)]

    customer_import = imported(HEADER, '900,,,"Ana,,,,', *rows)

    assert counts(customer_import) == (300, 0, 0, 1)
    assert customer_import.refused_rows.get().cells == ['900,,,"Ana,,,,']


def test_line_breaks_and_quotes_within_cells_are_kept():
    customer_import = imported(HEADER, '7,,,"Ana ""A""\r\nMarija",,,,"a,b"', "8,,,Bo,,,,")

    assert Customer.objects.order_by("pk").first().first_name == 'Ana "A"\nMarija'
    assert customer_import.line == 4


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_second_row_about_anybody_is_refused_wherever_it_stands(monkeypatch, chunk):
    monkeypatch.setattr("customers.imports.running.CHUNK", chunk)
    lines = (
        HEADER,
        ANA,
        "8,bo@mail.example,,Bo,,,,",
        "9,ANA@mail.example,,Other,,,,",
        "8,,,Bob,,,,",
        "10,,,Cy,,,,",
    )

    first = imported(*lines)
    before = everything()
    second = imported(*lines)

    assert (counts(first), counts(second)) == ((3, 0, 0, 2), (0, 0, 3, 2))
    assert [line for line, _reason in reasons(first)] == [4, 5]
    assert [{**customer, "last_import_id": None} for customer in everything()[0]] == [
        {**customer, "last_import_id": None} for customer in before[0]
    ]
    assert everything()[1:] == before[1:]


def test_a_row_whose_identities_belong_to_two_customers_is_refused():
    IdentityFactory(kind="external", value="7")
    IdentityFactory(value="ana@mail.example")

    customer_import = imported(HEADER, ANA)

    imported(HEADER, ANA)

    assert reasons(customer_import) == [
        (2, "Its identities belong to different customers: that waits under Identity conflicts.")
    ]
    conflict = IdentityConflict.objects.get()
    assert (conflict.source, conflict.customers.count(), len(conflict.identities)) == ("import", 2, 3)
    assert Identity.objects.count() == 2


def test_external_ids_are_those_of_the_files_source():
    ours = IdentityFactory(kind="external", source="shop", value="7").customer
    IdentityFactory(kind="external", value="7")
    customer_import = received("id,card,chat", "7,gr 12-34,@Ana")
    CustomerImport.objects.filter(pk=customer_import.pk).update(source="shop")
    customer_import.refresh_from_db()

    start_import(
        customer_import=customer_import,
        mapping={"id": "external_id", "card": "card", "chat": "handle"},
        defaults={},
    )
    run_imports(at=NOON)

    known = set(ours.identities.values_list("kind", "source", "value"))
    assert known == {("external", "shop", "7"), ("card", "", "GR1234"), ("handle", "", "ana")}


def test_a_unit_is_named_and_a_wrong_name_is_refused():
    for name in ("North", "South"):
        brand = create_unit(name=name, kind="brand")
        create_unit(name="Station", kind="location", parent=brand)
    centre = create_unit(name="Centre", kind="location", parent=brand)

    customer_import = imported(
        "email,shop", "a@mail.example,centre", "b@mail.example,Nowhere", "c@mail.example,Station", "d@mail.example,",
        mapping={"email": "email", "shop": "unit"},
    )  # fmt: skip

    assert dict(Identity.objects.values_list("value", "customer__unit")) == {
        "a@mail.example": centre.pk,
        "d@mail.example": None,
    }
    assert reasons(customer_import) == [
        (3, "There is no unit “Nowhere”. Add it under Units first."),
        (4, "Several units are called “Station”. Rename them so that each can be told apart."),
    ]


def test_columns_are_matched_as_in_the_last_file_of_the_same_source():
    for source, target in (("shop", "attribute:level"), ("till", "attribute:grade")):
        earlier = received("email,plan", "a@mail.example,x")
        CustomerImport.objects.filter(pk=earlier.pk).update(source=source)
        start_import(customer_import=earlier, mapping={"email": "email", "plan": target}, defaults={})

    assert guess_mapping(["plan"], source="shop") == {"plan": "attribute:level"}
    assert guess_mapping(["plan"], source="till") == guess_mapping(["plan"]) == {"plan": "attribute:grade"}


POOL = [
    ("email", "a@mail.example"),
    ("email", "b@mail.example"),
    ("phone", "+38761234567"),
    ("external_id", "7"),
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    owners=st.lists(st.sampled_from([None, 0, 1]), min_size=4, max_size=4),
    told=st.sets(st.sampled_from(POOL), min_size=1),
)
def test_a_file_finds_whom_the_one_door_finds(owners, told):
    told_once = dict(sorted(told))
    known = [Known(kind.removesuffix("_id"), value) for kind, value in told_once.items()]
    with transaction.atomic():
        people = CustomerFactory.create_batch(2)
        for (column, value), owner in zip(POOL, owners, strict=True):
            if owner is not None:
                kind = column.removesuffix("_id")
                first = not people[owner].identities.filter(kind=kind).exists()
                IdentityFactory(customer=people[owner], kind=kind, value=value, is_primary=first)
        with transaction.atomic():
            resolution = resolve(identities=known, at=NOON, source="import")
            by_door = identities_by_age(resolution.customer)
            transaction.set_rollback(True)
        imported(
            ",".join(told_once), ",".join(told_once.values()), mapping={kind: kind for kind in told_once}
        )
        waiting = IdentityConflict.objects.exists()
        customers = Customer.objects.filter(identities__value__in=told_once.values()).distinct()
        by_file = identities_by_age(customers.first()) if not waiting else set()
        transaction.set_rollback(True)

    assert waiting == (resolution.conflict is not None)
    assert by_file == by_door


def identities_by_age(customer: Customer | None) -> set[tuple[str, str]]:
    return set(customer.identities.values_list("kind", "value")) if customer else set()


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_files_of_excel_and_others_are_read_alike(mark, encoding, delimiter, line_end):
    table = line_end.join(
        [delimiter.join(["e-mail", "first name"]), delimiter.join(["a@mail.example", "Сара 王"])]
    )
    blocks = [mark + table.encode(encoding)]

    customer_import = receive_file(blocks=blocks, file_name="a.csv", at=NOON)
    start_import(customer_import=customer_import, mapping=guess_mapping(customer_import.header), defaults={})
    run_imports(at=NOON)

    assert Customer.objects.get().first_name == "Сара 王"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        ("email,name\na@mail.example,Сара\n".encode("cp1251"), "Line 2 is not in UTF-8."),
        (b"email,name\n" * 5 + "Hadžić".encode("cp1250"), "Line 6 is not in UTF-8."),
        (b"email,name\nSara\xc4", "Line 2 is not in UTF-8."),
        (b"email,name\x00\x01\x02\x03", "This is not a text file."),
        (b"email,name,E-mail,email\n", "The column “email” stands twice in the first line."),
        (b",,\n1,2,3\n", "The first line must hold the names of the columns, and it is empty."),
        (b"a," * 300 + b"\n", "The file has more than 200 columns."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(content, words):
    with pytest.raises(UnreadableFile) as refusal:
        receive_file(blocks=[content], file_name="a.csv", at=NOON)

    assert str(refusal.value).startswith(words)
    assert not CustomerImport.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_without_its_mark(encoding):
    content = "email,first name\na@mail.example,Сара\n".encode(encoding)

    customer_import = receive_file(blocks=[content], file_name="a.csv", at=NOON)

    assert first_cells(customer_import) == [["a@mail.example"], ["Сара"]]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1251", "Сара"), ("cp1250", "Hadžić"), ("cp1252", "Zoë"), ("cp1256", "سارا"), ("gb18030", "王小明")],
)
def test_a_file_in_an_older_encoding_is_read_when_it_is_named(encoding, name):
    content = f"email,first name\na@mail.example,{name}\n".encode(encoding)

    customer_import = receive_file(blocks=[content], file_name="a.csv", encoding=encoding, at=NOON)

    assert first_cells(customer_import) == [["a@mail.example"], [name]]


def test_a_file_that_is_not_in_the_encoding_named_is_refused():
    with pytest.raises(UnreadableFile, match="not in the encoding you chose"):
        receive_file(blocks=[b"email\n\x98\n"], file_name="a.csv", encoding="cp1251", at=NOON)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "1,a@mail.example b@mail.example,,,,,,",
            "“a@mail.example b@mail.example” has two e-mail addresses: write one here and add the other by itself.",
        ),
        (
            "1,a@mail.example;b@mail.example,,,,,,",
            "“a@mail.example;b@mail.example” has two e-mail addresses: write one here and add the other by itself.",
        ),
        ("1,,call Ana,,,,,", "“call Ana” is not a phone number."),
        (f"1,,,{'A' * 10_000_000},,,,", "A quotation mark is missing, or the row is far too long."),
    ],
)
def test_a_cell_that_holds_something_else_is_refused(line, reason):
    customer_import = imported(HEADER, line, ANA)

    assert reasons(customer_import) == [(2, reason)]
    assert counts(customer_import) == (1, 0, 0, 1)


def test_a_file_of_only_a_header_imports_nobody():
    assert counts(imported(HEADER)) == (0, 0, 0, 0)


def test_a_column_without_a_name_is_left_out():
    customer_import = imported("email,,first name", "a@mail.example,x,Ana", mapping={"email": "email"})

    assert counts(customer_import) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"plan": "attribute:plan"}, "Say which column holds the e-mail address"),
        ({"E-Mail": "email"}, "The file has no column “E-Mail”."),
        ({"email": "email", "id": "email"}, "Two columns are matched with “E-mail address”."),
        ({"email": "email", "id": "shoe"}, "“shoe” is not something a column can hold."),
        ({"email": "email", "id": "attribute:a__b"}, "“attribute:a__b” is not something a column can hold."),
    ],
)
def test_columns_that_cannot_work_are_refused_in_words(mapping, words):
    customer_import = received(HEADER, ANA)

    with pytest.raises(MappingError) as refusal:
        start_import(customer_import=customer_import, mapping=mapping, defaults={})

    assert str(refusal.value).startswith(words)
    customer_import.refresh_from_db()
    assert customer_import.state == CustomerImport.State.UPLOADED


def test_an_import_is_started_once():
    customer_import = received(HEADER, ANA)
    start_import(customer_import=customer_import, mapping=MAPPING, defaults={})

    with pytest.raises(AlreadyStarted):
        start_import(customer_import=customer_import, mapping=MAPPING, defaults={})


def test_columns_are_guessed_in_five_languages_and_remembered():
    assert guess_mapping(["E-Mail", "Имя", "prezime", "تلفن", "客户编号", "Plan", "Given Name"]) == {
        "E-Mail": "email",
        "Имя": "first_name",
        "prezime": "last_name",
        "تلفن": "phone",
        "客户编号": "external_id",
    }

    imported("Kontakt,Plan", "a@mail.example,Gold", mapping={"Kontakt": "email", "Plan": "attribute:plan"})
    assert guess_mapping(["Kontakt", "Plan"]) == {"Kontakt": "email", "Plan": "attribute:plan"}


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        ("sms", "sms"),
        ("E-Mail", "email"),
        ("СМС", "sms"),
        ("پیامک", "sms"),
        ("aplikacija", "app"),
        ("", "email"),
    ],
)
def test_a_file_says_which_channel_somebody_prefers(cell, channel):
    mapping = guess_mapping(["email", "preferred channel"])
    assert mapping == {"email": "email", "preferred channel": "preferred_channel"}
    known = IdentityFactory(value="a@mail.example", customer__preferred_channel="email").customer

    lines = ("email,preferred channel", f"a@mail.example,{cell}", f"new@mail.example,{cell}")
    imported(*lines, mapping=mapping)

    preferred = dict(Customer.objects.values_list("identities__value", "preferred_channel"))
    assert preferred == {"a@mail.example": channel, "new@mail.example": channel if cell else ""}
    assert Customer.objects.get(pk=known.pk).preferred_channel == channel


def test_a_channel_nobody_knows_is_refused_with_those_there_are():
    mapping = {"email": "email", "prefers": "preferred_channel"}

    customer_import = imported("email,prefers", "a@mail.example,fax", mapping=mapping)

    assert reasons(customer_import) == [(2, "Preferred channel: “fax” is none of email, sms, app.")]
    assert Customer.objects.count() == 0


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("chunks_done", [0, 1, 3])
def test_after_a_kill_the_next_worker_goes_on_without_doubling(monkeypatch, chunks_done):
    monkeypatch.setattr("customers.imports.running.CHUNK", 10)
    rows = [f"{n},p{n}@mail.example,,Person {n},en,,yes,{n}" for n in range(35)]
    customer_import = received(HEADER, *rows, "bad")
    start_import(customer_import=customer_import, mapping=MAPPING, defaults={})
    list(islice(run_import(claim_import(customer_import), at=NOON), chunks_done))
    CustomerImport.objects.update(lease_until=None)

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    killed = claim_import(customer_import)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RefusedRow.objects, "bulk_create", die)  # after the rows were written
        list(run_import(killed, at=NOON))
    assert Customer.objects.count() == 10 * chunks_done

    assert run_imports(at=NOON)

    customer_import.refresh_from_db()
    assert counts(customer_import) == (35, 0, 0, 1)
    assert customer_import.rows_read == 36
    assert (Customer.objects.count(), Identity.objects.count()) == (35, 70)


def test_a_worker_that_lost_its_lease_writes_nothing_more():
    customer_import = received(HEADER, ANA)
    start_import(customer_import=customer_import, mapping=MAPPING, defaults={})
    slow = claim_import(customer_import)
    CustomerImport.objects.update(lease_until=NOON.replace(year=2020))
    quick = claim_import(customer_import)

    assert list(run_import(slow, at=NOON)) == []
    assert Customer.objects.count() == 0
    assert len(list(run_import(quick, at=NOON))) == 2
    assert Customer.objects.count() == 1


def test_a_file_that_disappeared_is_told_after_some_attempts():
    customer_import = received(HEADER, ANA)
    start_import(customer_import=customer_import, mapping=MAPPING, defaults={})
    customer_import.file.storage.delete(customer_import.file.name)

    assert run_imports(at=NOON)

    customer_import.refresh_from_db()
    assert customer_import.state == CustomerImport.State.FAILED
    assert customer_import.failure.startswith("FileNotFoundError")


@pytest.mark.parametrize("n", [1, 40])
def test_a_chunk_is_a_fixed_number_of_queries(django_assert_num_queries, n):
    rows = [f"{i},p{i}@mail.example,+3876123{i:04},Person,en,,yes,{i}" for i in range(n)]
    customer_import = received(HEADER, *rows)
    start_import(customer_import=customer_import, mapping=MAPPING, defaults={})
    claimed = claim_import(customer_import)

    statistics = connection.vendor == "postgresql"  # are refreshed at the end
    with django_assert_num_queries(14 + statistics):
        list(run_import(claimed, at=NOON))


def test_customers_without_a_language_get_the_files():
    imported("email", "a@mail.example", mapping={"email": "email"}, language="fa", country="IR")

    assert list(Customer.objects.values_list("language", "country")) == [("fa", "IR")]


def test_what_our_exports_escaped_is_read_back():
    imported(
        "phone,first name",
        "'+38761234567,'=HYPERLINK(1)",
        mapping={"phone": "phone", "first name": "first_name"},
    )

    assert Customer.objects.get().first_name == "=HYPERLINK(1)"
    assert Identity.objects.get().value == "+38761234567"


def test_everybody_of_a_customer_factory_can_be_matched():
    customer = CustomerFactory()
    IdentityFactory(customer=customer, value="a@mail.example")

    assert counts(imported("email", "a@mail.example", mapping={"email": "email"})) == (0, 0, 1, 0)


def test_what_imports_leave_behind_is_forgotten_after_a_while():
    done = imported(HEADER, "1,foo@,,,,,,", ANA)
    abandoned = received(HEADER, ANA)

    assert prune_imports(at=NOON + timedelta(days=6)) == 0
    assert prune_imports(at=NOON + timedelta(days=8)) == 1
    assert list(CustomerImport.objects.all()) == [done]
    assert done.refused_rows.count() == 1
    assert prune_imports(at=NOON + timedelta(days=31)) == 1
    assert (done.refused_rows.count(), Customer.objects.count()) == (0, 1)
    assert abandoned.file
