"""Who looked at a link: people are counted as people, and machines that follow links before them are not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from surveys.answering.responses import submit_response
from surveys.ledger.counting import count_rows
from surveys.models import Invitation, SurveyLink, SurveyResponse
from surveys.ways.tokens import token_for
from tests.conftest import NOON
from tests.factories.surveys import InvitationFactory, SurveyFactory

pytestmark = pytest.mark.django_db

BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel)"
YESTERDAY = timezone.now() - timedelta(days=1)


def look(client, invitation, *, program=BROWSER, method="get"):
    address = reverse("survey-answer", args=[token_for(invitation.pk)])
    assert getattr(client, method)(address, headers={"user-agent": program}).status_code == 200
    invitation.refresh_from_db()
    return invitation


def opened(invitation):
    return invitation.opened_at is not None, invitation.machine_opened_at is not None


@pytest.mark.parametrize(
    ("program", "method", "sent_ago", "by_person"),
    [
        (BROWSER, "get", timedelta(days=1), True),
        (BROWSER, "get", timedelta(seconds=2), False),
        (BROWSER, "head", timedelta(days=1), False),
        (SCANNER, "get", timedelta(days=1), False),
        ("WhatsApp/2.23.20.0 A", "get", timedelta(days=1), False),
        ("python-requests/2.32", "get", timedelta(days=1), False),
        ("", "get", timedelta(days=1), False),
    ],
)
def test_a_look_is_a_persons_or_a_machines(client, program, method, sent_ago, by_person):
    invitation = InvitationFactory(sent_at=timezone.now() - sent_ago)

    look(client, invitation, program=program, method=method)

    assert opened(invitation) == (by_person, not by_person)


def test_who_looks_has_clicked_and_a_machine_has_not(client):
    looked = look(client, InvitationFactory(sent_at=YESTERDAY, opened_at=NOON))
    scanned = look(client, InvitationFactory(sent_at=YESTERDAY), program=SCANNER)
    told = look(client, InvitationFactory(sent_at=YESTERDAY, clicked_at=NOON))

    assert looked.opened_at == told.clicked_at == NOON
    assert looked.clicked_at > NOON
    assert scanned.clicked_at is None


def test_a_reminder_that_is_scanned_is_no_look_of_a_person(client):
    invitation = InvitationFactory(sent_at=YESTERDAY, reminded_at=timezone.now())

    assert opened(look(client, invitation)) == (False, True)


def test_the_cockpit_counts_a_scanned_link_among_the_machines_until_a_person_comes(client):
    invitation = InvitationFactory(sent_at=YESTERDAY)

    def counted():
        [row] = count_rows(Invitation.objects.all(), at=timezone.now())["rows"]
        return row[6:8]

    look(client, invitation, program=SCANNER)
    assert counted() == [0, 1]

    look(client, invitation)
    assert counted() == [1, 0]


def test_who_answers_has_opened_it_however_their_program_looks_and_a_telephone_opens_nothing(client):
    hidden, called = InvitationFactory(sent_at=YESTERDAY), InvitationFactory(sent_at=YESTERDAY)
    look(client, hidden, program="")

    for invitation, channel in ((hidden, None), (called, "phone")):
        score = invitation.wave.campaign.survey.questions.get(kind="nps")
        submit_response(invitation=invitation, answers={score.pk: 9}, language="en", at=NOON, channel=channel)
        invitation.refresh_from_db()

    assert (hidden.opened_at, called.opened_at) == (NOON, None)
    assert SurveyResponse.objects.count() == 2


def test_of_looks_at_open_links_only_those_of_people_count(client):
    link = SurveyLink.objects.create(survey=SurveyFactory(), name="Door", code="door")
    address = reverse("survey-open", args=[link.code])

    for program in (BROWSER, BROWSER, SCANNER, "Googlebot/2.1", ""):
        client.get(address, headers={"user-agent": program})
    client.head(address, headers={"user-agent": BROWSER})

    link.refresh_from_db()
    assert link.opened == 2
