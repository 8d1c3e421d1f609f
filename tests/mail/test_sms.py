"""SMS, from the text to the provider's number, against gateways that are really there."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from mail.endings import failure_of
from mail.findings import State
from mail.messages import Ending, Message, Outcome
from mail.models import ChannelPause, KeptMail
from mail.outbound import Answer, Client
from mail.post import post_office
from mail.reading import Channel
from mail.sms.limits import reason_against
from mail.sms.post import provider_at
from mail.sms.segments import BASIC, EXTENDED, Segments, segments_of
from tests.sms_gateway import running_sms_gateway
from tests.waiting import eventually
from tests.web import Reply, running_web

ANA, BO, NOBODY = "+38761111111", "+38761222222", "+38761999999"


def sms(
    number: str,
    text: str = "Kako smo? https://cx.example/s/1-a/",
    key: str = "invitation.42.1",
    sender: str = "",
) -> Message:
    return Message(sender, number, text.encode(), key)


@pytest.fixture
def everything(db, own_machine):
    """A database and servers on this machine."""


def through(url: str, settings, *messages: Message) -> list[Outcome]:
    settings.SMS_URL = url
    with post_office(Channel.SMS) as post:
        return post.hand_over(messages)


# --- What an SMS costs --------------------------------------------------------------------------------------


def test_the_basic_alphabet_is_whole():
    assert len(BASIC) == 127  # and the escape
    assert len(EXTENDED) == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 81, Segments("GSM-7", 162, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3)),  # the € does not fit into the first part
        ("č" + "a" * 69, Segments("UCS-2", 70, 1)),
        ("č" * 71, Segments("UCS-2", 71, 2)),
        ("👋" * 35, Segments("UCS-2", 70, 1)),
        ("👋" * 36, Segments("UCS-2", 72, 2)),
        ("نظر شما", Segments("UCS-2", 7, 1)),
    ],
)
def test_how_many_parts_a_text_has(text, expected):
    assert segments_of(text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_parts_hold_the_whole_text_and_no_part_is_for_nothing(text):
    counted = segments_of(text)

    room = 153 if counted.alphabet == "GSM-7" else 67
    if counted.alphabet == "UCS-2":
        assert counted.units == len(text.encode("utf-16-le")) // 2
    assert counted.units <= max(counted.parts * room, 160 if room == 153 else 70)
    assert counted.units > (counted.parts - 1) * (room - 1) or counted.parts == 1


@pytest.mark.parametrize(
    ("number", "text", "countries", "reason"),
    [
        (ANA, "Hi", set(), ""),
        (ANA, "Hi", {"BA", "HR"}, ""),
        ("+4915112345678", "Hi", {"BA"}, "DE is not one of SMS_COUNTRIES."),
        ("12", "Hi", set(), "The number is not a telephone number."),
        ("+19005551234", "Hi", set(), "The number is a premium number."),
        (ANA, "č" * 300, set(), "The text has 5 parts; SMS_PARTS_AT_MOST allows 4."),
    ],
)
def test_what_is_not_worth_its_price_does_not_leave(number, text, countries, reason):
    assert reason_against(number=number, text=text, countries=countries, longest=4) == reason


# --- Through Twilio and other gateways ----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["as_twilio", "as_gateway"])
def test_each_number_gets_its_own_ending(everything, settings, tmp_path: Path, way):
    with running_sms_gateway(tmp_path / "log", "--refuse", "999") as gateway:
        outcomes = through(getattr(gateway, way), settings, sms(ANA), sms(NOBODY), sms(BO), sms("12"))

        assert [outcome.ending for outcome in outcomes] == [
            Ending.ACCEPTED, Ending.REFUSED, Ending.ACCEPTED, Ending.REFUSED,
        ]  # fmt: skip
        assert sorted(gateway.accepted()) == [ANA, BO]
        prefix = "SM" if way == "as_twilio" else ""
        assert sorted(outcome.id for outcome in outcomes) == ["", "", f"{prefix}1", f"{prefix}2"]
        assert outcomes[1].words.startswith("400 ")
        assert outcomes[3].words == "The number is not a telephone number."


@pytest.mark.parametrize("way", ["as_twilio", "as_gateway"])
def test_a_silent_gateway_leaves_what_it_was_given_unknown(everything, settings, tmp_path: Path, way):
    settings.OUTBOUND_TIMEOUT = timedelta(seconds=0.5)
    with running_sms_gateway(tmp_path / "log", "--silent") as gateway:
        (outcome,) = through(getattr(gateway, way), settings, sms(ANA))

        assert (outcome.ending, outcome.id) == (Ending.UNKNOWN, "")
        assert eventually(gateway.accepted) == [ANA]  # and it had taken it


def test_a_gateway_that_is_not_there_was_given_nothing(everything, settings):
    url = "http-gateway://127.0.0.1:1/?tls=no&field.to={to}&field.text={text}"

    assert [outcome.ending for outcome in through(url, settings, sms(ANA))] == [Ending.NOT_SENT]


def test_k_messages_go_side_by_side(everything, settings, tmp_path: Path):
    settings.SMS_CONNECTIONS = 8
    with running_sms_gateway(tmp_path / "log", "--delay", "0.5") as gateway:
        settings.SMS_URL = gateway.as_twilio
        with post_office(Channel.SMS) as post:
            started = time.monotonic()
            outcomes = post.hand_over([sms(f"+3876111{n:04}") for n in range(post.width)])
            took = time.monotonic() - started

        assert (post.width, len(gateway.accepted())) == (8, 8)
        assert {outcome.ending for outcome in outcomes} == {Ending.ACCEPTED}
        assert took < 8 * 0.5


def test_a_busy_provider_rests_in_every_process_until_it_said(everything, settings, tmp_path: Path):
    with running_sms_gateway(tmp_path / "log", "--busy", "1") as gateway:
        (first,) = through(gateway.as_twilio, settings, sms(ANA))
        (second,) = through(gateway.as_twilio, settings, sms(ANA))  # as another worker would

        assert (first.ending, first.wait) == (Ending.NOT_SENT, timedelta(minutes=1))
        assert second.ending is Ending.NOT_SENT
        assert timedelta() < second.wait <= timedelta(minutes=1)
        assert second.words == first.words
        assert gateway.accepted() == []

        ChannelPause.objects.update(until=F("until") - timedelta(minutes=1))  # as a minute later
        (third,) = through(gateway.as_twilio, settings, sms(ANA))

        assert third.ending is Ending.ACCEPTED
    assert ChannelPause.objects.count() == 1


def test_what_twilio_is_asked(everything, settings):
    settings.PUBLIC_BASE_URL = "https://cx.example"
    with running_web(lambda _call: Reply(201, b'{"sid": "SM1"}')) as web:
        host = web.url.removeprefix("http://")
        through(f"twilio://AC1:to%2Fken@{host}?from=MG77&tls=no", settings, sms(ANA, "Zdravo & hi+"))

        (call,) = web.calls
        assert (call.method, call.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
        assert call.headers["authorization"] == "Basic QUMxOnRvL2tlbg=="
        assert call.form == {
            "To": ANA,
            "MessagingServiceSid": "MG77",
            "Body": "Zdravo & hi+",
            "StatusCallback": "https://cx.example/hooks/sms/?key=invitation.42.1",
        }


@pytest.mark.parametrize(
    ("of_all", "of_campaign", "asked"),
    [
        ("+38761000000", "Zeta", {"From": "Zeta"}),
        ("+38761000000", "", {"From": "+38761000000"}),
        ("MG77", "MG Motors", {"From": "MG Motors"}),
        ("MG77", "", {"MessagingServiceSid": "MG77"}),
    ],
)
def test_a_campaigns_own_sender_comes_before_the_accounts(everything, settings, of_all, of_campaign, asked):
    with running_web(lambda _call: Reply(201, b'{"sid": "SM1", "id": "1"}')) as web:
        host, message = web.url.removeprefix("http://"), sms(ANA, sender=of_campaign)
        fields = "field.to={to}&field.text={text}&field.from={from}"
        through(f"twilio://AC1:t@{host}?tls=no&from={of_all}", settings, message)
        through(f"http-gateway://{host}/send?tls=no&from={of_all}&{fields}", settings, message)

        by_twilio, by_gateway = web.calls
        assert {
            name: by_twilio.form[name] for name in by_twilio.form.keys() - {"To", "Body", "StatusCallback"}
        } == asked
        assert json.loads(by_gateway.body)["from"] == (of_campaign or of_all)


@pytest.mark.parametrize(
    ("options", "method", "path", "body"),
    [
        (
            "field.messages.0.to.0.number={to}&field.messages.0.text={text} ({parts})&field.from={from}&from=+387",
            "POST", "/send",
            {"messages": [{"to": [{"number": ANA}], "text": "Zdravo {to} (1)"}], "from": "+387"},
        ),
        ("body=form&field.n={to}&field.t={text}", "POST", "/send", "n=%2B38761111111&t=Zdravo+%7Bto%7D"),
        ("method=GET&field.n={to}&field.t={text}", "GET", "/send?n=%2B38761111111&t=Zdravo+%7Bto%7D", ""),
    ],
)  # fmt: skip
def test_a_gateway_is_asked_in_its_own_words_and_a_text_fills_no_gap(
    everything, settings, options, method, path, body
):
    with running_web(lambda _call: Reply(200, b"OK")) as web:
        host = web.url.removeprefix("http://")
        url = f"http-gateway://me:secret@{host}/send?tls=no&header.X-Tenant=7&{options}"
        (outcome,) = through(url, settings, sms(ANA, "Zdravo {to}"))

        (call,) = web.calls
        assert (call.method, call.path) == (method, path)
        assert (json.loads(call.body) if isinstance(body, dict) else call.body.decode()) == body
        assert (call.headers["x-tenant"], call.headers["authorization"]) == ("7", "Basic bWU6c2VjcmV0")
        assert outcome == Outcome(Ending.ACCEPTED, "200 OK", id="invitation.42.1")


TWILIO, GATEWAY = "twilio://AC1:t@{host}?from=+387&tls=no", "http-gateway://{host}/?tls=no&field.to={{to}}&field.text={{text}}&id=id&ok.status=0&later.status=1,8"  # fmt: skip


@pytest.mark.parametrize(
    ("url", "reply", "ending"),
    [
        (TWILIO, Reply(201, b'{"sid": "SM1"}'), Ending.ACCEPTED),
        (TWILIO, Reply(201, b"garbage"), Ending.UNKNOWN),
        (TWILIO, Reply(201, b'{"sid": {"a": []}}'), Ending.UNKNOWN),
        (TWILIO, Reply(201, b"[" * 60_000), Ending.UNKNOWN),
        (TWILIO, Reply(200, b'"\xff\xfe'), Ending.UNKNOWN),
        (TWILIO, Reply(201, b'{"sid": 1' + b"0" * 9000 + b"}"), Ending.UNKNOWN),
        (TWILIO, Reply(400, b'{"code": 21211}'), Ending.REFUSED),
        (TWILIO, Reply(400, b'{"code": 21610}'), Ending.REFUSED),
        (TWILIO, Reply(400, b'{"code": 21606}'), Ending.NOT_SENT),
        (TWILIO, Reply(400, b'{"code": []}'), Ending.REFUSED),
        (TWILIO, Reply(401, b"{}"), Ending.NOT_SENT),
        (TWILIO, Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), Ending.NOT_SENT),
        (TWILIO, Reply(500, b"<html>"), Ending.NOT_SENT),
        (TWILIO, Reply(504, b"<html>"), Ending.UNKNOWN),
        (TWILIO, Reply(hangs_up=True), Ending.UNKNOWN),
        (GATEWAY, Reply(200, b'{"status": 0, "id": 7}'), Ending.ACCEPTED),
        (GATEWAY, Reply(200, b'{"status": 0}'), Ending.UNKNOWN),
        (GATEWAY, Reply(200, b'{"status": 0, "id": ""}'), Ending.UNKNOWN),
        (GATEWAY, Reply(200, b'{"status": 3, "id": 7}'), Ending.REFUSED),
        (GATEWAY, Reply(200, b'{"status": "8"}'), Ending.NOT_SENT),
        (GATEWAY, Reply(200, b"OK"), Ending.UNKNOWN),
        (GATEWAY, Reply(422, b"no such number"), Ending.REFUSED),
        (GATEWAY, Reply(404, b""), Ending.NOT_SENT),
        (GATEWAY, Reply(503, b""), Ending.NOT_SENT),
    ],
)
def test_whatever_a_provider_answers_has_an_ending(everything, settings, url, reply, ending):
    with running_web(lambda _call: reply) as web:
        (outcome,) = through(url.format(host=web.url.removeprefix("http://")), settings, sms(ANA))

        assert outcome.ending is ending
        assert len(web.calls) == 1
    assert outcome.opted_out is (b"21610" in reply.body)
    assert "\x00" not in outcome.words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-7"}, 0),
        ({"retry-after": "1e99"}, 3600),
        ({"retry-after": "nan"}, 30),
        ({"retry-after": "soon"}, 30),
        ({"retry-after": "Wed, 04 Mar 2026 12:00:20 GMT", "date": "Wed, 04 Mar 2026 12:00:00 GMT"}, 20),
        ({"retry-after": "Wed, 04 Mar 2026 12:00:20 GMT"}, 30),
        ({}, 30),
    ],
)
def test_how_long_a_busy_provider_is_left_alone(headers, seconds):
    assert failure_of(Answer(429, headers, b"")).wait == timedelta(seconds=seconds)


def test_only_who_asks_for_it_is_left_alone():
    assert failure_of(Answer(500, {}, b"")).wait is None
    assert failure_of(Answer(500, {"retry-after": "5"}, b"")).wait == timedelta(seconds=5)


# --- What SMS_URL may say -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "twilio",
        "twilio://",
        "carrier-pigeon://coop",
        "twilio://AC1:t@api.twilio.com",
        "twilio://AC1@api.twilio.com?from=+387",
        "twilio://AC1:t@api.twilio.com:port?from=+387",
        "twilio://AC1:t@api.twilio.com?from=+387&colour=red",
        "http-gateway://x/",
        "http-gateway://x/?field.to={to}",
        "http-gateway://x/?field.to={to}&field.text={text}{customer.password}",
        "http-gateway://x/?field.to={to}&field.text={text}{password}",
        "http-gateway://x/?field.to={to}&field.text={text}&body=xml",
        "http-gateway://x/?field.to={to}&field.text={text}&method=DELETE",
        "http-gateway://x/?field.to={to}&field.text={text}&status.gone=vanished",
    ],
)
def test_a_bad_sms_url_is_refused_by_name(url):
    with pytest.raises(ImproperlyConfigured, match=r"^SMS_URL (must|has) .+\.$"):
        provider_at(url)


def test_a_provider_tells_whether_it_would_take_messages(everything):
    answers = [
        Reply(200, b'{"status": "active"}'),
        Reply(200, b'{"status": "suspended"}'),
        Reply(401, b"who?"),
    ]
    with (
        running_web(lambda _call: answers[len(web.calls) - 1]) as web,
        Client(connections=1, timeout=timedelta(seconds=2)) as client,
    ):
        provider = provider_at(f"twilio://AC1:t@{web.url.removeprefix('http://')}?from=+387&tls=no")
        found = [provider.check(client) for _answer in answers]

        assert [finding.state for finding in found] == [State.OK, State.MISSING, State.MISSING]
        assert found[2].sentence == "The provider answers: 401 who?"
        assert {call.method for call in web.calls} == {"GET"}
    with Client(connections=1, timeout=timedelta(seconds=2)) as client:
        assert provider.check(client).state is State.UNKNOWN


def test_without_a_provider_sms_stay_on_the_outbox_page(db):
    with post_office(Channel.SMS) as post:
        outcomes = post.hand_over([sms(ANA, "Kako smo?\nhttps://cx.example/")])

    assert outcomes == [Outcome(Ending.ACCEPTED, "kept", id="invitation.42.1")]
    kept = KeptMail.objects.get()
    assert (kept.channel, kept.recipient, kept.subject) == ("sms", ANA, "Kako smo? https://cx.example/")
