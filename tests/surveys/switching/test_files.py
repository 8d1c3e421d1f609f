"""What a file of answers may look like from the outside, and what is said about those that cannot be read."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from surveys.models import Answer, ResponseImport, SurveyResponse
from surveys.switching.columns import guess_mapping
from surveys.switching.running import asked_in, run_imports
from surveys.switching.taken import NotReadable
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.surveys.switching.answers import counts, hotel_survey, imported, reasons, received, started

pytestmark = pytest.mark.django_db
PLAIN = "Date,Score,Comment\n2024-03-01,9,Čisto и быстро\n2024-03-02,3,کثیف\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def words() -> list[str]:
    return list(Answer.objects.exclude(text="").order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_usual_marks_separators_and_line_ends(encoding, separator, line_end):
    text = PLAIN.replace(",", separator).replace("\n", line_end)

    upload = imported(text.encode(encoding))

    assert (upload.header, counts(upload)) == (["Date", "Score", "Comment"], (2, 0, 0, 0))
    assert words() == ["Čisto и быстро", "کثیف"]


def test_an_older_encoding_is_read_when_it_is_named_and_else_refused():
    contents = "Date,Score,Comment\n2024-03-01,9,Быстро\n".encode("cp1251")

    with pytest.raises(NotReadable, match="Line 2 is not in UTF-8"):
        received(contents)
    imported(contents, encoding="cp1251")

    assert words() == ["Быстро"]


def test_a_workbook_is_read_like_the_table_it_shows():
    book, file = Workbook(), io.BytesIO()
    for row in (["Date", "Score", "Comment"], ["2024-03-01", 9, "Good"], ["2024-03-02", 0, "=1+1"]):
        book.active.append(row)
    book.active["C3"].data_type = "s"
    book.save(file)

    upload = imported(file.getvalue())

    assert counts(upload) == (2, 0, 0, 0)
    assert sorted(SurveyResponse.objects.values_list("score", flat=True)) == [0, 9]
    assert words() == ["Good", "=1+1"]


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "The file is empty."),
        (b"Date,Score\n", "There is no answer in this file"),
        (b"Date,Score\n\n\n", "There is no answer in this file"),
        (b"Date\n2024-03-01\n", "between 2 and 500 columns"),
        ((",".join(map(str, range(501))) + "\n1\n").encode(), "between 2 and 500 columns"),
        (b'"Date,Score\n2024-03-01,9\n', "must hold the names of the columns"),
        (b"<html><table><tr><td>Date</td></tr></table>", "This is a web page, not a table."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "not"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "old format .xls"),
        (b"PK\x03\x04 no zip", "This workbook is damaged."),
        (b"\x00\x01\x02\x03,\x04", "not a text file"),
    ],
)
def test_what_is_no_table_is_refused_in_words_and_leaves_nothing(contents, said):
    survey = hotel_survey()

    with pytest.raises(NotReadable) as refused:
        received(contents, survey=survey)

    assert said in str(refused.value)
    assert not ResponseImport.objects.exists()


def test_answers_wait_for_a_published_survey():
    survey = hotel_survey()
    survey.version = None

    with pytest.raises(NotReadable, match="Publish the survey first"):
        received(PLAIN.encode(), survey=survey)


def test_heads_with_line_breaks_doubles_and_gaps():
    contents = b'Date,"How likely are\nyou to recommend us?",Why?,Why?,,\n2024-03-01,9,First,Second,third,\n'

    upload = imported(contents)

    assert upload.header == ["Date", "How likely are you to recommend us?", "Why?", "Why?", "", ""]
    assert counts(upload) == (1, 0, 0, 0)
    assert words() == ["First"]  # the second of that name is for a person to choose


def test_a_second_line_of_the_head_may_be_empty():
    contents = (
        b"Respondent ID,Collector ID,Start Date,End Date,How likely to recommend?\n,,,,\n"
        b"1001,C1,01/13/2024,01/14/2024,8\n"
    )

    upload = imported(contents)

    assert (counts(upload), SurveyResponse.objects.get().score) == ((1, 0, 0, 0), 8)


def test_without_its_second_line_the_first_answer_is_not_taken_for_a_head():
    contents = (
        b"StartDate,EndDate,ResponseId,nps\n2024-03-01 08:00,2024-03-01 08:05,R_1,9\n2024-03-01,,R_2,4\n"
    )

    upload = imported(contents)

    assert counts(upload) == (1, 0, 0, 1)
    assert reasons(upload) == [(3, "The date is missing.")]


def test_blank_lines_are_nothing_and_short_ones_are_filled():
    contents = b"Date,Score,Comment\n\n,,\n2024-03-01,9\n , , \n"

    upload = imported(contents)

    assert (upload.rows_read, counts(upload)) == (1, (1, 0, 0, 0))


def test_the_names_of_columns_in_other_languages_are_understood():
    contents = "Отметка времени,Электронная почта,nps\n2024-03-01 10:00,a@b.example,9\n".encode()

    upload = received(contents)

    assert (
        upload.tool,
        guess_mapping(upload.header, [], tool=upload.tool, questionnaire=asked_in(upload)),
    ) == (
        "google-forms",
        {"0": "date", "1": "email", "2": f"question:{upload.survey.questions.get(key='nps').pk}"},
    )


@pytest.mark.parametrize("size", [500, 1_200])
def test_a_long_file_is_read_from_where_the_last_chunk_ended(size):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Date", "Score", "Comment", "Id"])
    writer.writerows(["2024-03-01 10:00", number % 11, "", number] for number in range(size))

    upload = imported(text.getvalue().encode())

    assert (counts(upload), upload.percent, upload.line) == ((size, 0, 0, 0), 100, size + 1)
    assert not upload.file


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "2024-03-01",
            "9",
            "11",
            "-1",
            "",
            "=1+1",
            '"',
            "a@b.example",
            "\x00",
            "x" * 4001,
            "The bar, x",
            "13/13/2024",
        ]
    ),
)


@given(
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=6),
    mess=st.binary(max_size=20),
    at=st.integers(0, 400),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251"]),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_stands_in_a_file_is_taken_or_refused(rows, mess, at, encoding):
    survey = hotel_survey()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Date", "nps", "used", "Parts [Seat]", "back", "rank price", "Why?", "Email", "Id"])
    writer.writerows(rows)
    contents = text.getvalue().encode(encoding, errors="replace")
    contents = contents[:at] + mess + contents[at:]

    try:
        upload = received(contents, survey=survey, by=UserFactory())
    except NotReadable:
        assert not survey.response_imports.exists()
        return
    question = survey.questions.get(key="nps")
    started(upload, mapping={"0": "date", "1": f"question:{question.pk}"})
    assert run_imports(at=NOON)

    upload.refresh_from_db()
    assert (upload.state, upload.failure) == ("done", "")
    assert upload.taken_count + upload.again_count + upload.refused_count == upload.rows_read
    assert upload.refused_lines.count() == upload.refused_count
    assert SurveyResponse.objects.filter(survey=survey).count() == upload.taken_count
