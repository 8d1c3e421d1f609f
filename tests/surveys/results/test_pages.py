"""The results of one survey."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from staff.models import AuditEntry
from staff.units import create_unit
from surveys.answering.responses import record_response
from surveys.models import StartedResponse, SurveyLink, SurveyResponse
from surveys.results.choosing import Chosen
from surveys.results.funnel import funnel_of
from surveys.results.questions import results_of
from surveys.results.steps import steps_of
from surveys.writing.drafting import add_question, remove_question
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyLinkFactory,
    published,
)

pytestmark = pytest.mark.django_db
OPTIONS = [{"key": key, "text": {"en": key.title()}} for key in ("a", "b")]


@pytest.fixture
def survey():
    survey = SurveyFactory(questions=[])
    add_question(survey=survey, kind="nps", key="nps")
    add_question(
        survey=survey,
        kind="choices",
        key="uses",
        text={"en": "Uses?"},
        settings={"options": OPTIONS, "other": True},
    )
    add_question(survey=survey, kind="yesno", key="ok", text={"en": "Ok?"})
    add_question(survey=survey, kind="number", key="age", text={"en": "Age?"})
    add_question(
        survey=survey,
        kind="matrix",
        key="grid",
        text={"en": "Grid"},
        settings={"rows": OPTIONS, "options": OPTIONS},
    )
    add_question(
        survey=survey, kind="ranking", key="rank", text={"en": "Rank"}, settings={"options": OPTIONS}
    )
    add_question(survey=survey, kind="date", key="day", text={"en": "Day"})
    add_question(survey=survey, kind="comment", key="why")
    return published(survey)


def answer(survey, at=NOON, customer=None, **answers):
    pks = dict(survey.questions.values_list("key", "pk"))
    return record_response(
        survey=survey,
        customer=customer,
        answers={pks[key]: value for key, value in answers.items()},
        at=at,
    )


def ten(survey):
    """Ten responses: five promoters, three passives, two detractors."""
    for number, score in enumerate((10, 10, 9, 9, 9, 8, 8, 7, 6, 0)):
        answer(
            survey,
            at=NOON + timedelta(minutes=number),
            nps=score,
            uses={"keys": ["a", "other"] if number < 3 else ["a", "b"], "other": "fax" if number < 3 else ""},
            ok=number % 2 == 0,
            age=number + 20,
            grid={"a": "a", "b": "b"},
            rank=["b", "a"] if number < 8 else ["a", "b"],
            day="2026-01-05",
            why=f"Words {number}",
        )


def by_key(chosen):
    return {result.question.key: result for result in results_of(chosen)}


def bars(result):
    return [(bar.label, bar.people, round(bar.share)) for bar in result.bars]


def test_each_question_is_counted_as_its_kind_asks(survey):
    ten(survey)

    found = by_key(Chosen(survey=survey))

    assert (found["nps"].estimate.value, found["nps"].n) == (30.0, 10)
    assert [round(end, 2) for end in found["nps"].estimate.interval] == [-19.05, 65.20]
    assert bars(found["nps"])[0] == ("0", 1, 10)
    assert bars(found["uses"]) == [("a", 10, 100), ("b", 7, 70), ("other", 3, 30)]
    assert bars(found["ok"]) == [("yes", 5, 50), ("no", 5, 50)]
    spread = found["age"].spread
    assert (spread.median, spread.low, spread.high, spread.mean) == (24.5, 22.25, 26.75, 24.5)
    assert [(row, n, [bar.people for bar in row_bars]) for row, n, row_bars in found["grid"].rows] == [
        ("a", 10, [10, 0]),
        ("b", 10, [0, 10]),
    ]
    assert [(key, round(mean, 1), bar.people) for key, mean, bar in found["rank"].ranks] == [
        ("b", 1.2, 8),
        ("a", 1.8, 2),
    ]
    assert bars(found["day"]) == [("2026-01", 10, 100)]
    assert (found["why"].n, found["why"].texts) == (10, [f"Words {number}" for number in (9, 8, 7, 6, 5)])
    assert found["uses"].texts == ["fax", "fax", "fax"]


def test_few_answers_are_hidden(survey):
    for _ in range(4):
        answer(survey, nps=0, why="Me", ok=True)

    found = by_key(Chosen(survey=survey))

    assert [(found[key].n, found[key].is_hidden, found[key].bars) for key in ("nps", "ok")] == [
        (4, True, []),
        (4, True, []),
    ]
    assert (found["nps"].estimate, found["why"].texts) == (None, [])


def test_a_question_no_longer_asked_keeps_its_results_and_tells_its_versions(survey):
    ten(survey)
    remove_question(question=survey.questions.get(key="ok"), at=NOON)
    add_question(survey=survey, kind="ces", key="easy")
    published(survey)

    found = results_of(Chosen(survey=survey))

    assert [(result.question.key, list(result.versions)) for result in found][-2:] == [
        ("easy", [2]),
        ("ok", [1]),
    ]
    assert (found[-1].is_removed, found[-1].n) == (True, 10)


def test_the_funnel_tells_complete_partial_and_broken_off_apart(survey):
    campaign = CampaignFactory(survey=survey)
    invitations = [InvitationFactory(wave__campaign=campaign) for _ in range(4)]
    invitations[0].opened_at = NOON
    invitations[0].save()
    for seconds, complete in ((10, True), (30, True), (20, True), (5, False)):
        response = answer(survey, nps=9)
        SurveyResponse.objects.filter(pk=response.pk).update(seconds=seconds, is_complete=complete)
    common = {"version": survey.version, "started_at": NOON, "saved_at": NOON}
    StartedResponse.objects.create(invitation=invitations[1], page=1, is_settled=True, **common)
    StartedResponse.objects.create(invitation=invitations[2], **common)
    SurveyLink.objects.create(survey=survey, name="Door", code="door", opened=7)

    funnel = funnel_of(Chosen(survey=survey))

    assert (funnel.invited, funnel.opened, funnel.started) == (4, 8, 6)
    assert (funnel.complete, funnel.partial, funnel.broken_off, funnel.going_on) == (3, 1, 1, 1)
    assert (funnel.seconds, funnel.completion) == (20, 60.0)


def test_the_way_through_tells_where_people_stop():
    survey = SurveyFactory(questions=[])
    for kind, starts_page in (("nps", False), ("comment", False), ("statement", True), ("ces", False)):
        add_question(survey=survey, kind=kind, key=kind, text={"en": "?"}, starts_page=starts_page)
    add_question(survey=survey, kind="yesno", key="ok", text={"en": "?"}, starts_page=True)
    published(survey)
    for answers in ({"nps": 9, "ces": 7, "ok": True}, {"nps": 9}):
        answer(survey, **answers)
    for answers in ({"nps": 3}, {"nps": 3, "ces": 2}):
        partial = answer(survey, **answers)
        SurveyResponse.objects.filter(pk=partial.pk).update(is_complete=False)
    for page, is_settled in ((0, True), (1, True), (2, True), (2, False)):
        StartedResponse.objects.create(
            version=survey.version, key=f"{page}{is_settled}", page=page, started_at=NOON, saved_at=NOON,
            is_settled=is_settled,
        )  # fmt: skip
    chosen = Chosen(survey=survey)

    steps = steps_of(chosen, funnel_of(chosen))

    assert [(step.question.key if step.question else "", step.passed, step.stopped) for step in steps] == [
        ("", 7, 1),
        ("nps", 6, 1),
        ("comment", 5, 1),
        ("ces", 4, 2),
        ("ok", 2, 0),
    ]


def test_who_answered_an_older_version_stands_among_the_questions_of_the_newest():
    survey = SurveyFactory(questions=["nps", "comment", "ces"])
    first, _comment, last = survey.questions.order_by("position")
    partial = record_response(survey=survey, customer=None, answers={first.pk: 3, last.pk: 5}, at=NOON)
    SurveyResponse.objects.filter(pk=partial.pk).update(is_complete=False)
    remove_question(question=last, at=NOON)
    old, _new = survey.version, published(survey)

    found = {
        version: [step.passed for step in steps_of(chosen, funnel_of(chosen))]
        for version, chosen in {
            "newest": Chosen(survey=survey),
            "old": Chosen(survey=survey, equal={"version": old}),
        }.items()
    }

    assert found == {"newest": [1, 1, 0], "old": [1, 1, 1, 1]}


def test_a_survey_that_nobody_was_asked_has_no_way_through(django_assert_num_queries):
    survey = SurveyFactory(questions=[])
    chosen = Chosen(survey=survey)
    funnel = funnel_of(chosen)

    with django_assert_num_queries(0):
        assert steps_of(chosen, funnel) == []


def test_filters_narrow_every_figure(survey):
    ten(survey)
    answer(survey, at=NOON + timedelta(days=3), nps=1, why="Late")

    chosen = Chosen(survey=survey, since=NOON + timedelta(days=1))

    assert (by_key(chosen)["nps"].n, funnel_of(chosen).complete) == (1, 1)
    assert by_key(Chosen(survey=survey, until=NOON + timedelta(days=1)))["nps"].n == 10
    assert by_key(Chosen(survey=survey, equal={"channel": "qr"}))["nps"].n == 0
    assert by_key(Chosen(survey=survey, equal={"version": survey.version}))["nps"].n == 11


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def address(survey):
    return reverse("admin:surveys_survey_results", args=[survey.pk])


def test_the_page_tells_results_in_words(marketing, survey):
    ten(survey)

    html = marketing.get(address(survey)).content.decode()

    assert "NPS 30 (−19 to 65)" in html
    assert "Words 9" in html
    assert "Other" in html
    assert html.count("100%</td>") == 4  # option a of “uses”, a mark in each row of the matrix, the month
    assert "10 answers" in html


def test_comments_are_narrowed_by_band_and_paged(marketing, survey):
    ten(survey)
    for number in range(30):
        answer(survey, at=NOON - timedelta(minutes=number + 1), nps=2, why=f"Bad {number}")

    low = marketing.get(address(survey), {"band": "bad"})
    shown = [comment.response.pk for comment in low.context["comments"]["page"].rows]
    older = marketing.get(address(survey), {"band": "bad", "before": low.context["comments"]["page"].before})
    rest = [comment.response.pk for comment in older.context["comments"]["page"].rows]

    assert (len(shown), len(rest), len({*shown, *rest})) == (20, 12, 32)
    assert older.context["comments"]["page"].before is None
    assert len(marketing.get(address(survey), {"band": "middle"}).context["comments"]["page"].rows) == 3


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("delivery", ["Late delivery, broken box"]),
        ("BOX broken", ["Late delivery, broken box"]),
        ("доставка", ["Доставка опоздала"]),
        ("box опоздала", []),
        ("%", []),
    ],
)
def test_comments_are_found_by_their_words(marketing, survey, words, found):
    answer(survey, nps=1, why="Late delivery, broken box")
    answer(survey, nps=2, why="Доставка опоздала")
    answer(survey, nps=9, why="All fine")

    page = marketing.get(address(survey), {"words": words, "version": survey.version_id, "band": "bad"})

    assert [text for comment in page.context["comments"]["page"].rows for text in comment.texts] == found
    html = page.content.decode()
    assert ("No comment here says" in html) == (not found)
    assert f'<input type="hidden" name="version" value="{survey.version_id}">' in html


@pytest.mark.parametrize(
    "query",
    [{"since": "x"}, {"until": "2026-99-99"}, {"campaign": "abc"}, {"before": "9" * 30}, {"band": "'"}],
)
def test_filters_that_cannot_be_read_break_nothing(marketing, survey, query):
    assert marketing.get(address(survey), query).status_code == 200


def test_an_empty_survey_says_so(marketing):
    html = marketing.get(address(SurveyFactory(questions=[]))).content.decode()

    assert "not published yet" in html
    assert "Nobody has been here yet" in html


def test_results_are_for_those_who_may_see_responses(client, survey):
    client.force_login(UserFactory(roles=["Loyalty"]))

    assert client.get(address(survey)).status_code == 403


def test_staff_of_a_unit_see_what_its_customers_answered(client, survey):
    top = create_unit(name="Brand", kind="brand", parent=None)
    ours, theirs = (create_unit(name=name, kind="location", parent=top) for name in ("Ours", "Theirs"))
    for unit, people in ((ours, 5), (theirs, 6), (None, 7)):
        for _ in range(people):
            answer(survey, customer=CustomerFactory(unit=unit), nps=9, why=f"From {unit}")
    client.force_login(UserFactory(roles=["Marketing"], unit=ours))

    page = client.get(address(survey))
    exported = b"".join(client.get(address(survey), {"export": "csv"}).streaming_content).decode()

    assert page.context["results"][0].result.n == 5
    assert "From Theirs" not in page.content.decode()
    assert exported.count("From Ours") == 5
    assert "From Theirs" not in exported


def test_staff_of_a_unit_are_offered_the_ways_to_ask_of_theirs_alone(client, survey):
    units = [create_unit(name=name, kind="brand") for name in ("Ours", "Theirs")]
    for unit in units:
        SurveyLinkFactory(survey=survey, unit=unit, name=f"Counter of {unit}")
    client.force_login(UserFactory(roles=["Marketing"], unit=units[0]))

    html = client.get(address(survey)).content.decode()

    assert ("Counter of Ours" in html, "Counter of Theirs" in html) == (True, False)


@pytest.mark.parametrize("questions", [["nps"], ["nps", "csat", "ces", "comment", "yesno"]])
def test_the_page_costs_the_same_however_much_is_asked(marketing, questions, django_assert_max_num_queries):
    survey = SurveyFactory(questions=[])
    for kind in questions:
        add_question(survey=survey, kind=kind, text={"en": "?"})
    published(survey)
    marketing.get(address(survey))

    with django_assert_max_num_queries(28):
        marketing.get(address(survey))


def test_every_answer_as_a_table(marketing, survey):
    ten(survey)
    answer(survey, at=NOON + timedelta(days=1), nps=0, why="=1+1")

    text = b"".join(marketing.get(address(survey), {"export": "csv"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    sheet = load_workbook(BytesIO(b"".join(marketing.get(address(survey), {"export": "xlsx"})))).active
    told = json.loads(b"".join(marketing.get(address(survey), {"export": "json"}).streaming_content))

    assert (rows[0]["nps"], rows[0]["why"]) == ("0", "'=1+1")
    assert (rows[1]["uses"], rows[1]["ok"], rows[1]["rank"]) == ("A, B", "No", "1. A\n2. B")
    assert rows[10]["uses"] == "A, Other: fax"
    assert (len(rows), sheet.max_row, len(told)) == (11, 12, 11)
    assert told[1]["answers"]["grid"]["value"] == {"a": "a", "b": "b"}
    assert AuditEntry.objects.filter(action="exported").count() == 3


def test_an_unknown_form_of_file_is_not_there(marketing, survey):
    assert marketing.get(address(survey), {"export": "pdf"}).status_code == 404
