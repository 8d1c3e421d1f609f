"""What a public page says to machines: search engines, screen readers, browsers; and what it keeps to itself."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from surveys.models import Question, SurveyResponse, Upload
from surveys.public.pages import LARGEST_REQUEST
from surveys.ways.tokens import token_for
from surveys.writing.drafting import add_question, change_question
from surveys.writing.publishing import NotPublishable, publish_survey
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.surveys import InvitationFactory, SurveyFactory, SurveyLinkFactory, published

pytestmark = pytest.mark.django_db
UNLISTED = "noindex, nofollow"


def robots(page):
    told = re.search(r'name="robots" content="([^"]+)"', page.content.decode())[1]
    assert page.headers["X-Robots-Tag"] == told
    return told


def test_search_engines_may_know_an_open_link_and_nothing_else(client):
    survey = SurveyFactory()
    for kind in ("open", "qr", "embed", "kiosk"):
        SurveyLinkFactory(survey=survey, kind=kind, code=kind)
    invitation = InvitationFactory()
    addresses = [
        *(f"/a/{kind}/" for kind in ("open", "qr", "embed")),
        "/k/kiosk/",
        f"/a/open/{'0' * 32}/",
        f"/s/{token_for(invitation.pk)}/",
        f"/u/{token_for(invitation.pk)}/",
        "/s/1-nobody/",
    ]

    told = [robots(client.get(address)) for address in addresses]

    assert told == ["index, nofollow"] + [UNLISTED] * 7


def test_a_page_describes_itself(client):
    SurveyLinkFactory(code="open", survey=SurveyFactory(title={"en": "Your “visit”"}))

    html = client.get("/a/open/").content.decode()

    assert 'name="description" content="Your “visit” – It takes about twenty seconds."' in html


@pytest.mark.parametrize("kind", ["nps", "csat", "csat3", "ces", "ces5", "effort"])
def test_a_scale_is_announced_with_its_ends(client, kind):
    SurveyLinkFactory(code="open", survey=SurveyFactory(questions=[kind]))

    html = client.get("/a/open/").content.decode()

    described_by = re.search(r'<fieldset class="question[^>]+aria-describedby="([^"]+)"', html)[1]
    ends = re.search(rf'<p class="ends" id="{described_by}"[^>]*>(.*?)</p>', html)[1]
    said = re.sub("<[^>]+>", " ", ends).split()
    scale = {"nps": "0 10", "csat3": "1 3", "ces": "1 7"}.get(kind, "1 5").split()
    assert [word.strip(":") for word in said if word.strip(":").isdigit()] == scale


def test_what_we_know_of_a_customer_decides_and_is_not_told(client):
    survey = SurveyFactory(questions=["nps"])
    risky = add_question(survey=survey, kind="comment", key="why", text={"en": "Thinking of leaving?"})
    both = {
        "all": [
            {"attribute": "churn_risk", "op": "is", "value": "very high"},
            {"context": "agent", "op": "is_not", "value": "Amra"},
            {"question": survey.questions.first().key, "op": "band", "value": "bad"},
        ]
    }
    change_question(question=risky, show_if=both)
    published(survey)
    risky_one = CustomerFactory(attributes={"churn_risk": "very high"})
    pages = [
        client.get(f"/s/{token_for(InvitationFactory(wave__campaign__survey=survey, customer=who).pk)}/")
        for who in (risky_one, CustomerFactory())
    ]

    for page in pages:
        html = page.content.decode()
        assert not any(word in html for word in ("churn_risk", "very high", "Amra", "attribute", "context"))
    conditions = [re.search(r'data-show-if="([^"]+)"', page.content.decode())[1] for page in pages]
    assert ["{&quot;not&quot;: {}}" in each for each in conditions] == [False, True]


def test_a_request_that_is_far_too_large_is_not_read(client):
    SurveyLinkFactory(code="open")
    address = f"/a/open/{'0' * 32}/"

    pages = [
        client.generic("POST", address, b"x", CONTENT_LENGTH=str(size))
        for size in (LARGEST_REQUEST + 1, 10**20)
    ]

    assert [page.status_code for page in pages] == [413, 413]
    assert all("That is too long" in page.content.decode() for page in pages)
    assert SurveyResponse.objects.count() == 0


def with_file(survey):
    return add_question(
        survey=survey, kind="file", key="picture", text={"en": "A picture?"}, is_required=True
    )


def test_files_are_off_until_somebody_turns_them_on(settings):
    settings.TAKE_FILES = False
    survey = SurveyFactory()
    with_file(survey)

    with pytest.raises(NotPublishable) as refusal:
        publish_survey(survey=survey, by=None, at=NOON)

    assert [flaw.question.kind for flaw in refusal.value.flaws] == [Question.Kind.FILE]
    assert "TAKE_FILES=1" in str(refusal.value.flaws[0].sentence)


def test_where_files_are_turned_off_again_nobody_is_asked_for_one(client, settings):
    survey = SurveyFactory()
    picture = with_file(survey)
    published(survey)
    SurveyLinkFactory(survey=survey, code="open")
    settings.TAKE_FILES = False
    sent = SimpleUploadedFile("picture.pdf", b"%PDF-1.7")

    shown = client.get("/a/open/").content.decode()
    score = re.search(r'name="(q\d+)"', shown)[1]
    page = client.post(f"/a/open/{'0' * 32}/", {score: "9", f"q{picture.pk}": sent})

    assert "A picture?" not in shown
    assert page.status_code == 302
    assert SurveyResponse.objects.get().score == 9
    assert Upload.objects.count() == 0
