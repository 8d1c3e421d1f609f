"""A survey that takes no answers says why, in the customer's language, and gives back what was typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from surveys.models import Campaign, Survey, SurveyLink, SurveyResponse
from surveys.ways.tokens import token_for
from tests.factories.surveys import InvitationFactory, SurveyFactory, SurveyLinkFactory

pytestmark = pytest.mark.django_db
FULL, ENDED, CLOSED = "all the answers we wanted", "This survey has ended", "This survey is closed"


def close(how):
    yesterday = timezone.now() - timedelta(days=1)
    match how:
        case "quota":
            Survey.objects.update(quota=1, taken=1)
        case "last day":
            Survey.objects.update(closes_at=yesterday)
        case "by staff":
            Survey.objects.update(is_open=False)
        case "end of campaign":
            Campaign.objects.update(ends_at=yesterday)
        case "cancelled":
            Campaign.objects.update(state="cancelled")
        case "link switched off":
            SurveyLink.objects.update(is_active=False)
        case "last day of link":
            SurveyLink.objects.update(closes_at=yesterday)
    Survey.objects.update(changed_at=timezone.now())


def heading(page):
    return re.search(r"<h1>(.*?)</h1>", page.content.decode())[1]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("quota", FULL),
        ("last day", ENDED),
        ("by staff", CLOSED),
        ("end of campaign", ENDED),
        ("cancelled", CLOSED),
    ],
)
def test_a_personal_link_says_why(client, how, said):
    invitation = InvitationFactory()
    address = f"/s/{token_for(invitation.pk)}/"
    score, comment = (
        f"q{pk}" for pk in invitation.wave.campaign.survey.questions.values_list("pk", flat=True)
    )
    client.get(address)
    close(how)

    shown, sent = client.get(address), client.post(address, {score: "9", comment: "Do not lose me"})

    assert [page.status_code for page in (shown, sent)] == [410, 410]
    assert all(said in heading(page) for page in (shown, sent))
    assert "Do not lose me" in sent.content.decode()
    assert SurveyResponse.objects.count() == 0


@pytest.mark.parametrize("kind", ["open", "kiosk"])
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("quota", FULL),
        ("last day", ENDED),
        ("by staff", CLOSED),
        ("link switched off", CLOSED),
        ("last day of link", ENDED),
    ],
)
def test_an_open_link_and_a_kiosk_say_why(client, kind, how, said):
    link = SurveyLinkFactory(kind=kind)
    close(how)

    page = client.get(f"/a/{link.code}/", follow=True)

    assert page.status_code == 410
    assert said in heading(page)


def test_the_last_day_is_told_by_the_readers_calendar(client):
    last_day = datetime(2026, 3, 20, 12, tzinfo=UTC)
    SurveyLinkFactory(code="door", survey=SurveyFactory(closes_at=last_day))

    page = client.get("/a/door/?lang=fa").content.decode()

    assert "۲۹ اسفند ۱۴۰۴" in page


def test_who_is_a_moment_too_late_for_the_last_place_is_told_so(client):
    survey = SurveyFactory(quota=1)
    late, early = (InvitationFactory(wave__campaign__survey=survey) for _each in range(2))
    score = f"q{survey.questions.first().pk}"
    for each in (late, early):
        client.get(f"/s/{token_for(each.pk)}/")

    pages = [client.post(f"/s/{token_for(each.pk)}/", {score: "9"}) for each in (early, late)]

    assert [page.status_code for page in pages] == [302, 410]
    assert FULL in heading(pages[1])
    assert SurveyResponse.objects.count() == 1
