"""Answers of other tools become answers here: each once, with their own date, and nobody is bothered."""

from datetime import datetime, timedelta
from itertools import islice

import pytest
from django.core import mail

from customers.imports.uploads import AlreadyStarted, claim_first
from events.delivery import deliver_events
from events.models import Event
from followups.models import FollowUp
from insights.models import DailyScore
from insights.rebuilding import compare_rollups
from journeys.models import Interaction
from loyalty.models import Account, Entry
from staff.models import AuditEntry, Notification, StaffMail
from staff.units import create_unit
from surveys.answering.responses import IMPORTED, record_response
from surveys.models import Answer, RefusedLine, ResponseImport, SurveyResponse
from surveys.questions.checking import COMMENT_LENGTH
from surveys.results.choosing import Chosen
from surveys.results.funnel import funnel_of
from surveys.switching.columns import ColumnsRefused
from surveys.switching.running import discard_import, prune_imports, run_import, run_imports, start_import
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.loyalty import EarnRuleFactory
from tests.factories.staff import UserFactory
from tests.surveys.switching.answers import counts, hotel_survey, imported, reasons, received, started

pytestmark = pytest.mark.django_db
HEAD = "Date,nps,why,Email,Id\n"
ANA = "2024-03-01 10:00,0,Cold,ana@customers.example,1\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def file(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(lines)).encode()


def answer_here(survey, customer=None) -> None:
    """A detractor, just now."""
    pks = dict(survey.questions.values_list("key", "pk"))
    answers = {pks["nps"]: 2, pks["parts"]: {"seat": "good", "food": "bad"}}
    record_response(survey=survey, customer=customer, answers=answers, at=NOON)


def everything() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (SurveyResponse, Answer, Interaction, DailyScore)
    ]


def test_an_imported_answer_keeps_its_date_and_says_where_it_came_from():
    survey = hotel_survey(touchpoint=TouchpointFactory(), quota=1)
    ana = IdentityFactory(value="ana@customers.example").customer

    imported(file(ANA), survey=survey, chosen={"source": "Delighted 2024"})

    response = SurveyResponse.objects.get()
    assert response.submitted_at.isoformat() == "2024-03-01T09:00:00+00:00"  # ten in Sarajevo
    assert (response.source, response.source_id, response.channel) == ("Delighted 2024", "1", "import")
    assert (response.customer, response.touchpoint, response.version) == (
        ana,
        survey.touchpoint,
        survey.version,
    )
    assert (response.score, response.score_kind, response.has_comment, response.is_test) == (
        0,
        "nps",
        True,
        False,
    )
    survey.refresh_from_db()
    assert survey.taken == 0  # the answers wanted are wanted from now on


def test_nobody_is_bothered_about_what_was_long_ago():
    """An unhappy customer of two years ago: on their timeline and in the figures, and nowhere else."""
    survey = hotel_survey()
    FollowUpRuleFactory(survey=survey, threshold=10)
    EarnRuleFactory(points=50)
    ana = IdentityFactory(value="ana@customers.example").customer
    imported(file(ANA, "2024-03-01 11:00,10,,,2\n"), survey=survey)

    deliver_events(at=NOON)
    deliver_events(at=NOON)

    assert [event.type for event in Event.objects.all()] == [IMPORTED]
    for model in (FollowUp, Entry, Account, Notification, StaffMail):
        assert not model.objects.exists(), model
    assert mail.outbox == []
    line = Interaction.objects.get()
    assert (line.customer, line.kind, line.at) == (
        ana,
        "survey_answered",
        datetime.fromisoformat("2024-03-01T09:00:00+00:00"),
    )
    assert line.detail == {"score": 0, "score_kind": "nps", "language": "en", "source": "CSV"}
    day = DailyScore.objects.get()
    assert (str(day.day), day.channel, day.n0, day.n10) == ("2024-03-01", "import", 1, 1)
    assert compare_rollups() == []


def test_an_answer_given_here_still_alerts_and_earns():
    survey = hotel_survey()
    FollowUpRuleFactory(survey=survey, threshold=6)
    EarnRuleFactory(points=50)
    imported(file(ANA), survey=survey)
    answer_here(survey, customer=CustomerFactory())

    deliver_events(at=NOON)

    assert (FollowUp.objects.count(), Entry.objects.get().points) == (1, 50)


def test_figures_agree_while_an_import_is_still_to_be_counted():
    imported(file(ANA))

    assert DailyScore.objects.count() == 0
    assert compare_rollups() == []  # what an event still owes is left out
    deliver_events(at=NOON)
    assert (DailyScore.objects.count(), compare_rollups()) == (1, [])


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("Id", "Whatever")])
def test_the_same_file_twice_adds_nothing(head):
    survey = hotel_survey()
    lines = (ANA, "2024-03-02,9,,,2\n", "2024-03-02,9,Good,,3\n")
    first = imported(file(*lines, head=head), survey=survey)
    deliver_events(at=NOON)
    before = everything()

    second = imported(file(*lines, head=head), survey=survey)
    deliver_events(at=NOON)

    assert (counts(first)[:2], counts(second)[:2]) == ((3, 0), (0, 3))
    assert everything() == before
    assert Event.objects.filter(type=IMPORTED).count() == 1


def test_a_longer_export_adds_what_is_new():
    survey = hotel_survey()
    imported(file(ANA), survey=survey)

    later = imported(file(ANA.replace("Cold", "Cold!"), "2024-03-02,9,,,2\n"), survey=survey)

    assert counts(later)[:2] == (1, 1)
    assert list(Answer.objects.exclude(text="").values_list("text", flat=True)) == ["Cold"]


def test_two_surveys_may_both_have_an_answer_number_one():
    imported(file(ANA), survey=hotel_survey())
    other = imported(file(ANA), survey=hotel_survey())

    assert counts(other)[:2] == (1, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-03-01,11,,,1", "Please choose a number from 0 to 10. nps: 11"),
        ("2024-03-01,-1,,,1", "Please choose a number from 0 to 10. nps: -1"),
        ("2024-03-01,8.5,,,1", "Please choose a number from 0 to 10. nps: 8.5"),
        ("2024-03-01,Promoter,,,1", "Please choose a number from 0 to 10. nps: Promoter"),
        ("2024-03-01,=10,,,1", "Please choose a number from 0 to 10. nps: =10"),
        ("2024-03-01,,,,1", "It holds no answer."),
        (",9,,,1", "The date is missing."),
        ("1 Foo,9,,,1", "“1 Foo” is no date."),
        ("2200-01-01,9,,,1", "The date is still to come: 2200-01-01."),
        ("2024-03-01,9,a,,1,b", "The row has 6 cells; the first line has 5."),
        ("2024-03-01,9,a\x00b,,1", "The row holds a NUL character, which is not text."),
        ('2024-03-01,9,"open,,1', "A quotation mark is missing, or the row is far too long."),
        (
            "2024-03-01,9," + "x" * 4001 + ",,1",
            "Please shorten your comment: it has 4001 characters, we can keep 4000. why: " + "x" * 60,
        ),
    ],
)
def test_a_bad_line_is_refused_with_its_reason_and_the_others_go_on(line, reason):
    upload = imported(file("2024-03-01,5,,,a\n", line + "\n", "2024-03-01,6,,,b\n"))

    assert (reasons(upload), counts(upload)) == ([(3, reason)], (2, 0, 0, 1))
    assert COMMENT_LENGTH == 4000


@pytest.mark.parametrize("cell", ["9", "9.0", " 9 ", "9 - Very likely", "۹", "9 stars"])
def test_a_nine_in_all_its_spellings(cell):
    imported(file(f"2024-03-01,{cell},,,1\n"))

    assert SurveyResponse.objects.get().score == 9


def test_what_a_spreadsheet_would_calculate_is_kept_as_it_was_typed():
    imported(file("2024-03-01,9,=SUM(1),,1\n", "2024-03-01,9,'=SUM(2),,2\n"))

    assert sorted(Answer.objects.exclude(text="").values_list("text", flat=True)) == ["=SUM(1)", "=SUM(2)"]


@pytest.mark.parametrize(
    ("head", "cell", "reason"),
    [
        ("used", "Sauna", ""),
        ("back", "maybe", "Please choose yes or no. back: maybe"),
        ("Parts [Seat]", "Ugly", "Please choose from the list. Parts [Seat]: Ugly"),
        ("Rank [Price]", "1", "Please give every line its own place. Rank [Price]: 1"),
    ],
)
def test_answers_of_other_kinds_are_checked_as_here(head, cell, reason):
    upload = imported(file(f"2024-03-01,{cell}\n", head=f"Date,{head}\n"))

    assert reasons(upload) == ([(2, reason)] if reason else [])


def test_customers_of_other_units_are_not_recognised_for_who_sees_only_a_unit():
    brand = create_unit(name="Meridian", kind="brand")
    ours, theirs = (create_unit(name=name, kind="location", parent=brand) for name in ("A", "B"))
    here = IdentityFactory(value="here@customers.example", customer__unit=ours).customer
    IdentityFactory(value="there@customers.example", customer__unit=theirs)
    IdentityFactory(value="nowhere@customers.example", customer__unit=None)
    lines = [f"2024-03-01,9,,{name}@customers.example,{name}\n" for name in ("here", "there", "nowhere")]

    upload = imported(file(*lines), by=UserFactory(unit=ours, roles=["Marketing"], language="en"))

    assert counts(upload) == (3, 0, 1, 0)
    known = SurveyResponse.objects.filter(customer__isnull=False)
    assert [(response.source_id, response.customer) for response in known] == [("here", here)]


@pytest.mark.parametrize("email", ["", "no address", "Unknown@customers.example"])
def test_an_answer_of_nobody_we_know_is_an_answer(email):
    upload = imported(file(f"2024-03-01,9,,{email},1\n"))

    assert (counts(upload), SurveyResponse.objects.get().customer) == ((1, 0, 0, 0), None)


def test_reasons_are_in_the_language_of_whoever_brought_the_file():
    upload = imported(file("2024-03-01,11,,,1\n"), by=UserFactory(language="ru"))

    assert "Пожалуйста, выберите число от 0 до 10." in upload.refused_lines.get().reason


def test_the_version_that_was_published_when_the_file_came_is_the_one_that_is_answered():
    survey = hotel_survey()
    upload = received(file(ANA), survey=survey)
    survey.questions.filter(key="nps").update(text={"en": "Another wording"})
    newer = publish_survey(survey=survey, by=None, at=NOON)

    started(upload)
    run_imports(at=NOON)

    assert SurveyResponse.objects.get().version == upload.version != newer


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({}, "Say which column holds the date of the answer."),
        ({"0": "date"}, "Say which columns hold answers"),
        ({"0": "date", "1": "date"}, "Two columns are matched with the same."),
        ({"0": "date", "9": "email"}, "Look at the columns once more."),
        ({"0": "date", "1": "question:0"}, "Look at the columns once more."),
        ({"0": "date", "x": "email"}, "Look at the columns once more."),
    ],
)
def test_columns_that_cannot_work_are_refused_and_nothing_begins(mapping, reason):
    upload = received(file(ANA))

    with pytest.raises(ColumnsRefused, match=reason):
        started(upload, mapping=mapping)

    upload.refresh_from_db()
    assert (upload.state, upload.mapping) == ("uploaded", {})
    assert not AuditEntry.objects.exists()


def test_an_import_is_started_once_and_written_down():
    upload = started(received(file(ANA)))

    with pytest.raises(AlreadyStarted):
        start_import(
            upload=upload, mapping=upload.mapping or {"0": "date", "1": nps_of(upload)}, days_first=True,
            time_zone="UTC", source="x", by=upload.created_by, at=NOON,
        )  # fmt: skip

    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.subject_kind, entry.subject) == (
        upload.created_by,
        "created",
        "surveys.responseimport",
        upload.pk,
    )
    assert entry.detail == {"survey": upload.survey_id, "source": "CSV"}
    assert not discard_import(upload=upload)


def nps_of(upload) -> str:
    return f"question:{upload.survey.questions.get(key='nps').pk}"


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("chunks_done", [0, 1, 3])
def test_after_a_kill_the_next_worker_goes_on_without_doubling(monkeypatch, chunks_done):
    monkeypatch.setattr("surveys.switching.running.CHUNK", 10)
    lines = [f"2024-03-01 10:{number:02},9,,,{number}\n" for number in range(35)]
    upload = started(received(file(*lines, ",9,,,bad\n")))
    claimed = claim_first(ResponseImport.objects.all())
    list(islice(run_import(claimed, at=NOON), chunks_done))
    ResponseImport.objects.update(lease_until=None)

    def die(*args, **kwargs) -> None:
        raise Killed

    killed = claim_first(ResponseImport.objects.all())
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RefusedLine.objects, "bulk_create", die)  # after the answers were written
        list(run_import(killed, at=NOON))
    assert SurveyResponse.objects.count() == 10 * chunks_done

    assert run_imports(at=NOON + timedelta(minutes=5))

    upload.refresh_from_db()
    assert (counts(upload), upload.rows_read) == ((35, 0, 0, 1), 36)
    assert (SurveyResponse.objects.count(), Answer.objects.count()) == (35, 35)
    deliver_events(at=NOON)
    assert sum(day.n9 for day in DailyScore.objects.all()) == 35


@pytest.mark.parametrize("n", [1, 40])
def test_a_chunk_is_a_fixed_number_of_queries(django_assert_max_num_queries, n):
    lines = [f"2024-03-01,9,Why {i},p{i}@customers.example,{i}\n" for i in range(n)]
    for i in range(n):
        IdentityFactory(value=f"p{i}@customers.example")
    started(received(file(*lines)))
    claimed = claim_first(ResponseImport.objects.select_related("survey", "created_by"))

    with django_assert_max_num_queries(18):
        list(run_import(claimed, at=NOON))


def test_what_imports_leave_behind_is_forgotten_after_a_while():
    done = imported(file(",9,,,1\n", ANA))
    received(file(ANA))
    failed = received(file(ANA))
    ResponseImport.objects.filter(pk=failed.pk).update(state="failed", finished_at=NOON)

    assert prune_imports(at=NOON + timedelta(days=6)) == 0
    assert prune_imports(at=NOON + timedelta(days=8)) == 1  # nobody matched its columns
    assert done.refused_lines.count() == 1
    assert prune_imports(at=NOON + timedelta(days=31)) == 2
    assert (done.refused_lines.count(), SurveyResponse.objects.count()) == (0, 1)
    failed.refresh_from_db()
    assert not failed.file


def test_the_funnel_leaves_out_what_it_cannot_know():
    survey = hotel_survey()
    imported(file(ANA, "2024-03-02,9,,,2\n"), survey=survey)
    answer_here(survey)

    funnel = funnel_of(Chosen(survey=survey))
    narrowed = funnel_of(Chosen(survey=survey, equal={"source": "CSV"}))

    assert (funnel.complete, funnel.completion, funnel.imported) == (1, 100.0, [("CSV", 2)])
    assert (narrowed.started, narrowed.invited, narrowed.imported) == (0, 0, [("CSV", 2)])
