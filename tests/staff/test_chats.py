"""Posting to the chats of teams: a real server on this machine stands for Slack."""

import json
from datetime import timedelta
from ipaddress import ip_network
from unicodedata import normalize

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from staff.chats import escaped, link, send_chat_messages, try_chat
from staff.models import ChatMessage, Team
from staff.notifications import post_chat_messages
from staff.outgoing import try_again
from tests.conftest import NOON
from tests.factories.staff import TeamFactory, UserFactory
from tests.web import Reply, running_web

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _this_machine_may_be_called(settings):
    settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]


def post(team, *texts, **fields):
    post_chat_messages(
        ChatMessage(team=team, source=f"source:{n}", title="Look", text=text, due_at=NOON, **fields)
        for n, text in enumerate(texts)
    )


def said(web):
    return [json.loads(call.body) for call in web.calls]


def kept():
    rows = ChatMessage.objects.order_by("pk")
    return list(rows.values_list("state", "attempts", "error", "text"))


def test_a_message_is_posted_once_and_its_text_is_not_kept():
    with running_web(lambda _call: Reply(200, b"ok")) as web:
        team = TeamFactory(chat_address=f"{web.url}/services/T0/B0/secret")
        post(team, "Two customers wait", "One more")
        post(team, "Two customers wait")

        assert [send_chat_messages(at=NOON), send_chat_messages(at=NOON)] == [2, 0]

    assert said(web) == [{"text": "Two customers wait"}, {"text": "One more"}]
    assert {(call.method, call.path, call.headers["content-type"]) for call in web.calls} == {
        ("POST", "/services/T0/B0/secret", "application/json")
    }
    assert kept() == [("sent", 1, "", ""), ("sent", 1, "", "")]


def test_a_name_cannot_become_a_link_or_call_everybody():
    assert link("https://cx.example/1/", "<!channel> Tom & Ana") == (
        "<https://cx.example/1/|＜!channel＞ Tom ＆ Ana>"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("@channel @all @here @everyone", "＠channel ＠all ＠here ＠everyone"),
        ("<!here> <@U024BE7LH> <#C024BE7LH>", "＜!here＞ ＜＠U024BE7LH＞ ＜＃C024BE7LH＞"),
        ("[your prize](https://evil.example)", "［your prize］(https:|//evil.|example)"),
        ("![](http://evil.example/spy.png)", "!［］(http:|//evil.|example/spy.|png)"),
        ("www.evil.example ana@evil.example", "www.|evil.|example ana＠evil.|example"),
        ("**Ana** __B__ ~~C~~ `D` ||E||", "＊＊Ana＊＊ ＿＿B＿＿ ～～C～～ ｀D｀ ｜｜E｜｜"),
        ("Ana\n\n# Alarm\r\n> said", "Ana ＃ Alarm ＞ said"),
        ("\\@all &lt;", "＼＠all ＆lt;"),
        ("J. R. O’Neil-Šarić 2/10, due 04.03.2026 13:00", "J. R. O’Neil-Šarić 2/10, due 04.03.2026 13:00"),
        ("سارا احمدی", "سارا احمدی"),
    ],
)
def test_whatever_a_chat_would_read_as_its_own_stands_there_as_plain_words(name, said):
    assert escaped(name) == said.replace("|", "\u200b")


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_no_markup_is_left_and_people_read_the_same(name):
    said = escaped(name)

    assert not set(said) & set("&<>@#*_~`[]|\\$\n\r")
    assert normalize("NFKC", said.replace("\u200b", "")) == " ".join(name.split())
    assert escaped(said) == said


def test_a_chat_that_is_away_is_asked_once_a_sweep_and_holds_up_nobody():
    with (
        running_web(lambda _call: Reply(500, b"down")) as away,
        running_web(lambda _call: Reply(200, b"ok")) as here,
    ):
        post(TeamFactory(chat_address=away.url), "First", "Second")
        post(TeamFactory(chat_address=here.url), "Third")

        assert send_chat_messages(at=NOON) == 1

    assert (said(away), said(here)) == ([{"text": "First"}], [{"text": "Third"}])
    assert kept() == [
        ("waiting", 1, "500 down", "First"),
        ("waiting", 0, "", "Second"),
        ("sent", 1, "", ""),
    ]
    assert ChatMessage.objects.get(text="First").due_at == NOON + timedelta(minutes=1)


def test_it_is_tried_again_given_up_with_the_reason_and_tried_once_more_when_asked():
    answers = [Reply(503, b"later")] * 5 + [Reply(200, b"ok")]
    with running_web(lambda _call: answers.pop(0)) as web:
        post(TeamFactory(chat_address=web.url), "Look")
        for day in range(6):
            send_chat_messages(at=NOON + day * DAY)
        assert (len(web.calls), kept()) == (5, [("failed", 5, "503 later", "Look")])

        assert try_again(messages=ChatMessage.objects.all(), at=NOON) == 1
        assert send_chat_messages(at=NOON) == 1

    assert kept() == [("sent", 1, "", "")]


def test_a_chat_that_asks_for_rest_gets_it():
    with running_web(lambda _call: Reply(429, b"", {"Retry-After": "300"})) as web:
        post(TeamFactory(chat_address=web.url), "Look")
        send_chat_messages(at=NOON)

    assert ChatMessage.objects.get().due_at == NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("reply", "reason"), [(Reply(400, b"invalid_payload"), "400 invalid_payload"), (Reply(410), "410")]
)
def test_what_is_refused_for_good_is_not_repeated(reply, reason):
    with running_web(lambda _call: reply) as web:
        post(TeamFactory(chat_address=web.url), "Look")
        send_chat_messages(at=NOON)
        send_chat_messages(at=NOON + DAY)

    assert (len(web.calls), kept()) == (1, [("failed", 1, reason, "Look")])


def test_an_address_that_was_taken_away_says_so():
    team = TeamFactory(chat_address="")
    post(team, "Look")

    send_chat_messages(at=NOON)

    assert kept() == [("failed", 1, "The team has no chat address any more.", "Look")]


def test_no_chat_leads_into_the_house(settings):
    settings.OUTBOUND_ALLOW_PRIVATE = []
    post(TeamFactory(chat_address="http://127.0.0.1/"), "Look")

    send_chat_messages(at=NOON)

    assert kept() == [("waiting", 1, "ConnectError: This address is not public.", "Look")]


def test_trying_says_what_the_chat_answered():
    with running_web(lambda _call: Reply(200, b"ok")) as web:
        outcome = try_chat(team=TeamFactory(name="R&D", chat_address=web.url))

    assert (outcome.ending.value, outcome.words) == ("accepted", "200 ok")
    assert said(web)[0]["text"].endswith("“R＆D” will read of its follow-ups here.")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(200, b"ok"), "The chat took the test message and answered: 200 ok"),
        (Reply(404, b"no_service"), "The chat did not take the test message: 404 no_service"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_an_administrator_tries_a_chat(client, reply, told):
    client.force_login(UserFactory(roles=["Administrators"]))
    with running_web(lambda _call: reply) as web:
        team = TeamFactory(chat_address=web.url)
        form = client.get(reverse("admin:staff_team_change", args=[team.pk])).content.decode()
        page = client.post(reverse("admin:staff_try_chat", args=[team.pk]))

    assert "Send a test message" in form
    assert page.url == reverse("admin:staff_team_change", args=[team.pk])
    assert [str(each) for each in get_messages(page.wsgi_request)] == [told]
    assert len(web.calls) == 1


def test_who_may_not_change_teams_posts_nothing(client):
    client.force_login(UserFactory(roles=["Support"]))
    with running_web(lambda _call: Reply(200, b"ok")) as web:
        team = TeamFactory(chat_address=web.url)
        assert client.post(reverse("admin:staff_try_chat", args=[team.pk])).status_code == 403
        assert client.get(reverse("admin:staff_try_chat", args=[team.pk])).status_code == 405

    assert web.calls == []


def test_a_wrong_address_is_refused_with_what_to_do(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    team = TeamFactory()
    address = reverse("admin:staff_team_change", args=[team.pk])

    page = client.post(
        address, {"name": "Care", "calendar": team.calendar_id, "chat_address": "hooks.slack.com/services/1"}
    )

    html = page.content.decode()
    assert "Copy the whole address; it begins with https://." in html
    assert "hooks.slack.com/services/1" in html
    assert Team.objects.get().chat_address == ""
