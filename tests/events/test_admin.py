import pytest
from django.urls import reverse

from events.models import Event, ReactionRetry
from tests.conftest import NOON
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:events_reactionretry_changelist")


def failed_reaction() -> ReactionRetry:
    event = Event.objects.create(type="room.happened", subject=1, at=NOON, delivered_at=NOON)
    return ReactionRetry.objects.create(
        event=event,
        reaction="room.react",
        state=ReactionRetry.State.GIVEN_UP,
        attempts=7,
        due_at=NOON,
        error="ValueError: seven",
    )


def try_again(client, retry: ReactionRetry):
    return client.post(LIST, {"action": "try_reactions_again", "_selected_action": [retry.pk]})


def test_staff_reads_what_failed_and_asks_for_one_more_try(client):
    retry = failed_reaction()
    client.force_login(UserFactory(roles=["Administrators"]))

    assert "ValueError: seven" in client.get(LIST).content.decode()
    try_again(client, retry)

    retry.refresh_from_db()
    assert (retry.state, retry.attempts) == (ReactionRetry.State.WAITING, 1)


def test_others_neither_see_nor_change_it(client):
    retry = failed_reaction()
    client.force_login(UserFactory(roles=["Support"]))

    assert client.get(LIST).status_code == 403
    assert try_again(client, retry).status_code == 403

    retry.refresh_from_db()
    assert retry.state == ReactionRetry.State.GIVEN_UP


def test_the_log_of_events_is_only_read(client):
    event = failed_reaction().event
    client.force_login(UserFactory(roles=["Administrators"]))
    page = reverse("admin:events_event_change", args=[event.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"type": "room.other"}).status_code == 403
    assert client.get(reverse("admin:events_event_add")).status_code == 403
    event.refresh_from_db()
    assert event.type == "room.happened"
