"""Files customers give with an answer."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from customers.models import Customer
from customers.privacy.erasing import erase_customer
from staff.models import AuditEntry
from staff.units import create_unit
from surveys.answering.settling import settle_started
from surveys.answering.uploads import throw_away_unanswered
from surveys.models import Answer, StartedResponse, Survey, SurveyResponse, Upload
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.customers.test_erasing import COUNTED
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def invitation():
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="file", key="photo", text={"en": "A photo?"}, settings={"megabytes": 1})
    return InvitationFactory(wave__campaign=CampaignFactory(survey=published(survey)))


def fields(invitation):
    nps, photo = invitation.wave.campaign.survey.questions.all()
    return f"q{nps.pk}", f"q{photo.pk}"


def address(invitation):
    return reverse("survey-answer", args=[token_for(invitation.pk)])


def picture(name="broken phone.png", kind="PNG"):
    written = BytesIO()
    Image.new("RGB", (4, 4), "red").save(written, kind)
    return SimpleUploadedFile(name, written.getvalue())


def test_a_picture_comes_with_the_answer(client, invitation, tmp_path):
    score, photo = fields(invitation)

    page = client.post(address(invitation), {score: "2", photo: picture()})

    assert page.status_code == 302
    upload = Upload.objects.get()
    assert (upload.name, upload.type, upload.survey_response) == (
        "broken phone.png",
        "image/png",
        SurveyResponse.objects.get(),
    )
    assert Answer.objects.get(question__kind="file").value == {
        "upload": upload.pk,
        "name": "broken phone.png",
        "size": upload.size,
    }
    assert (tmp_path / upload.file.name).stat().st_size == upload.size


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("photo.png", b"MZ\x90\x00 not a picture", content_type="image/png"),
        SimpleUploadedFile("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        SimpleUploadedFile("photo.pdf", b"<html>"),
        SimpleUploadedFile("large.pdf", b"%PDF-" + b"0" * 1024 * 1024),
        SimpleUploadedFile("half.png", b"\x89PNG\r\n\x1a\n\x00\x00"),
    ],
    ids=lambda file: file.name,
)
def test_a_file_that_lies_about_its_type_or_is_too_large_is_refused(client, invitation, file):
    score, photo = fields(invitation)

    page = client.post(address(invitation), {score: "2", photo: file})

    assert page.status_code == 422
    assert "Please choose the file again" in page.content.decode()
    assert 'value="2" id' in page.content.decode() or 'value="2" checked' in page.content.decode()
    assert (Upload.objects.count(), SurveyResponse.objects.count()) == (0, 0)


def test_a_file_is_kept_while_something_else_is_corrected(client, invitation):
    score, photo = fields(invitation)
    page = client.post(address(invitation), {score: "11", photo: picture("../../evil\\..\\me.jpg", "JPEG")})
    ticket = re.search(rf'name="{photo}-kept" value="([^"]+)"', page.content.decode()).group(1)

    client.post(address(invitation), {score: "10", f"{photo}-kept": ticket})

    assert Answer.objects.get(question__kind="file").value["name"] == "me.jpg"
    assert Upload.objects.get().survey_response.score == 10


@pytest.mark.parametrize("ticket", ["1", "1:forged", "", "x:y:z"])
def test_a_forged_ticket_brings_no_file(client, invitation, ticket):
    score, photo = fields(invitation)
    client.post(address(invitation), {score: "11", photo: picture()})

    page = client.post(address(invitation), {score: "2", f"{photo}-kept": ticket})

    assert page.status_code == (302 if ticket == "" else 422)
    assert Upload.objects.get().survey_response is None


@pytest.mark.parametrize("change", [{"is_open": False}, {"quota": 1, "taken": 1}])
def test_a_survey_that_takes_no_answers_keeps_no_files(client, invitation, tmp_path, change):
    score, photo = fields(invitation)
    Survey.objects.update(**change, changed_at=timezone.now())

    page = client.post(address(invitation), {score: "2", photo: picture()})

    assert page.status_code == 410
    assert (Upload.objects.count(), [each for each in tmp_path.rglob("*") if each.is_file()]) == (0, [])


def test_neither_does_a_survey_that_was_answered(client, invitation):
    score, photo = fields(invitation)
    client.post(address(invitation), {score: "2"})

    client.post(address(invitation), {score: "3", photo: picture()})

    assert (Upload.objects.count(), SurveyResponse.objects.get().score) == (0, 2)


def test_files_without_an_answer_are_thrown_away(client, invitation, tmp_path):
    score, photo = fields(invitation)
    client.post(address(invitation), {score: "11", photo: picture()})
    path = tmp_path / Upload.objects.get().file.name

    gone = [throw_away_unanswered(at=timezone.now() + timedelta(days=days)) for days in (1, 3)]

    assert (gone, Upload.objects.count(), path.exists()) == ([0, 1], 0, False)


def begun_long_ago(client, invitation):
    """A file, saved with a first page, and thrown away before the answer was sent."""
    survey = invitation.wave.campaign.survey
    add_question(survey=survey, kind="comment", key="more", starts_page=True)
    published(survey)
    score, photo, comment = (f"q{question.pk}" for question in survey.questions.all())
    client.post(address(invitation), {"page": "1", score: "2", photo: picture()})
    throw_away_unanswered(at=timezone.now() + timedelta(days=3))
    return photo, comment


def test_a_file_that_was_thrown_away_meanwhile_is_asked_for_again(client, invitation):
    photo, comment = begun_long_ago(client, invitation)

    page = client.post(address(invitation), {"page": "2", comment: "Broken"})

    assert page.status_code == 422
    assert "Please choose the file again" in page.content.decode()
    assert (SurveyResponse.objects.count(), StartedResponse.objects.count()) == (0, 1)
    client.post(address(invitation), {"page": "1", photo: picture("again.png")})
    client.post(address(invitation), {"page": "2", comment: "Broken"})
    assert SurveyResponse.objects.get().uploads.get().name == "again.png"


def test_an_answer_nobody_finished_is_settled_without_the_file_that_was_thrown_away(client, invitation):
    begun_long_ago(client, invitation)

    settle_started(at=timezone.now() + timedelta(days=4))

    response = SurveyResponse.objects.get()
    assert (response.score, [answer.question.kind for answer in response.answers.all()]) == (2, ["nps"])


def test_an_erased_customers_files_go(client, invitation, tmp_path):
    score, photo = fields(invitation)
    client.post(address(invitation), {score: "2", photo: picture()})
    path = tmp_path / Upload.objects.get().file.name

    erase_customer(customer=invitation.customer, by=None, at=NOON, **COUNTED)

    assert (Upload.objects.count(), path.exists()) == (0, False)
    assert Answer.objects.get(question__kind="file").value is None


def given_file(client, invitation):
    score, photo = fields(invitation)
    client.post(address(invitation), {score: "2", photo: picture()})
    return Upload.objects.get()


def file_of(upload):
    return reverse("admin:surveys_surveyresponse_file", args=[upload.pk])


@pytest.mark.parametrize("role", ["Support", "Marketing", "Analysts"])
def test_who_may_read_the_answer_can_keep_its_file(client, invitation, role):
    upload = given_file(client, invitation)
    user = UserFactory(roles=[role])
    client.force_login(user)

    answer = client.get(reverse("admin:surveys_surveyresponse_change", args=[upload.survey_response_id]))
    page = client.get(file_of(upload))

    assert f'href="{file_of(upload)}">broken phone.png</a>' in answer.content.decode()
    assert b"".join(page.streaming_content) == picture().read()
    assert page["Content-Disposition"] == 'attachment; filename="broken phone.png"'
    assert (page["Content-Type"], page["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert page["Content-Security-Policy"].startswith("sandbox")
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.user, entry.subject_kind, entry.subject, entry.detail) == (
        user,
        "surveys.surveyresponse",
        upload.survey_response_id,
        {"file": upload.pk},
    )


def test_a_stranger_gets_no_file(client, invitation):
    upload = given_file(client, invitation)
    brand, other = create_unit(name="Zeta", kind="brand"), create_unit(name="Meridian", kind="brand")
    Customer.objects.update(unit=brand)

    assert client.get(file_of(upload)).url.startswith("/admin/login/")
    for user, status in (
        (UserFactory(is_staff=True), 403),
        (UserFactory(roles=["Loyalty"]), 403),
        (UserFactory(roles=["Support"], unit=other), 404),
        (UserFactory(roles=["Support"], unit=brand), 200),
    ):
        client.force_login(user)
        page = client.get(file_of(upload))
        assert (page.status_code, page.getvalue() == picture().read()) == (status, status == 200)
    assert AuditEntry.objects.filter(action="exported").count() == 1


def test_a_file_without_an_answer_or_without_bytes_is_not_found(client, invitation):
    upload = given_file(client, invitation)
    client.force_login(UserFactory(roles=["Support"]))

    upload.file.storage.delete(upload.file.name)
    assert client.get(file_of(upload)).status_code == 404
    Upload.objects.update(survey_response=None)
    assert client.get(file_of(upload)).status_code == 404
    assert not AuditEntry.objects.filter(action="exported").exists()
