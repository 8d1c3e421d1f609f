"""The staff pages by which answers come in from another tool."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.privacy.erasing import erase_customer
from customers.privacy.holdings import ImportInTheWay
from events.delivery import deliver_events
from staff.units import create_unit
from surveys.models import RefusedLine, ResponseImport, Survey, SurveyResponse
from surveys.switching.running import run_imports
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.surveys.switching.answers import SAMPLES, hotel_survey, imported, received, started

pytestmark = pytest.mark.django_db
TAKE_OVER = "admin:surveys_survey_from_file"
UPLOAD, LIST = "admin:surveys_responseimport_add", "admin:surveys_responseimport_changelist"
LINES = b"Date,nps,why,Email,Id\n2024-03-01,9,Warm,ana@customers.example,1\n2024-03-02,11,Cold,,2\n"
GENTLE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"], language="en"))
    return client


def upload(client, contents: bytes = LINES, *, survey=None, name: str = "answers.csv"):
    survey = survey or hotel_survey()
    return client.post(reverse(UPLOAD), {"survey": survey.pk, "file": SimpleUploadedFile(name, contents)})


def page_of(kind: str, pk: int) -> str:
    return reverse(f"admin:surveys_responseimport_{kind}", args=[pk])


def chosen(page, **others: str) -> dict[str, str]:
    """What the browser sends when the columns stay as they were guessed."""
    form = page.context["form"]
    return {name: form[name].value() for name in form.fields} | others


def test_answers_come_in_step_by_step(marketing):
    survey = hotel_survey(name="Hotel")
    ana = IdentityFactory(value="ana@customers.example", customer__first_name="Ana").customer
    for door in (
        reverse("admin:surveys_survey_results", args=[survey.pk]),
        reverse("admin:surveys_survey_change", args=[survey.pk]),
        reverse("admin:surveys_surveyresponse_changelist"),
    ):
        assert "Import answers" in marketing.get(door).content.decode()
    first = marketing.get(reverse(UPLOAD), {"survey": survey.pk})
    assert f'<option value="{survey.pk}" selected>Hotel</option>' in first.content.decode()

    page = upload(marketing, survey=survey)
    columns = marketing.get(page.url)
    assert [(each["name"], each["cells"]) for each in columns.context["columns"]][:2] == [
        ("Date", ["2024-03-01", "2024-03-02"]),
        ("nps", ["9", "11"]),
    ]
    nps, why = (f"question:{survey.questions.get(key=key).pk}" for key in ("nps", "why"))
    assert [each["field"].value() for each in columns.context["columns"]] == ["date", nps, why, "email", "id"]

    looked = marketing.post(page.url, chosen(columns, **{"try": "1"}))
    look = looked.context["look"]
    assert (look.read, look.taken, look.again, look.refused, look.is_whole) == (2, 1, 0, 1, True)
    assert [(example.line, example.is_known) for example in look.examples] == [(2, True)]
    assert look.problems == [(3, "Please choose a number from 0 to 10. nps: 11")]
    assert "Nothing was written." in looked.content.decode()
    assert not SurveyResponse.objects.exists()

    progress = marketing.post(page.url, chosen(columns, source="Our old tool"))
    assert progress.url == page_of("change", ResponseImport.objects.get().pk)
    assert "hx-trigger" in marketing.get(progress.url, {"progress": ""}).content.decode()
    run_imports(at=NOON)

    done = marketing.get(progress.url, {"progress": ""}).content.decode()
    assert "hx-trigger" not in done
    assert "Please choose a number from 0 to 10." in done
    response = SurveyResponse.objects.get()
    assert (response.customer, response.score, response.source) == (ana, 9, "Our old tool")
    assert marketing.get(page.url).url == progress.url  # its columns are not asked again


def test_refused_lines_are_mended_and_sent_again(marketing):
    survey = hotel_survey()
    page = upload(marketing, survey=survey)
    marketing.post(page.url, chosen(marketing.get(page.url)))
    run_imports(at=NOON)
    pk = ResponseImport.objects.get().pk

    refused = b"".join(marketing.get(page_of("refused", pk)).streaming_content)

    assert refused.decode("utf-8-sig").split("\r\n") == [
        "Date,nps,why,Email,Id,line in the file,why not imported",
        "2024-03-02,11,Cold,,2,3,Please choose a number from 0 to 10. nps: 11",
        "",
    ]
    page = upload(marketing, refused.replace(b",11,", b",1,"), survey=survey)
    marketing.post(page.url, chosen(marketing.get(page.url)))
    run_imports(at=NOON)
    assert list(SurveyResponse.objects.order_by("score").values_list("score", "source_id")) == [
        (1, "2"),
        (9, "1"),
    ]


def test_a_head_of_two_lines_stands_above_the_refused_lines_too(marketing):
    contents = (SAMPLES / "surveymonkey.csv").read_bytes()
    page = upload(marketing, contents)
    marketing.post(page.url, chosen(marketing.get(page.url)))
    run_imports(at=NOON)

    address = page_of("refused", ResponseImport.objects.get().pk)
    refused = b"".join(marketing.get(address).streaming_content)
    again = received(refused.replace(b"09:00:00 AM,,", b"09:00:00 AM,03/14/2024 10:00:00 AM,"))

    assert (again.tool, again.labels[10:13]) == (
        "surveymonkey",
        ["The bar", "The pool", "Other (please specify)"],
    )
    assert refused.count(b"118000000003") == 1


def test_a_formula_stays_a_text_in_the_refused_lines(marketing):
    page = upload(marketing, b'Date,nps,why\n,9,"=HYPERLINK(""http://evil.example"")"\n')
    marketing.post(page.url, chosen(marketing.get(page.url)))
    run_imports(at=NOON)

    address = page_of("refused", ResponseImport.objects.get().pk)

    assert "'=HYPERLINK" in b"".join(marketing.get(address).streaming_content).decode()


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "The submitted file is empty."),
        (b"Date,nps\n", "There is no answer in this file"),
        (b"Date,nps\n2024-03-01,9,\xff\n", "Line 2 is not in UTF-8."),
        (b"<!doctype html><p>", "This is a web page, not a table."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_page(marketing, contents, said):
    survey = hotel_survey()

    page = upload(marketing, contents, survey=survey)

    assert page.status_code == 422
    assert said in page.content.decode()
    assert f'<option value="{survey.pk}" selected>' in page.content.decode()
    assert not ResponseImport.objects.exists()


@given(contents=st.binary(max_size=300))
@GENTLE
def test_no_file_of_answers_is_too_strange_for_the_page(marketing, contents):
    page = upload(marketing, contents)
    assert page.status_code in {302, 422}
    if page.status_code == 302:
        columns = marketing.get(page.url)
        assert columns.status_code == 200
        assert marketing.post(page.url, chosen(columns, **{"try": "1"})).status_code in {200, 422}


def test_columns_that_cannot_work_are_said_and_what_was_chosen_stays(marketing):
    page = upload(marketing)
    columns = marketing.get(page.url)

    wrong = marketing.post(page.url, chosen(columns, column_0="", column_2="language", source="Mine"))
    empty = marketing.post(page.url, chosen(columns, source=" ", time_zone="Mars/Base"))

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "Say which column holds the date of the answer." in wrong.content.decode()
    assert [wrong.context["form"][name].value() for name in ("column_2", "source")] == ["language", "Mine"]
    assert set(empty.context["form"].errors) == {"source", "time_zone"}
    assert ResponseImport.objects.get().state == "uploaded"


def test_a_file_can_be_thrown_away(marketing):
    page = upload(marketing)

    assert marketing.post(page.url, {"discard": "1"}).url == reverse(LIST)

    assert not ResponseImport.objects.exists()


def test_without_a_published_survey_the_page_says_what_to_do(marketing):
    page = marketing.get(reverse(UPLOAD)).content.decode()

    assert "Publish a survey first" in page
    assert reverse(TAKE_OVER) in page
    assert 'type="file"' not in page


def test_who_comes_from_a_draft_is_told_to_publish_it_and_imports_into_no_other(marketing):
    hotel_survey(name="Another")
    draft = Survey.objects.create(name="Still a draft")

    page = marketing.get(reverse(UPLOAD), {"survey": draft.pk})
    sent = marketing.post(reverse(UPLOAD), {"survey": "", "file": SimpleUploadedFile("a.csv", LINES)})

    assert "“Still a draft” is not published yet" in page.content.decode()
    assert '<option value="">Choose a survey</option>' in page.content.decode()
    assert (sent.status_code, ResponseImport.objects.exists()) == (422, False)


def test_an_import_that_failed_goes_on_from_where_it_stopped(marketing):
    upload_ = started(received(LINES))
    storage, name = upload_.file.storage, upload_.file.name
    with storage.open(name) as file:
        contents = file.read()
    storage.delete(name)
    run_imports(at=NOON)
    page = page_of("change", upload_.pk)
    assert "It stopped after line 1." in marketing.get(page).content.decode()

    assert storage.save(name, SimpleUploadedFile(name, contents)) == name
    assert marketing.post(page).url == page
    run_imports(at=NOON)

    assert SurveyResponse.objects.get().score == 9


def test_imported_answers_are_marked_and_found_by_their_source(marketing):
    survey = hotel_survey()
    imported(LINES, survey=survey, chosen={"source": "Delighted"})
    imported(LINES, survey=survey, chosen={"source": "Typeform"})
    address = reverse("admin:surveys_surveyresponse_changelist")
    delighted = SurveyResponse.objects.get(source="Delighted")

    listed = marketing.get(address, {"source": "Delighted"})
    detail = marketing.get(reverse("admin:surveys_surveyresponse_change", args=[delighted.pk]))
    results = marketing.get(reverse("admin:surveys_survey_results", args=[survey.pk]), {"source": "Typeform"})
    api = marketing.get("/api/v1/responses/", {"source": "Typeform"}).json()["results"]

    assert [row.pk for row in listed.context["cl"].result_list] == [delighted.pk]
    assert "Typeform" in listed.content.decode()  # as another choice
    assert "Delighted" in detail.content.decode()
    assert [row.response.source for row in results.context["comments"]["page"].rows] == ["Typeform"]
    assert [row["source"] for row in api] == ["Typeform"]


def test_an_imported_answer_stands_on_its_customers_page_with_its_source(marketing):
    ana = IdentityFactory(value="ana@customers.example").customer
    imported(LINES, chosen={"source": "Delighted"})
    deliver_events(at=NOON)

    profile = marketing.get(reverse("admin:customers_customer_change", args=[ana.pk])).content.decode()
    timeline = marketing.get(reverse("admin:journeys_timeline", args=[ana.pk])).content.decode()

    assert "<bdi>Delighted</bdi>" in profile
    assert "1 March 2024" in timeline
    assert "<bdi>Delighted</bdi>" in timeline


def test_results_of_a_survey_without_imports_ask_for_no_source(marketing):
    page = marketing.get(reverse("admin:surveys_survey_results", args=[hotel_survey().pk]))

    assert "source" not in page.context["form"].fields


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_of_imports_costs_the_same_at_any_length(marketing, django_assert_max_num_queries, n):
    survey = hotel_survey()
    for _ in range(n):
        upload(marketing, survey=survey)

    with django_assert_max_num_queries(8):
        assert marketing.get(reverse(LIST)).status_code == 200


@pytest.mark.parametrize("door", ["columns", "change", "refused"])
def test_strangers_see_nothing_of_an_import(client, door):
    pk = received(LINES).pk
    client.force_login(UserFactory(roles=["Support"]))

    assert client.get(page_of(door, pk)).status_code == 403
    assert client.post(page_of(door, pk), {"discard": "1"}).status_code == 403
    assert ResponseImport.objects.get().state == "uploaded"


def test_analysts_read_about_imports_and_start_none(client):
    done = imported(LINES)
    client.force_login(UserFactory(roles=["Analysts"]))

    assert client.get(reverse(LIST)).status_code == 200
    assert client.get(page_of("change", done.pk)).status_code == 200
    assert client.get(reverse(UPLOAD)).status_code == 403
    assert upload(client).status_code == 403
    assert client.post(page_of("change", done.pk)).status_code == 403


def test_who_sees_only_a_unit_is_told_whom_they_recognise(client):
    unit = create_unit(name="Shop A", kind="brand")
    client.force_login(UserFactory(roles=["Marketing"], unit=unit, language="en"))

    page = client.get(upload(client).url).content.decode()

    assert "Only customers of “Shop A” are recognised." in page


def test_a_survey_with_imports_stays(marketing):
    survey = hotel_survey()
    upload(marketing, survey=survey)

    page = marketing.post(reverse("admin:surveys_survey_delete", args=[survey.pk]), {"post": "yes"})

    assert page.status_code == 403
    assert Survey.objects.get() == survey


def test_an_erasure_finds_whoever_stands_in_a_file_or_among_its_refused_lines():
    customer = CustomerFactory(first_name="Amina", last_name="Kanárek")
    IdentityFactory(customer=customer, value="ana@customers.example")
    imported(b"Date,nps,Email\n,9,ana@customers.example\n")
    waiting = started(received(LINES))
    with pytest.raises(ImportInTheWay):
        erase_customer(customer=customer, by=None, at=NOON, reason="requested")

    ResponseImport.objects.filter(pk=waiting.pk).update(state="failed")
    erasure = erase_customer(customer=customer, by=None, at=NOON, reason="requested")

    waiting.refresh_from_db()
    assert (waiting.file.name, RefusedLine.objects.count(), erasure.is_verified) == ("", 0, True)
    assert waiting.failure.startswith("The file was thrown away")
