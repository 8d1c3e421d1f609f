"""`manage.py import_customers`: what cannot be imported is told in words, and leaves nothing behind."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer, CustomerImport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def import_lines(tmp_path):
    """What the command says about a file of these lines."""

    def run(*lines: str, encoding: str = "utf-8", **options) -> str:
        file = tmp_path / "customers.csv"
        file.write_bytes("\n".join(lines).encode(encoding))
        said = StringIO()
        call_command("import_customers", file, stdout=said, **options)
        return said.getvalue()

    return run


def nothing_left_behind(settings) -> bool:
    files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    return not files and not CustomerImport.objects.exists() and not Customer.objects.exists()


def test_a_file_in_another_encoding_is_refused_by_its_line(import_lines, settings):
    with pytest.raises(CommandError, match=r"customers\.csv: Line 3 is not in UTF-8\."):
        import_lines("email,first name", "a@mail.example,Ana", "b@mail.example,Željko", encoding="cp1250")

    assert nothing_left_behind(settings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Say which column holds the e-mail address"),
        ({"map": ["email=E-Mail"]}, "The file has no column “E-Mail”."),
        ({"map": ["shoe=plan"]}, "“shoe” is not something a column can hold."),
    ],
)
def test_a_missing_column_is_told_with_those_the_file_has(import_lines, settings, options, words):
    with pytest.raises(CommandError) as refusal:
        import_lines("first name,plan", "Ana,Gold", **options)

    assert str(refusal.value).startswith(words)
    assert str(refusal.value).endswith("\nThe file has: first name, plan")
    assert nothing_left_behind(settings)


def test_a_matching_that_is_none_is_refused(import_lines, settings):
    with pytest.raises(CommandError, match="--map email: write it as TARGET=COLUMN"):
        import_lines("email", "a@mail.example", map=["email"])

    assert nothing_left_behind(settings)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_customers", tmp_path / "missing.csv")


def test_whoever_stands_in_the_file_twice_is_imported_once_and_told(import_lines):
    said = import_lines("email,first name", "a@mail.example,Ana", "b@mail.example,Bo", "A@MAIL.example,Other")

    first, refused = said.splitlines()
    assert first == "3 rows: 2 created, 0 updated, 0 unchanged, 1 refused."
    assert refused.startswith("  line 4: ")
    assert sorted(Customer.objects.values_list("first_name", flat=True)) == ["Ana", "Bo"]
