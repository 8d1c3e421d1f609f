import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.consent import record_consent, suppress_address
from customers.imports.running import run_imports
from customers.models import (
    Consent,
    Customer,
    CustomerImport,
    Identity,
    Segment,
    SuggestedDuplicate,
    Suppression,
)
from staff.models import AuditEntry, Unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.loyalty import AccountFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import AnswerFactory, CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db

LIST = "admin:customers_customer_changelist"
PROFILE = "admin:customers_customer_change"
EDIT = "admin:customers_customer_edit"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.fixture
def support(client):
    client.force_login(UserFactory(roles=["Support"]))
    return client


@pytest.fixture
def stranger(client):
    client.force_login(UserFactory())
    return client


def upload(client, *lines: str, encoding: str = "utf-8"):
    file = SimpleUploadedFile("customers.csv", "\n".join(lines).encode(encoding))
    return client.post(reverse("admin:customers_customerimport_add"), {"file": file})


def people(n: int) -> None:
    for _ in range(n):
        IdentityFactory(
            kind="phone", value=f"+3876100{Customer.objects.count():04}", customer=IdentityFactory().customer
        )


@pytest.fixture
def few_of_everything() -> Customer:
    """A customer with three of whatever a customer can have."""
    customer = CustomerFactory(language="fa", unit=Unit.objects.create(name="Centre"))
    campaign = CampaignFactory()
    for n in range(3):
        IdentityFactory(customer=customer, is_primary=not n)
        record_consent(
            customer=customer,
            purpose=Consent.Purpose.values[n],
            channel="email",
            state="granted",
            source="",
            at=NOON,
        )
        SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
        InteractionFactory(customer=customer)
        InvitationFactory(customer=customer, wave=WaveFactory(campaign=campaign, number=n + 1))
        follow_up = FollowUpFactory(survey_response__customer=customer)
        AnswerFactory(survey_response=follow_up.survey_response, text="It took three calls.")
        other = CustomerFactory()
        SuggestedDuplicate.objects.create(first=customer, second=other, found_at=NOON)
    AccountFactory(customer=customer)
    return customer


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_costs_the_same_at_any_length(marketing, django_assert_num_queries, n):
    people(n)

    with django_assert_num_queries(8):
        page = marketing.get(reverse(LIST))

    assert page.status_code == 200
    assert page.content.count(b"+3876100") == n


def test_the_list_goes_on_after_the_last_one_shown(marketing, monkeypatch):
    monkeypatch.setattr("customers.admin.customers.CustomerAdmin.list_per_page", 2)
    customers = [CustomerFactory(first_name=name, last_name="") for name in ("Ana", "Bo", "Cy")]

    first = marketing.get(reverse(LIST)).content.decode()
    second = marketing.get(reverse(LIST), {"p": customers[1].pk}).content.decode()

    assert ("Cy" in first, "Bo<" in first, ">Ana<" in first) == (True, True, False)
    assert f"?p={customers[1].pk}" in first
    assert (">Ana<" in second, "Bo<" in second, "Back to the top" in second) == (True, False, True)


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ana", ["Ana"]),
        ("Ana Ho", ["Ana"]),
        ("horvat a", ["Ana"]),
        ("орло", ["Иван"]),
        ("ana@mail", ["Ana"]),
        ("+38761234", ["Ana"]),
        ("061 234 567", ["Ana"]),
        ("K-7", ["Иван"]),
        ("S-99", ["Иван"]),
        ("gr 12-34", ["Иван"]),
        ("nobody", []),
        ("na", []),
        ("orv", ["Ana"]),
        ("na ho", ["Ana"]),
        ("рло", ["Иван"]),
        ("a%h", []),
        ("%", []),
        ("_na", []),
        ("\x00", ["Ana", "Иван"]),
    ],
)
def test_customers_are_found_by_part_of_a_name_or_how_they_are_known(
    marketing, monkeypatch, few, text, found
):
    ana = CustomerFactory(first_name="Ana", last_name="Horvat")
    IdentityFactory(customer=ana, value="ana@mail.example")
    IdentityFactory(customer=ana, kind="phone", value="+38761234567")
    ivan = CustomerFactory(first_name="Иван", last_name="Орлов")
    IdentityFactory(kind="external", value="K-7", customer=ivan)
    IdentityFactory(kind="external", source="shop", value="S-99", customer=ivan)
    IdentityFactory(kind="card", value="GR1234", customer=ivan)

    monkeypatch.setattr("customers.searching.FEW", few)
    page = marketing.get(reverse(LIST), {"q": text})

    assert sorted(each.first_name for each in page.context["cl"].result_list) == found


def test_the_list_can_be_narrowed_to_a_segment(marketing):
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    CustomerFactory(language="en")
    wanted = CustomerFactory(language="fa")

    page = marketing.get(reverse(LIST), {"segment": segment.pk})

    assert [each.pk for each in page.context["cl"].result_list] == [wanted.pk]


def test_the_export_is_what_the_list_shows_and_nothing_in_it_is_calculated(marketing):
    customer = CustomerFactory(first_name='=HYPERLINK("http://evil.example")', last_name="A", language="fa")
    IdentityFactory(customer=customer, kind="phone", value="+38761234567")
    record_consent(customer=customer, purpose="survey", channel="email", state="granted", source="", at=NOON)
    CustomerFactory(language="en")

    page = marketing.get(reverse("admin:customers_customer_export"), {"language__exact": "fa"})

    head, line, *rest = b"".join(page.streaming_content).decode("utf-8-sig").split("\r\n")
    assert head.startswith("customer,external_id,email,phone,first_name")
    assert line.startswith(f'{customer.pk},,,\'+38761234567,"\'=HYPERLINK(""http://evil.example"")",A,fa,')
    assert ",yes," in line
    assert rest == [""]


def test_what_we_export_we_can_import_and_it_changes_nothing(marketing):
    customer = CustomerFactory(first_name="=Ana", customer_since=NOON.date(), preferred_channel="sms")
    IdentityFactory(customer=customer, value="ana@mail.example")
    IdentityFactory(customer=customer, kind="phone", value="+38761234567")
    exported = b"".join(marketing.get(reverse("admin:customers_customer_export")).streaming_content)

    page = marketing.post(
        reverse("admin:customers_customerimport_add"), {"file": SimpleUploadedFile("again.csv", exported)}
    )
    form = marketing.get(page.url).context["form"]
    marketing.post(page.url, {name: form[name].initial or "" for name in form.fields})
    run_imports(at=NOON)

    done = CustomerImport.objects.get()
    assert (done.state, done.created_count, done.updated_count, done.unchanged_count) == ("done", 0, 0, 1)


def test_a_customers_page_shows_who_they_are(support, django_assert_max_num_queries):
    customer = CustomerFactory(attributes={"plan": "<b>Gold</b>"})
    IdentityFactory(customer=customer, value="ana@mail.example")
    suppress_address(channel="email", address="ana@mail.example", reason="bounced", at=NOON)
    record_consent(customer=customer, purpose="survey", channel="email", state="granted", source="", at=NOON)
    SegmentFactory(name="Persians", rule={"field": "language", "op": "is", "value": "fa"})

    with django_assert_max_num_queries(15):
        page = support.get(reverse(PROFILE, args=[customer.pk])).content.decode()

    assert "ana@mail.example" in page
    assert "Do not write here" in page
    assert "&lt;b&gt;Gold&lt;/b&gt;" in page
    assert "Persians" not in page
    assert reverse(EDIT, args=[customer.pk]) not in page


@pytest.mark.parametrize("role", ["Administrators", "Support"])
def test_a_customers_page_costs_the_same_whatever_their_history(
    client, role, few_of_everything, django_assert_max_num_queries
):
    client.force_login(UserFactory(roles=[role]))

    with django_assert_max_num_queries(15):
        page = client.get(reverse(PROFILE, args=[few_of_everything.pk]))

    assert page.status_code == 200


def test_the_segments_a_customer_is_in_stand_on_their_page(marketing, django_assert_max_num_queries):
    address = "admin:customers_segment_of"
    customer = CustomerFactory(language="fa")
    SegmentFactory(name="Persians", rule={"field": "language", "op": "is", "value": "fa"})
    SegmentFactory(name="Russians", rule={"field": "language", "op": "is", "value": "ru"})
    SegmentFactory(name="Everybody")
    SegmentFactory(name="Broken", rule={"field": "shoe", "op": "is", "value": "44"})

    profile = marketing.get(reverse(PROFILE, args=[customer.pk])).content.decode()
    with django_assert_max_num_queries(8):
        page = marketing.get(reverse(address, args=[customer.pk]))

    assert reverse(address, args=[customer.pk]) in profile
    assert [segment.name for segment in page.context["segments"]] == ["Everybody", "Persians"]


def test_a_customer_is_added_and_changed_with_their_addresses(marketing):
    form = {
        "first_name": "Ana", "last_name": "", "language": "bs", "country": "BA", "time_zone": "Europe/Sarajevo",
        "customer_since": "", "preferred_channel": "sms", "attributes": "plan: Gold\r\nmonths: 30",
        "identities-TOTAL_FORMS": "2", "identities-INITIAL_FORMS": "0",
        "identities-0-kind": "email", "identities-0-value": " Ana@Mail.example", "identities-0-source": "",
        "identities-1-kind": "phone", "identities-1-value": "061 234 567", "identities-1-source": "",
        "consents-TOTAL_FORMS": "1", "consents-INITIAL_FORMS": "0",
        "consents-0-purpose": "survey", "consents-0-channel": "email", "consents-0-state": "granted",
    }  # fmt: skip

    page = marketing.post(reverse("admin:customers_customer_add"), form)

    customer = Customer.objects.get()
    assert page.url == reverse(PROFILE, args=[customer.pk])
    assert customer.attributes == {"plan": "Gold", "months": 30}
    assert customer.preferred_channel == "sms"
    assert set(customer.identities.values_list("value", "is_primary")) == {
        ("ana@mail.example", True),
        ("+38761234567", True),
    }
    assert customer.consents.get().source.startswith("staff: ")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("attributes", "no colon", "is not of the form"),
        ("identities-0-value", "foo@", "is not an e-mail address"),
        ("identities-0-value", "taken@mail.example", "already exists"),
        ("time_zone", "Mars/Olympus", "is not a time zone"),
        ("country", "XX", "Select a valid choice"),
        ("preferred_channel", "fax", "Select a valid choice"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_what_was_typed_stays(marketing, field, value, words):
    IdentityFactory(value="taken@mail.example")
    form = {
        "first_name": "Typed", "last_name": "", "language": "bs", "country": "BA", "time_zone": "Europe/Sarajevo",
        "identities-TOTAL_FORMS": "1", "identities-INITIAL_FORMS": "0", "identities-0-kind": "email",
        "identities-0-value": "new@mail.example", "consents-TOTAL_FORMS": "0", "consents-INITIAL_FORMS": "0",
    }  # fmt: skip

    page = marketing.post(reverse("admin:customers_customer_add"), form | {field: value})

    assert words in page.content.decode()
    assert 'value="Typed"' in page.content.decode()
    assert Customer.objects.count() == 1


def test_another_address_becomes_the_primary_one(marketing):
    customer = CustomerFactory()
    IdentityFactory(customer=customer, value="old@mail.example")
    new = IdentityFactory(customer=customer, value="new@mail.example", is_primary=False)

    marketing.post(reverse(PROFILE, args=[customer.pk]), {"primary": new.pk})

    assert dict(Identity.objects.values_list("value", "is_primary")) == {
        "old@mail.example": False,
        "new@mail.example": True,
    }
    assert AuditEntry.objects.get(action="changed").subject == customer.pk


def test_somebody_who_asks_on_the_phone_is_taken_out(marketing):
    customer = IdentityFactory(value="ana@mail.example").customer

    marketing.post(reverse("admin:customers_customer_unsubscribe", args=[customer.pk]))

    assert customer.consents.get().state == Consent.State.WITHDRAWN
    assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED


def test_an_address_is_put_on_the_list_of_those_nobody_writes_to_once(marketing):
    for _ in range(2):
        marketing.post(
            reverse("admin:customers_suppression_add"), {"channel": "email", "address": "Ana@Mail.example"}
        )
    bad = marketing.post(reverse("admin:customers_suppression_add"), {"channel": "email", "address": "ana"})

    assert Suppression.objects.get().reason == Suppression.Reason.BY_STAFF
    assert "is not an e-mail address" in bad.content.decode()
    found = marketing.get(reverse("admin:customers_suppression_changelist"), {"q": "ana@mail.example"})
    assert len(found.context["cl"].result_list) == 1


def test_a_file_is_imported_step_by_step(marketing):
    page = upload(marketing, "E-Mail;Name;Plan", "ana@mail.example;Ana;Gold", "broken;Bo;Gold")
    columns = marketing.get(page.url)
    assert [each["name"] for each in columns.context["columns"]] == ["E-Mail", "Name", "Plan"]
    assert columns.context["columns"][0]["cells"] == ["ana@mail.example", "broken"]

    wrong = marketing.post(page.url, {"column_2": "attribute:Plan", "language": "bs", "country": "BA"})
    assert "without one of them nobody can be recognised" in wrong.content.decode()
    assert '<option value="attribute:Plan" selected>' in wrong.content.decode()

    choices = {"column_0": "email", "column_1": "first_name", "column_2": "attribute:Plan"}
    progress = marketing.post(page.url, choices | {"language": "bs", "country": "BA"})
    waiting = marketing.get(progress.url, {"progress": ""}).content.decode()
    assert "hx-trigger" in waiting

    run_imports(at=NOON)

    done = marketing.get(progress.url, {"progress": ""}).content.decode()
    assert "hx-trigger" not in done
    assert "“broken” is not an e-mail address." in done
    customer = Customer.objects.get()
    assert (customer.first_name, customer.language, customer.attributes) == ("Ana", "bs", {"Plan": "Gold"})
    refused = marketing.get(progress.url.replace("change", "refused"))
    assert b"".join(refused.streaming_content).decode("utf-8-sig").split("\r\n") == [
        "E-Mail;Name;Plan;line in the file;why not imported",
        "broken;Bo;Gold;3;“broken” is not an e-mail address.",
        "",
    ]


def test_refused_rows_are_safe_to_open_in_a_spreadsheet(marketing):
    page = upload(marketing, "email,name", 'bad,"=HYPERLINK(""http://evil.example"")"')
    marketing.post(page.url, {"column_0": "email", "language": "bs", "country": "BA"})
    run_imports(at=NOON)

    refused = marketing.get(
        reverse("admin:customers_customerimport_refused", args=[CustomerImport.objects.get().pk])
    )

    assert "'=HYPERLINK" in b"".join(refused.streaming_content).decode()


def test_a_file_in_another_encoding_is_refused_on_the_page(marketing):
    page = upload(marketing, "email,name", "ana@mail.example,Сара", encoding="cp1251")

    assert page.status_code == 400
    assert "Line 2 is not in UTF-8." in page.content.decode()
    assert not CustomerImport.objects.exists()


def test_a_file_can_be_thrown_away(marketing):
    page = upload(marketing, "email", "ana@mail.example")
    customer_import = CustomerImport.objects.get()
    storage, name = customer_import.file.storage, customer_import.file.name

    marketing.post(page.url, {"discard": "1"})

    assert not CustomerImport.objects.exists()
    assert storage.exists(name)  # until the transaction is through, which a test never is


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_of_imports_costs_the_same_at_any_length(marketing, django_assert_num_queries, n):
    for _ in range(n):
        upload(marketing, "email", "ana@mail.example")

    with django_assert_num_queries(6):
        assert marketing.get(reverse("admin:customers_customerimport_changelist")).status_code == 200


def test_a_segment_is_counted_while_it_is_made(marketing):
    CustomerFactory(first_name="Sara", last_name="", language="fa")
    CustomerFactory(language="en")
    rule = {"all": [{"field": "language", "op": "is", "value": "fa"}]}

    counted = marketing.post(
        reverse("admin:customers_segment_count"), {"rule": json.dumps(rule)}
    ).content.decode()
    assert "1 customer<" in counted
    assert "Sara" in counted

    for bad in (
        '{"all": [{"field": "shoe", "op": "is", "value": 1}]}',
        "{",
        "[" * 5000,
        '{"field": 1}',
        "\x00",
    ):
        page = marketing.post(reverse("admin:customers_segment_count"), {"rule": bad})
        assert (page.status_code, "cu-count-problem" in page.content.decode()) == (200, True)


def test_a_segment_that_makes_no_sense_keeps_what_was_typed(marketing):
    rule = '{"all": [{"field": "attributes.months", "op": "at_least", "value": "many"}]}'

    page = marketing.post(
        reverse("admin:customers_segment_add"), {"name": "Long", "description": "", "rule": rule}
    )

    assert "months: a number is needed." in page.content.decode()
    assert "&quot;many&quot;" in page.content.decode()
    assert not Segment.objects.exists()

    marketing.post(
        reverse("admin:customers_segment_add"),
        {"name": "All", "description": "", "rule": rule.replace('"many"', "3")},
    )
    assert Segment.objects.get().rule["all"][0]["value"] == 3


STRANGERS_DOORS = [
    ("get", LIST, False),
    ("get", PROFILE, True),
    ("post", PROFILE, True),
    ("get", EDIT, True),
    ("get", "admin:customers_customer_export", False),
    ("post", "admin:customers_customer_unsubscribe", True),
    ("get", "admin:customers_customerimport_add", False),
    ("post", "admin:customers_customerimport_add", False),
    ("get", "admin:customers_customerimport_changelist", False),
    ("get", "admin:customers_segment_changelist", False),
    ("post", "admin:customers_segment_count", False),
    ("get", "admin:customers_suppression_changelist", False),
]


@pytest.mark.parametrize(("method", "door", "about"), STRANGERS_DOORS)
def test_strangers_are_kept_out(stranger, method, door, about):
    customer = CustomerFactory(first_name="Ana")

    page = getattr(stranger, method)(reverse(door, args=[customer.pk] if about else []))

    assert page.status_code == 403
    assert not Consent.objects.exists()


@pytest.mark.parametrize("door", ["columns", "change", "refused"])
def test_strangers_see_nothing_of_an_import(client, door):
    client.force_login(UserFactory(roles=["Marketing"]))
    upload(client, "email", "ana@mail.example")
    client.force_login(UserFactory(roles=["Support"]))
    address = reverse(f"admin:customers_customerimport_{door}", args=[CustomerImport.objects.get().pk])

    assert client.get(address).status_code == 403
    assert client.post(address, {"column_0": "email", "discard": "1"}).status_code == 403
    assert CustomerImport.objects.get().state == CustomerImport.State.UPLOADED


@pytest.mark.parametrize("door", [EDIT, "admin:customers_customer_unsubscribe"])
def test_support_reads_customers_and_does_not_change_them(support, door):
    customer = IdentityFactory().customer

    page = support.post(reverse(door, args=[customer.pk]), {"first_name": "Changed"})

    assert page.status_code == 403
    assert not Suppression.objects.exists()
