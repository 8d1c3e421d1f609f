"""Messages through the company's own app: signed, with an id that tells a repeat."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from mail.messages import Ending, Message, Outcome
from mail.models import KeptMail
from mail.post import post_office
from mail.reading import Channel
from tests.mail.conftest import SIGNING
from tests.web import Reply, running_web

pytestmark = pytest.mark.django_db
MESSAGE = Message(
    "",
    "app-user-7",
    '{"text": "Kako smo? 👋", "link": "https://cx.example/s/1-a/"}'.encode(),
    "invitation.42.1",
)


@pytest.fixture(autouse=True)
def app(settings, own_machine):
    settings.MESSAGE_WEBHOOK_SECRET = SIGNING
    settings.OUTBOUND_TIMEOUT = timedelta(seconds=1)


def through(url: str, settings) -> Outcome:
    settings.MESSAGE_WEBHOOK_URL = url
    with post_office(Channel.APP) as post:
        (outcome,) = post.hand_over([MESSAGE])
    return outcome


def test_the_app_gets_the_link_and_can_check_who_sends_it(settings):
    with running_web(lambda _call: Reply(202)) as web:
        assert through(f"{web.url}/messages?v=1", settings) == Outcome(
            Ending.ACCEPTED, "202", id="invitation.42.1"
        )

        (call,) = web.calls
        assert (call.method, call.path, call.headers["webhook-id"]) == (
            "POST",
            "/messages?v=1",
            "invitation-42-1",
        )
        assert Webhook(SIGNING).verify(call.body, call.headers) == {
            "type": "message.send",
            "id": "invitation.42.1",
            "to": "app-user-7",
            "message": {"text": "Kako smo? 👋", "link": "https://cx.example/s/1-a/"},
        }


@pytest.mark.parametrize(
    ("reply", "ending"),
    [
        (Reply(200, b'{"id": "push-1"}'), Ending.ACCEPTED),
        (Reply(204), Ending.ACCEPTED),
        (Reply(200, b"\xff garbage"), Ending.ACCEPTED),
        (Reply(400), Ending.REFUSED),
        (Reply(410), Ending.REFUSED),
        (Reply(422), Ending.REFUSED),
        (Reply(301, headers={"Location": "https://elsewhere.example/"}), Ending.NOT_SENT),
        (Reply(401), Ending.NOT_SENT),
        (Reply(404), Ending.NOT_SENT),
        (Reply(429), Ending.NOT_SENT),
        (Reply(500), Ending.NOT_SENT),
        (Reply(504), Ending.UNKNOWN),
        (Reply(after=3), Ending.UNKNOWN),
    ],
)
def test_whatever_the_app_answers_has_an_ending(settings, reply, ending):
    with running_web(lambda _call: reply) as web:
        assert through(web.url, settings).ending is ending

        assert len({call.headers["webhook-id"] for call in web.calls}) == 1
        assert len(web.calls) == (2 if ending is Ending.UNKNOWN else 1)


def test_an_app_that_took_the_message_and_lost_its_answer_is_asked_again(settings):
    taken: list[str] = []

    def app(call):
        number = call.headers["webhook-id"]
        is_new = number not in taken
        taken.append(number)
        return Reply(hangs_up=True) if is_new else Reply(200, json.dumps({"id": "push-1"}).encode())

    with running_web(app) as web:
        assert through(web.url, settings) == Outcome(Ending.ACCEPTED, '200 {"id": "push-1"}', id="push-1")
    assert taken == ["invitation-42-1"] * 2


def test_without_an_app_messages_stay_on_the_outbox_page(settings):
    assert through("", settings) == Outcome(Ending.ACCEPTED, "kept", id="invitation.42.1")
    kept = KeptMail.objects.get()
    assert (kept.channel, kept.recipient, bytes(kept.message)) == ("app", "app-user-7", MESSAGE.content)
