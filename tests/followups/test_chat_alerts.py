"""What the chat of a team reads: who and how unhappy, once a step, and never what they wrote."""

from datetime import timedelta

import pytest

from events.models import Event
from followups.holdings import forget_messages
from followups.reactions import alert_owner
from followups.working.escalation import escalate_overdue
from staff.models import ChatMessage
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import AnswerFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CHAT = "https://chat.example/hook"


@pytest.fixture
def rule():
    return FollowUpRuleFactory(team=TeamFactory(chat_address=CHAT, members=[UserFactory()]))


def waiting(rule, **fields):
    """Due at NOON; the owner is reminded an hour before, the manager told two hours after."""
    times = {"due_at": NOON, "warn_at": NOON - HOUR, "manager_at": NOON + 2 * HOUR}
    return FollowUpFactory(rule=rule, **{"opened_at": NOON - 4 * HOUR, **times, **fields})


def posted():
    return list(ChatMessage.objects.order_by("pk").values_list("title", "due_at"))


def test_the_chat_learns_of_each_step_once(rule, settings):
    settings.PUBLIC_BASE_URL = "https://cx.example"
    ana = CustomerFactory(first_name="Ana <b>", last_name="& Co")
    owner = UserFactory(first_name="Amra", last_name="Begić")
    row = waiting(rule, owner=owner, survey_response__customer=ana)
    AnswerFactory(survey_response=row.survey_response, text="My secret complaint")
    event = Event(type="followups.follow_up_opened", subject=row.pk, at=NOON - 4 * HOUR)

    for _ in range(2):
        alert_owner([event])
        for hours in (-1, 0, 1, 3):
            escalate_overdue(at=NOON + hours * HOUR + timedelta(minutes=1))

    assert posted() == [
        ("1 new follow-up", NOON - 4 * HOUR),
        ("1 follow-up is due soon", NOON - HOUR + timedelta(minutes=1)),
        ("1 follow-up is overdue", NOON + timedelta(minutes=1)),
        ("1 follow-up is overdue still", NOON + 3 * HOUR + timedelta(minutes=1)),
    ]
    texts = set(ChatMessage.objects.order_by("pk").values_list("text", flat=True))
    link = f"<https://cx.example/admin/followups/followup/{row.pk}/|Ana ＜b＞ ＆ Co gave 2/10>"
    assert f"*1 follow-up is overdue*\n• {link} · Owner: Amra Begić · due: 4 March 2026, 13:00" in texts
    assert not any("secret" in text for text in texts)


def test_of_very_many_twenty_are_listed_in_one_message(rule):
    for _ in range(21):
        waiting(rule)

    escalate_overdue(at=NOON + HOUR)

    [message] = ChatMessage.objects.all()
    assert message.title == "21 follow-ups are overdue"
    assert message.text.count("\n• ") == 20
    assert message.text.endswith("/admin/followups/followup/inbox/|… and the others in the inbox>")


def test_the_chat_reads_the_language_of_the_teams_lead(rule):
    rule.team.lead = UserFactory(language="ru")
    rule.team.save()
    waiting(rule)

    escalate_overdue(at=NOON + HOUR)

    assert "is overdue" not in ChatMessage.objects.get().title


def test_a_team_without_a_chat_posts_nothing():
    waiting(FollowUpRuleFactory(team=TeamFactory(chat_address="")))

    escalate_overdue(at=NOON + HOUR)

    assert ChatMessage.objects.count() == 0


def test_of_somebody_erased_nothing_waits_to_be_posted(rule):
    first, second = waiting(rule), waiting(rule)
    stays = waiting(FollowUpRuleFactory(team=TeamFactory(chat_address=CHAT)))
    escalate_overdue(at=NOON + HOUR)

    forget_messages(second.pk)

    assert [message.team for message in ChatMessage.objects.all()] == [stays.team]
    assert first.pk < second.pk
