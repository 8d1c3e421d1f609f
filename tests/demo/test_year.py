"""Two months of the demo's year with some of its customers: what there has to be to look at, is there."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.db.models import Count

from demo import organisation, year
from demo.people import people
from followups.improvements.publishing import public_improvements
from followups.improvements.raising import count_people
from followups.improvements.telling import ledger_of
from followups.models import Improvement, Message, MessageFile
from mail.models import DeliveryReport
from staff.models import Notification
from surveys.contact.policy import rules_now
from surveys.ledger.tallies import standing_of
from surveys.models import Campaign, ContactCap, Invitation, Topic

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CUSTOMERS, DAYS = 700, 50
TODAY = datetime(
    2026, 11, 26, 9, 30, tzinfo=UTC
)  # a Thursday: what there is to see may not depend on the day


@pytest.fixture
def built(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(organisation, "people", lambda: islice(people(), CUSTOMERS))
    monkeypatch.setattr(organisation, "DAYS", DAYS)
    monkeypatch.setattr(year, "DAYS", DAYS)
    monkeypatch.setattr("demo.contact.APPROVAL_FROM", 500)
    organisation.build_organisation(at=TODAY)
    return TODAY


def test_there_is_something_to_see_of_campaigns_and_topics_and_nothing_lies_ahead_of_now(built):
    campaigns = {campaign.name: campaign for campaign in Campaign.objects.all()}
    standing = {name: standing_of(campaign, at=built) for name, campaign in campaigns.items()}

    assert {campaign.kind for campaign in campaigns.values()} >= {"once", "recurring", "triggered"}
    assert {campaign.state for campaign in campaigns.values()} >= {"draft", "scheduled", "sending", "paused"}
    waiting = campaigns["What should we improve next year?"]
    assert (waiting.state, waiting.approved_at) == ("draft", None)
    assert Notification.objects.filter(source__startswith=f"campaign:{waiting.pk}:requested").exists()
    assert campaigns["How are we doing? Everybody twice a year"].approved_by.username == "petra"

    rolling = standing["How are we doing? Everybody twice a year"]
    assert rolling.asked > 100
    assert 0.9 * rolling.asked < rolling.delivered <= rolling.asked
    assert 0 < rolling.answered <= rolling.opened <= rolling.delivered
    thanks = standing["Thank you for four years"]
    assert {each.reason for each in thanks.left_out} >= {"control_group", "sampled_out"}
    hamburg = standing["Hamburg after the network works"]
    assert hamburg.asked
    assert hamburg.planned
    assert sum(deferral.people for each in standing.values() for deferral in each.deferrals)
    assert ContactCap.objects.count() == 3
    assert rules_now().quiet_from

    assert set(DeliveryReport.objects.values_list("kind", flat=True)) >= {"delivered", "opened", "clicked"}
    assert set(Invitation.objects.asked().values_list("channel", flat=True)) == {"email", "sms"}
    for moment in ("sent_at", "delivered_at", "opened_at", "answered_at"):
        assert not Invitation.objects.filter(**{f"{moment}__gt": built + timedelta(seconds=1)}).exists()
    names = Campaign.objects.values_list("subject", flat=True)
    assert all(set(texts) & {"en", "fa"} for texts in names)

    comments = dict(Topic.objects.annotate(people=Count("comments")).values_list("name", "people"))
    assert len(comments) == 7
    assert min(comments.values()) >= 5, comments

    improvements = {improvement.title: improvement for improvement in Improvement.objects.all()}
    assert {each.state for each in improvements.values()} >= {
        "proposed",
        "planned",
        "doing",
        "done",
        "declined",
    }
    call_back = improvements["A call back instead of a queue"]
    assert call_back.state in {"done", "measured"}
    raised = count_people([each.pk for each in improvements.values()])
    assert raised.get(call_back.pk, 0) >= ledger_of(call_back).people  # so small a demo may lack its cause
    assert sum(raised.values()) > 0
    assert len(public_improvements(None, language="fa")) == 2
    assert set(Message.objects.values_list("direction", "kind", "state")) >= {
        ("out", "person", "sent"),
        ("in", "person", "received"),
        ("out", "automatic", "sent"),
        ("in", "automatic", "received"),
    }
    assert not Message.objects.filter(at__gt=built).exists()
    assert list(MessageFile.objects.kept().values_list("name", "type")) == [
        ("router.jpg", "image/jpeg"),
        ("invoice.pdf", "application/pdf"),
    ]
