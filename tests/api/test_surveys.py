from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from events.delivery import deliver_events
from events.models import Event
from staff.models import User
from surveys.answering.responses import record_response
from surveys.campaigns.approving import what_goes_out
from surveys.models import Campaign, ContactRules, Question, SurveyResponse, Upload
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.surveys import CampaignFactory, SurveyFactory, TopicFactory, published

pytestmark = pytest.mark.django_db
CAMPAIGNS = "/api/v1/campaigns/"
RESPONSES = "/api/v1/responses/"
State = Campaign.State


def draft(api, **given):
    texts = {"subject": {"en": "How are we doing?"}, "body": {"en": "One question."}}
    return api.post(CAMPAIGNS, {"name": "Spring", "survey": SurveyFactory().pk, **texts, **given})


def state_of(page) -> str:
    return Campaign.objects.get(pk=page.json()["id"]).state


def test_a_program_drafts_a_campaign_launches_pauses_resumes_and_cancels_it(api):
    made = draft(api, segment=SegmentFactory().pk)
    campaign = f"{CAMPAIGNS}{made.json()['id']}/"
    start = (timezone.now() + timedelta(days=1)).replace(microsecond=0)

    assert (made.status_code, made.json()["state"]) == (201, "draft")
    assert made.json()["created_by"] == User.objects.get().pk
    assert api.patch(campaign, {"reminders": 2}).json()["reminders"] == 2
    launched = api.post(f"{campaign}launch/", {"starts_at": start.isoformat()}).json()
    assert (launched["state"], datetime.fromisoformat(launched["starts_at"])) == ("scheduled", start)

    Campaign.objects.update(state=State.SENDING)
    assert api.post(f"{campaign}pause/").json()["state"] == "paused"
    assert api.post(f"{campaign}resume/").json()["state"] == "sending"
    assert api.post(f"{campaign}cancel/").json()["state"] == "cancelled"


def test_only_a_draft_is_changed_or_deleted(api):
    made = draft(api)
    campaign = f"{CAMPAIGNS}{made.json()['id']}/"
    api.post(f"{campaign}launch/")

    for refused in (
        api.patch(campaign, {"name": "Autumn"}),
        api.delete(campaign),
        api.post(f"{campaign}resume/"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (Campaign.objects.get().name, state_of(made)) == ("Spring", "scheduled")


def test_a_draft_is_deleted(api):
    made = draft(api)

    assert api.delete(f"{CAMPAIGNS}{made.json()['id']}/").status_code == 204
    assert Campaign.objects.count() == 0


def test_launching_takes_its_own_scope(open_with):
    writer = open_with("campaigns:write")
    made = draft(writer)

    for step in ("launch", "approve", "pause", "resume", "cancel"):
        assert writer.post(f"{CAMPAIGNS}{made.json()['id']}/{step}/").status_code == 403
    assert writer.post(f"{CAMPAIGNS}{made.json()['id']}/request_approval/").status_code == 200
    assert state_of(made) == State.DRAFT


def test_a_campaign_without_questions_is_not_launched(api):
    made = draft(api, survey=SurveyFactory(questions=[]).pk)

    page = api.post(f"{CAMPAIGNS}{made.json()['id']}/launch/")

    assert (page.status_code, page.json()["code"]) == (422, "not_ready")
    assert state_of(made) == State.DRAFT


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"survey": 10**9}, "survey"),
        ({"segment": 10**9}, "segment"),
        ({"channels": ["pigeon"]}, "channels.0"),
        ({"channels": []}, "channels"),
        ({"channels": ["sms", "sms"]}, "channels"),
        ({"kind": "triggered"}, "trigger"),
        ({"kind": "triggered", "trigger": "follow_up"}, "trigger"),
        (
            {
                "kind": "triggered",
                "trigger": "call",
                "trigger_detail": "minutes",
                "trigger_compare": "at_least",
            },
            "trigger_value",
        ),
        ({"kind": "recurring", "sample_size": 5}, "sample_size"),
        ({"sample_percent": 0}, "sample_percent"),
        ({"per_hour": 2**31}, "per_hour"),
        ({"body": {"en": "Dear {nobody}"}}, "body"),
        ({"reminders": 3}, "reminders"),
        ({"subject": {"xx": "?"}}, "subject.xx"),
        ({"subject": {"en": "Hello\r\nBcc: everybody@example.com"}}, "subject.en"),
        ({"body": "One question."}, "body"),
        ({"reminders": -1}, "reminders"),
        ({"state": "sending"}, "state"),
        ({"created_by": 1}, "created_by"),
    ],
)
def test_a_draft_with_a_wrong_field_is_refused(api, given, field):
    page = draft(api, **given)

    assert (page.status_code, list(page.json()["errors"])) == (400, [field])
    assert Campaign.objects.count() == 0


def test_a_program_drafts_every_kind_of_campaign_and_changes_it_within_its_kind(api):
    made = draft(api, kind="triggered", trigger="purchase", channels=["sms", "email"], per_hour=500)
    campaign = f"{CAMPAIGNS}{made.json()['id']}/"

    assert (made.json()["kind"], made.json()["channels"]) == ("triggered", ["sms", "email"])
    assert list(api.patch(campaign, {"trigger": ""}).json()["errors"]) == ["trigger"]
    assert api.patch(campaign, {"kind": "recurring", "trigger": ""}).json()["kind"] == "recurring"


def test_above_the_limit_a_program_waits_for_a_second_person(api, open_with):
    ContactRules.objects.create(approval_from=1)
    IdentityFactory()
    made = draft(api)
    campaign = f"{CAMPAIGNS}{made.json()['id']}/"

    early = api.post(f"{campaign}launch/")
    asked = api.post(f"{campaign}request_approval/")
    own = api.post(f"{campaign}approve/")
    Campaign.objects.update(created_by=None, approval_requested_by=None)
    approved = api.post(f"{campaign}approve/")
    again = api.post(f"{campaign}approve/")

    assert (early.status_code, early.json()["code"]) == (409, "approval_needed")
    assert asked.json()["approval_requested_by"] == made.json()["created_by"]
    assert (own.status_code, own.json()["code"]) == (403, "own_campaign")
    assert approved.json()["approved_by"] == made.json()["created_by"]
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_approve")
    assert api.post(f"{campaign}launch/").json()["state"] == "scheduled"
    assert Campaign.objects.get().approved_at


def test_for_what_was_paused_and_changed_a_program_asks_for_approval_after_a_refusal_that_kept_nothing(api):
    ContactRules.objects.create(approval_from=1)
    IdentityFactory()
    campaign = CampaignFactory(state=State.PAUSED, cleared_of="something else")
    address = f"{CAMPAIGNS}{campaign.pk}/"

    refused = api.post(f"{address}resume/", headers={"Idempotency-Key": "1"})
    asked = api.post(f"{address}request_approval/")
    held_at = Campaign.objects.get().held_at
    again = api.post(f"{address}resume/")

    assert (refused.status_code, refused.json()["code"]) == (409, "approval_needed")
    assert (asked.status_code, asked.json()["state"], held_at is not None) == (200, "paused", True)
    assert (again.status_code, Campaign.objects.get().held_at) == (409, held_at)


@pytest.mark.parametrize(("limit", "is_changed"), [(1, False), (None, True)])
def test_for_what_was_only_paused_or_needs_nobody_no_approval_is_asked(api, limit, is_changed):
    ContactRules.objects.create(approval_from=limit)
    campaign = CampaignFactory(state=State.PAUSED)
    Campaign.objects.update(cleared_of="something else" if is_changed else what_goes_out(campaign))

    assert api.post(f"{CAMPAIGNS}{campaign.pk}/request_approval/").status_code == 409
    assert Campaign.objects.get().held_at is None


def test_a_name_is_taken_once_but_a_draft_keeps_its_own(api):
    CampaignFactory(name="Spring")
    other = draft(api, name="Summer").json()["id"]

    assert list(draft(api).json()["errors"]) == ["name"]
    assert api.patch(f"{CAMPAIGNS}{other}/", {"name": "Summer"}).status_code == 200


def test_a_program_records_what_a_customer_answered_elsewhere(api):
    survey, customer = SurveyFactory(), CustomerFactory(language="bs")
    nps, comment = survey.questions.all()
    answers = [{"question": nps.pk, "score": 0}, {"question": comment.pk, "text": "Nikad više."}]

    page = api.post(RESPONSES, {"survey": survey.pk, "customer": customer.pk, "answers": answers})

    assert page.status_code == 201
    assert (page.json()["score"], page.json()["language"], page.json()["has_comment"]) == (0, "bs", True)
    assert page.json()["answers"] == [
        {"question": nps.pk, "score": 0, "text": "", "value": None},
        {"question": comment.pk, "score": None, "text": "Nikad više.", "value": None},
    ]
    assert Event.objects.filter(type="surveys.response_submitted", subject=page.json()["id"]).count() == 1


def test_no_program_takes_a_file_that_somebody_else_gave(api):
    survey = SurveyFactory(questions=["nps"])
    photo = add_question(survey=survey, kind="file", text={"en": "A photo?"}, is_required=True)
    published(survey)
    upload = Upload.objects.create(
        question=photo,
        file="answers/theirs.png",
        name="theirs.png",
        type="image/png",
        size=4,
        uploaded_at=NOON,
    )
    nps = {"question": survey.questions.get(kind="nps").pk, "score": 7}
    named = {"question": photo.pk, "value": {"upload": upload.pk, "name": "theirs.png", "size": 4}}

    refused = api.post(RESPONSES, {"survey": survey.pk, "answers": [nps, named]})
    taken = api.post(RESPONSES, {"survey": survey.pk, "answers": [nps]})

    upload.refresh_from_db()
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["answers"])
    assert (taken.status_code, upload.survey_response, SurveyResponse.objects.count()) == (201, None, 1)


def test_an_answer_of_the_past_keeps_its_time_and_one_of_the_future_is_refused(api):
    survey = SurveyFactory()
    answers = [{"question": survey.questions.first().pk, "score": 7}]

    def given(at: str):
        return api.post(RESPONSES, {"survey": survey.pk, "answers": answers, "submitted_at": at})

    assert given("2025-01-01T10:00:00Z").status_code == 201
    assert SurveyResponse.objects.get().submitted_at == datetime.fromisoformat("2025-01-01T10:00:00Z")
    assert list(given("2150-01-01T10:00:00Z").json()["errors"]) == ["submitted_at"]
    assert SurveyResponse.objects.count() == 1


def test_a_closed_survey_takes_no_answers(api):
    survey = SurveyFactory(is_open=False)

    page = api.post(
        RESPONSES, {"survey": survey.pk, "answers": [{"question": survey.questions.first().pk, "score": 7}]}
    )

    assert (page.status_code, page.json()["code"]) == (409, "survey_closed")
    assert SurveyResponse.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"score": 11}, "answers.0.score"),
        ({"score": 7, "text": "both"}, "answers.0"),
        ({}, "answers.0"),
        ({"text": "not a score"}, "answers.{question}"),
        ({"question": 10**9, "score": 7}, "answers"),
    ],
)
def test_an_answer_that_does_not_fit_its_question_is_refused(api, answer, field):
    survey = SurveyFactory()
    question = survey.questions.get(kind="nps").pk

    page = api.post(RESPONSES, {"survey": survey.pk, "answers": [{"question": question} | answer]})

    assert (page.status_code, list(page.json()["errors"])) == (400, [field.format(question=question)])
    assert SurveyResponse.objects.count() == 0


def test_a_survey_is_read_with_its_questions(api):
    survey = SurveyFactory(name="Delivery", questions=["csat"])

    page = api.get(f"/api/v1/surveys/{survey.pk}/").json()

    assert (page["name"], [question["kind"] for question in page["questions"]]) == ("Delivery", ["csat"])


def test_a_surveys_questions_are_those_answers_are_judged_by(api, settings):
    survey = SurveyFactory(questions=["csat"])
    address = f"/api/v1/surveys/{survey.pk}/"
    asked = api.get(address).json()["questions"]

    add_question(survey=survey, kind="file", key="photo", text={"en": "A photo?"})
    Question.objects.filter(kind="csat").update(text={"en": "Rewritten"}, is_required=True)
    assert api.get(address).json()["questions"] == asked

    published(survey)
    for takes_files, kinds in ((True, ["csat", "file"]), (False, ["csat"])):
        settings.TAKE_FILES = takes_files
        told = api.get(address).json()["questions"]
        assert [question["kind"] for question in told] == kinds
    assert (told[0]["id"], told[0]["text"], told[0]["is_required"]) == (
        asked[0]["id"],
        {"en": "Rewritten"},
        True,
    )


def test_of_a_survey_that_was_never_published_the_draft_is_read(api):
    survey = SurveyFactory(questions=[])
    add_question(survey=survey, kind="nps", key="score")

    told = api.get(f"/api/v1/surveys/{survey.pk}/").json()

    assert told["version"] is None
    assert [question["key"] for question in told["questions"]] == ["score"]


def test_responses_are_found_by_the_topic_of_their_comment(api):
    survey = SurveyFactory()
    TopicFactory(name="Delivery")
    comment = survey.questions.get(kind="comment")
    late, _fine = (
        record_response(survey=survey, customer=None, answers={comment.pk: text}, at=timezone.now())
        for text in ("Late delivery", "All fine")
    )
    deliver_events(at=timezone.now())

    found = {
        name: [row["id"] for row in api.get(RESPONSES, {"topic": name}).json()["results"]]
        for name in ("Delivery", "delivery", "Price")
    }

    assert found == {"Delivery": [late.pk], "delivery": [], "Price": []}
