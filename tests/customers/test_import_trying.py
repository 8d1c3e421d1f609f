"""A dry run says what the import will do, and leaves nothing behind."""

from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from customers.imports.columns import guess_mapping
from customers.imports.files import receive_file
from customers.imports.running import run_imports, start_import
from customers.imports.trying import Example, Trial, try_import
from customers.models import Consent, ConsentRecord, Customer, CustomerImport, Identity
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

LINES = (
    "id,email,first name,consent",
    "7,ana@mail.example,Ana,yes",
    "8,bo@mail.example,Bo,",
)
CHANGED = (
    "id,email,first name,consent",
    "7,new@mail.example,Anna,no",
    "8,bo@mail.example,Bo,",
    "9,cy@mail.example,Cy,yes",
    "9,,Cy again,",
    "10,foo@,,",
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def received(*lines: str) -> CustomerImport:
    return receive_file(blocks=["\n".join(lines).encode()], file_name="customers.csv", at=NOON)


def imported(*lines: str) -> CustomerImport:
    customer_import = received(*lines)
    start_import(customer_import=customer_import, mapping=guess_mapping(customer_import.header), defaults={})
    run_imports(at=NOON)
    customer_import.refresh_from_db()
    return customer_import


def tried(*lines: str) -> Trial:
    customer_import = received(*lines)
    mapping = guess_mapping(customer_import.header)
    *_chunks, trial = try_import(customer_import=customer_import, mapping=mapping, defaults={}, at=NOON)
    customer_import.delete()
    return trial


def everything() -> list[Any]:
    models = (Customer, Identity, Consent, ConsentRecord, CustomerImport)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_a_trial_says_what_the_import_then_does(monkeypatch, chunk):
    monkeypatch.setattr("customers.imports.running.CHUNK", chunk)
    monkeypatch.setattr("customers.imports.trying.CHUNK", chunk)
    imported(*LINES)
    before = everything()

    trial = tried(*CHANGED)

    assert everything() == before
    done = imported(*CHANGED)
    assert (trial.created, trial.updated, trial.unchanged, trial.refused) == (1, 1, 1, 2)
    assert (done.created_count, done.updated_count, done.unchanged_count, done.refused_count) == (1, 1, 1, 2)
    assert trial.refused_rows == list(done.refused_rows.values_list("line", "reason"))
    assert trial.created_rows == [Example(4, "Cy · 9 · cy@mail.example")]
    assert trial.updated_rows == [
        Example(
            2,
            "Anna · 7 · new@mail.example",
            [
                ("first_name", "Ana", "Anna"),
                ("email", "", "new@mail.example"),
                ("consent", "granted", "withdrawn"),
            ],
        )
    ]


def test_a_trial_that_is_broken_off_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr("customers.imports.trying.CHUNK", 1)
    customer_import = received(*LINES)
    mapping = guess_mapping(customer_import.header)
    chunks = try_import(customer_import=customer_import, mapping=mapping, defaults={}, at=NOON)

    assert next(chunks).created == 1
    chunks.close()

    assert not Customer.objects.exists()


def test_at_most_twenty_examples_are_kept_of_each_kind():
    trial = tried("email", *(f"p{n}@mail.example" for n in range(30)), *["bad"] * 30)

    assert (trial.created, len(trial.created_rows)) == (30, 20)
    assert (trial.refused, len(trial.refused_rows)) == (30, 20)


def test_the_command_tells_and_writes_nothing(tmp_path):
    imported(*LINES)
    before, kept = everything(), list((tmp_path / "media").rglob("*"))
    file = tmp_path / "customers.csv"
    file.write_text("\n".join(CHANGED))
    said = StringIO()

    call_command("import_customers", file, dry_run=True, stdout=said)

    assert said.getvalue().splitlines() == [
        "5 rows: 1 would be created, 1 updated, 1 unchanged, 2 refused. Nothing was written.",
        "  line 4: new, Cy · 9 · cy@mail.example",
        (
            "  line 2: Anna · 7 · new@mail.example: first_name: “Ana” → “Anna”, email: “” → “new@mail.example”, "
            "consent: “granted” → “withdrawn”"
        ),
        "  line 5: refused, “9” already stands in line 4.",
        "  line 6: refused, “foo@” is not an e-mail address.",
    ]
    assert everything() == before
    assert list((tmp_path / "media").rglob("*")) == kept


COLUMNS = {"column_0": "external_id", "column_1": "email", "column_2": "first_name", "column_3": "consent"}
CHOSEN = COLUMNS | {"language": "en", "country": "BA"}


def test_the_page_tells_before_anything_is_written(admin_client):
    imported(*LINES)
    customer_import = received(*CHANGED)
    before = everything()

    page = admin_client.post(
        reverse("admin:customers_customerimport_columns", args=[customer_import.pk]), CHOSEN | {"try": "1"}
    )

    trial = page.context["trial"]
    assert (page.status_code, trial.created, trial.updated, trial.refused) == (200, 1, 1, 2)
    assert "“foo@” is not an e-mail address." in page.content.decode()
    assert "new@mail.example" in page.content.decode()
    assert everything() == before


def test_a_file_too_large_for_the_page_is_not_tried_there(admin_client, monkeypatch):
    monkeypatch.setattr("customers.admin.imports.LARGEST_ON_A_PAGE", 10)
    customer_import = received(*LINES)
    address = reverse("admin:customers_customerimport_columns", args=[customer_import.pk])

    page = admin_client.post(address, CHOSEN | {"try": "1"})

    assert page.status_code == 400
    assert "--dry-run" in page.content.decode()
    assert 'name="try"' not in page.content.decode()
    assert not Customer.objects.exists()


def test_refused_rows_are_mended_and_sent_again_as_often_as_it_takes(admin_client):
    first = imported("id,email,first name", "1,bad,'=A", "2,b@mail.example,Bo", "3,worse,=C")
    refused = reverse("admin:customers_customerimport_refused", args=[first.pk])
    content = admin_client.get(refused).getvalue().decode()
    assert content.splitlines()[0] == "\ufeffid,email,first name,line in the file,why not imported"

    second = imported(*content.replace("1,bad", "1,a@mail.example").splitlines())
    refused = reverse("admin:customers_customerimport_refused", args=[second.pk])
    content = admin_client.get(refused).getvalue().decode()
    assert content.splitlines()[0] == "\ufeffid,email,first name,line in the file,why not imported"

    third = imported(*content.replace("3,worse", "3,c@mail.example").splitlines())

    assert (second.created_count, second.refused_count, third.created_count) == (1, 1, 1)
    assert list(Customer.objects.order_by("pk").values_list("first_name", flat=True)) == ["Bo", "=A", "=C"]


def test_the_encoding_chosen_at_the_upload_shows_in_the_preview(admin_client):
    file = SimpleUploadedFile("a.csv", "email,first name\na@mail.example,Сара".encode("cp1251"))

    page = admin_client.post(
        reverse("admin:customers_customerimport_add"), {"file": file, "encoding": "cp1251"}, follow=True
    )

    assert "Сара" in page.content.decode()
