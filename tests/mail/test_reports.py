"""What others tell about messages is believed when it is signed, and written down once."""

import hashlib
import hmac
import json
import random
from base64 import b64encode
from datetime import datetime, timedelta
from threading import Barrier, Thread
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone
from standardwebhooks import Webhook

from customers.consent import digest_of_recipient
from events.models import Event
from mail.keys import key_in, message_id_of
from mail.models import DeliveryReport
from mail.reading import Channel, Kind, Report
from mail.reports import record_reports
from mail.sms.post import provider_at
from tests.conftest import NOON
from tests.mail.conftest import SIGNING

pytestmark = pytest.mark.django_db
ANA = "+38761111111"
KEY = "invitation.42.1"
CALLBACK = f"/hooks/sms/?{urlencode({'key': KEY})}"


@pytest.fixture
def gateway(settings):
    settings.SMS_URL = (
        "http-gateway://sms.example/?field.to={to}&field.text={text}&secret=hush&reports=results"
        "&report.id=msg&status.odd-one=bounced"
    )


@pytest.fixture
def app(settings):
    settings.MESSAGE_WEBHOOK_URL, settings.MESSAGE_WEBHOOK_SECRET = "https://app.example/in", SIGNING


def signed_by_twilio(form: dict[str, str], *, token: str = "token", path: str = CALLBACK) -> str:
    """As their manual writes it: the address, then each field's name and value in alphabetical order."""
    text = f"https://cx.example{path}" + "".join(f"{name}{form[name]}" for name in sorted(form))
    return b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def told_by_twilio(form: dict[str, str], *, signature: str | None = None, path: str = CALLBACK):
    return Browser().post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signed_by_twilio(form, path=path) if signature is None else signature},
    )


def told_by_gateway(body: object, *, secret: str = "hush", encode=lambda digest: digest.hex()):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = encode(hmac.new(secret.encode(), content, hashlib.sha256).digest())
    return Browser().post(
        "/hooks/sms/", content, content_type="application/json", headers={"X-Signature": signature}
    )


def told_by_app(body: object, *, number: str = "n1", secret: str = SIGNING, at: datetime | None = None):
    content = body if isinstance(body, str) else json.dumps(body)
    at = at or timezone.now()
    headers = {
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(number, at, content),
    }
    return Browser().post("/hooks/app/", content, content_type="application/json", headers=headers)


def written() -> list[tuple[object, ...]]:
    return list(DeliveryReport.objects.order_by("pk").values_list("provider", "kind", "message_id", "key"))


DELIVERED = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": ANA}


def test_twilio_tells_what_became_of_an_sms(twilio):
    assert told_by_twilio({"MessageSid": "SM1", "MessageStatus": "queued", "To": ANA}).status_code == 204
    assert told_by_twilio(DELIVERED).status_code == 204

    report = DeliveryReport.objects.get()
    assert written() == [("twilio", "delivered", "SM1", KEY)]
    assert report.digest == digest_of_recipient(channel="sms", address=ANA) != ""
    event = Event.objects.get()
    assert (event.type, event.subject) == ("mail.delivery_reported", report.pk)
    assert event.payload == {
        "channel": "sms",
        "kind": "delivered",
        "message_id": "SM1",
        "key": KEY,
        "digest": report.digest,
        "is_machine": False,
        "words": "delivered",
    }


def test_their_published_example_of_a_signature_is_good(settings):
    """The vector of their manual on securing requests."""
    settings.PUBLIC_BASE_URL = "https://example.com"
    settings.SMS_URL = "twilio://AC1:12345@api.twilio.com?from=+1"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    request = RequestFactory().post("/myapp.php?foo=1&bar=2", form)
    assert provider_at(settings.SMS_URL).signature_of(request) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"MessageStatus": "sent"}, Kind.SENT),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, Kind.UNDELIVERED),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, Kind.BOUNCED),
        ({"MessageStatus": "failed", "ErrorCode": "30007"}, Kind.REJECTED),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, Kind.UNSUBSCRIBED),
    ],
)
def test_what_each_status_means(twilio, form, kind):
    told_by_twilio({"MessageSid": "SM1", "To": ANA} | form)

    assert DeliveryReport.objects.get().kind == kind


def test_forged_calls_are_refused_and_nothing_is_stored(twilio):
    good = signed_by_twilio(DELIVERED)
    forged = [
        told_by_twilio(DELIVERED, signature=""),
        told_by_twilio(DELIVERED, signature="ñ\x7f"),
        told_by_twilio(DELIVERED, signature=signed_by_twilio(DELIVERED, token="other")),
        told_by_twilio(DELIVERED | {"MessageSid": "SM2"}, signature=good),
        told_by_twilio(DELIVERED | {"Extra": "1"}, signature=good),
        told_by_twilio(DELIVERED, signature=good, path="/hooks/sms/?key=invitation.43.1"),
        told_by_twilio({}, signature=good),
    ]

    assert {page.status_code for page in forged} == {403}
    assert (written(), Event.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    "form",
    [
        {"MessageSid": "SM1"},
        {"MessageStatus": "delivered"},
        {"MessageSid": "SM1", "MessageStatus": "on the moon"},
        {"MessageSid": "\x00", "MessageStatus": "delivered"},
    ],
)
def test_signed_garbage_is_told_so(twilio, form):
    assert told_by_twilio(form).status_code == 400
    assert written() == []


def test_a_call_that_is_told_again_changes_nothing(twilio):
    assert [told_by_twilio(DELIVERED).status_code for _n in range(5)] == [204] * 5

    assert (len(written()), Event.objects.count()) == (1, 1)


def test_a_gateway_tells_of_several_messages_and_in_its_own_words(gateway):
    body = {
        "results": [
            {"msg": 7, "status": "DELIVRD", "to": ANA},
            {"msg": "8", "status": "Odd-One", "error": f"no {ANA} here"},
            {"msg": "9", "status": "pondering"},
        ]
    }

    for encode in (bytes.hex, lambda d: b64encode(d).decode(), lambda d: f"sha256={d.hex()}"):
        assert told_by_gateway(body, encode=encode).status_code == 204

    assert written() == [("http-gateway", "delivered", "7", ""), ("http-gateway", "bounced", "8", "")]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b"\xff", {}, [], {"results": 5}, {"results": [5]}, {"results": [{"msg": "1"}]},
     {"results": [{"status": "delivered"}]}, {"results": [{"msg": [1], "status": {}}]}, {"results": [{}] * 1001}],
)  # fmt: skip
def test_garbage_of_a_gateway_is_a_bad_request(gateway, body):
    assert told_by_gateway(body).status_code == 400
    assert written() == []


def test_a_gateway_without_a_secret_is_not_believed(gateway, settings):
    good = {"results": [{"msg": "1", "status": "sent"}]}
    assert told_by_gateway(good, secret="other").status_code == 403
    settings.SMS_URL = settings.SMS_URL.replace("&secret=hush", "")
    assert told_by_gateway(good, secret="").status_code == 403
    assert written() == []


def test_the_companys_app_tells_what_it_did(app):
    assert told_by_app({"type": "message.clicked", "id": KEY, "words": "in the app"}).status_code == 204
    assert told_by_app({"type": "message.clicked", "id": KEY}).status_code == 204  # the same webhook-id
    assert told_by_app({"type": "message.unsubscribed", "id": KEY}, number="n2").status_code == 204

    assert written() == [("app", "clicked", "", KEY), ("app", "unsubscribed", "", KEY)]


def test_the_app_proves_that_it_is_the_app_and_that_it_speaks_now(app):
    good = {"type": "message.delivered", "id": KEY}
    stranger = "whsec_" + b64encode(b"another secret of theirs").decode()

    assert told_by_app(good, secret=stranger).status_code == 403
    assert told_by_app(good, at=timezone.now() - timedelta(minutes=6)).status_code == 403
    assert told_by_app(good, at=timezone.now() + timedelta(minutes=6)).status_code == 403
    for headers in ({}, {"webhook-id": "1", "webhook-timestamp": "nan", "webhook-signature": "v1,"}):
        page = Browser().post(
            "/hooks/app/", json.dumps(good), content_type="application/json", headers=headers
        )
        assert page.status_code == 403
    for garbage in (
        "",
        "[]",
        "{}",
        '{"type": "message.eaten", "id": "1"}',
        '{"type": "message.opened"}',
        "[" * 50_000,
    ):
        assert told_by_app(garbage).status_code == 400
    assert written() == []


@pytest.mark.parametrize("path", ["/hooks/sms/", "/hooks/app/"])
def test_where_no_provider_is_set_nobody_is_heard(client, path):
    assert client.post(path, {}).status_code == 404


def fact(n: int, kind: Kind, **fields) -> Report:
    more = {"at": NOON, "message_id": "m1", "recipient": "ana@example.com"} | fields
    return Report(channel=Channel.EMAIL, provider="esp", event=f"e{n}", kind=kind, **more)


def test_in_whatever_order_and_however_often_the_same_is_written():
    facts = [fact(n, kind) for n, kind in enumerate(Kind)]
    dice = random.Random(7)
    for _round in range(20):
        told = dice.choices(facts, k=30) + facts
        dice.shuffle(told)
        DeliveryReport.objects.all().delete()
        Event.objects.all().delete()
        while told:
            size = dice.randint(1, 5)
            record_reports(reports=told[:size], at=NOON)
            told = told[size:]

        assert sorted(DeliveryReport.objects.values_list("event", "kind")) == sorted(
            (f"e{n}", kind.value) for n, kind in enumerate(Kind)
        )
        assert Event.objects.filter(type="mail.delivery_reported").count() == len(facts)


@pytest.mark.django_db(transaction=True)
def test_the_same_facts_told_at_the_same_moment_are_written_once():
    facts = [fact(n, Kind.DELIVERED) for n in range(50)]
    start, told = Barrier(8), []

    def tell() -> None:
        start.wait()
        told.append(record_reports(reports=facts, at=NOON))
        connection.close()

    threads = [Thread(target=tell) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == [0] * 7 + [50]
    assert (DeliveryReport.objects.count(), Event.objects.count()) == (50, 50)


def test_the_address_is_not_kept_and_a_clock_ahead_is_not_believed():
    words = "550 5.1.1 <Ana@Example.com>: no ana@example.com here, ask postmaster@example.com"
    record_reports(reports=[fact(1, Kind.BOUNCED, words=words, at=NOON + timedelta(days=1))], at=NOON)

    report = DeliveryReport.objects.get()
    assert report.words == "550 5.1.1 <…>: no … here, ask …@example.com"
    assert report.digest == digest_of_recipient(channel="email", address="ana@example.com")
    assert report.at == NOON
    assert "ana" not in json.dumps(Event.objects.get().payload)


def test_whoever_clicks_three_links_in_a_breath_is_a_machine():
    def click(n: int, link: str, seconds: float, message: str = "m1") -> Report:
        return fact(n, Kind.CLICKED, link=link, at=NOON + timedelta(seconds=seconds), message_id=message)

    at = NOON + timedelta(hours=1)
    record_reports(reports=[click(1, "a", 0), click(2, "a", 1), click(3, "b", 2)], at=at)
    assert not DeliveryReport.objects.filter(is_machine=True).exists()
    record_reports(reports=[click(4, "c", 4), click(5, "a", 600), click(6, "d", 3, "m2")], at=at)

    machines = DeliveryReport.objects.filter(is_machine=True)
    assert list(machines.order_by("event").values_list("event", flat=True)) == ["e1", "e2", "e3", "e4"]
    assert sorted(
        Event.objects.filter(type="mail.machine_recognised").values_list("subject", flat=True)
    ) == sorted(machines.values_list("pk", flat=True))


def test_nobody_reports_on_a_mail_they_never_saw(settings):
    message_id = message_id_of(KEY, domain="cx.example")

    assert key_in(message_id) == key_in(f"  {message_id} ") == KEY
    for forged in (
        "", "<>", "<@>", f"<{KEY}@cx.example>", f"<{KEY}.0123456789abcdef@cx.example>",
        message_id.replace("42", "43"), message_id.replace(".1.", ".2."), "<é.ö@x>",
    ):  # fmt: skip
        assert key_in(forged) == ""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = (
        "a new secret of the house, long enough",
        [settings.SECRET_KEY],
    )
    assert key_in(message_id) == KEY
