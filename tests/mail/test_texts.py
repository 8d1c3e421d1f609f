"""What people write by SMS is believed when its call is signed, kept once, and gone when nobody knows who wrote it."""

import hashlib
import hmac
import json
from threading import Barrier, Thread
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client as Browser

from customers.consent import digest_of_recipient
from events.models import Event
from mail.models import DeliveryReport, ReceivedLetter
from mail.sms.gateway import international
from mail.sms.post import provider_at
from mail.sms.received import take_texts, words_of
from mail.sms.texts import Text
from tests.conftest import NOON
from tests.mail.test_reports import signed_by_twilio

pytestmark = pytest.mark.django_db
ANA = "+38761111111"
DOOR = "/hooks/sms/messages/"
WRITTEN = {"MessageSid": "SM1", "From": ANA, "To": "+38761000000", "Body": "Hvala!", "NumMedia": "0"}


@pytest.fixture
def gateway(settings):
    settings.SMS_URL = (
        "http-gateway://sms.example/?field.to={to}&field.text={text}&secret=hush&messages=results"
        "&message.id=msg&message.from=msisdn&message.text=body.0"
    )


def by_twilio(form, *, signature=None, path=DOOR):
    signature = signed_by_twilio(form, path=path) if signature is None else signature
    return Browser().post(
        DOOR,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )


def by_gateway(body, *, secret="hush", door=DOOR):
    content = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return Browser().post(door, content, content_type="application/json", headers={"X-Signature": signature})


def kept():
    rows = ReceivedLetter.objects.order_by("pk")
    return [(row.channel, row.sender, *words_of(row)) for row in rows]


def announced():
    return list(Event.objects.order_by("pk").values_list("type", "subject"))


def test_what_twilio_hands_in_is_kept_and_announced_once(twilio):
    assert [by_twilio(WRITTEN).status_code for _again in range(5)] == [204] * 5

    assert kept() == [("sms", ANA, "Hvala!", [])]
    assert announced() == [("mail.text_received", ReceivedLetter.objects.get().pk)]


@pytest.mark.django_db(transaction=True)
def test_the_same_sms_told_by_eight_at_once_is_kept_and_announced_once():
    text = Text(provider="twilio", event="SM1", sender=ANA, text="Hvala!")
    start = Barrier(8)

    def tell():
        start.wait()
        take_texts([text], at=NOON)
        connection.close()

    threads = [Thread(target=tell) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (kept(), len(announced())) == ([("sms", ANA, "Hvala!", [])], 1)


def test_a_picture_is_named(twilio):
    by_twilio(WRITTEN | {"Body": "", "NumMedia": "1", "MediaContentType0": "image/jpeg"})

    assert kept() == [("sms", ANA, "", ["image/jpeg"])]


def test_a_gateway_hands_in_several(gateway):
    written = [{"msg": n, "msisdn": "38761111111", "body": [f"{n}"]} for n in (1, 2)]

    assert by_gateway({"results": written}).status_code == 204
    assert by_gateway({"results": written}).status_code == 204

    assert kept() == [("sms", ANA, "1", []), ("sms", ANA, "2", [])]


def test_a_gateway_that_says_nothing_else_calls_them_id_from_and_text(settings):
    settings.SMS_URL = "http-gateway://sms.example/?field.to={to}&field.text={text}&secret=hush"

    by_gateway({"id": "7", "from": "+387 61 111 111", "text": "Hi"})

    assert kept() == [("sms", "+387 61 111 111", "Hi", [])]


@pytest.mark.parametrize(
    "forged",
    [
        lambda: by_twilio(WRITTEN, signature=""),
        lambda: by_twilio(WRITTEN, signature=signed_by_twilio(WRITTEN, token="another", path=DOOR)),
        lambda: by_twilio(WRITTEN, signature=signed_by_twilio(WRITTEN | {"From": "+1"}, path=DOOR)),
        lambda: by_twilio(WRITTEN, path="/hooks/sms/"),  # signed for the door of delivery reports
    ],
)
def test_what_twilio_did_not_sign_is_not_kept(twilio, forged):
    assert forged().status_code == 403
    assert (kept(), announced()) == ([], [])


def test_a_gateway_without_the_secret_is_not_believed(gateway, settings):
    body = {"results": [{"msg": "1", "msisdn": ANA, "body": ["Hi"]}]}

    statuses = [by_gateway(body, secret="guessed").status_code]
    settings.SMS_URL = settings.SMS_URL.replace("&secret=hush", "")
    statuses += [by_gateway(body).status_code, by_gateway(body, secret="").status_code]

    assert (statuses, kept()) == ([403, 403, 403], [])


@pytest.mark.parametrize(
    "body",
    [
        {"results": "none"},
        {"results": [{"msisdn": ANA, "body": ["without a number of theirs"]}]},
        {"results": [{"msg": "1", "body": ["from nobody"]}]},
        {"results": [{"msg": "1", "msisdn": ANA, "body": [7]}]},
        {"results": [{"msg": "1", "status": "delivered", "to": ANA}]},  # a delivery report, replayed here
        [],
    ],
)
def test_what_is_no_sms_is_not_kept(gateway, body):
    assert (by_gateway(body).status_code, kept()) == (400, [])


def test_an_sms_that_is_replayed_at_the_other_door_is_no_report(gateway):
    body = {"results": [{"msg": "1", "msisdn": ANA, "body": ["Hi"]}]}

    assert by_gateway(body, door="/hooks/sms/").status_code == 400
    assert DeliveryReport.objects.count() == 0


@pytest.mark.parametrize("missing", ["MessageSid", "From", "Body"])
def test_a_call_of_twilio_without_what_makes_an_sms(twilio, missing):
    form = {name: value for name, value in WRITTEN.items() if name != missing}

    assert (by_twilio(form).status_code, kept()) == (400, [])


@pytest.mark.parametrize("body", ["STOP", " stop. ", "Unsubscribe", "стоп", "退订", "Stop  all"])
def test_who_writes_stop_is_reported_as_unsubscribed_once_and_their_word_is_not_kept(twilio, body):
    for _again in range(2):
        by_twilio(WRITTEN | {"Body": body})

    report = DeliveryReport.objects.get()
    assert (report.kind, report.digest) == ("unsubscribed", digest_of_recipient(channel="sms", address=ANA))
    assert (kept(), announced()) == ([], [("mail.delivery_reported", report.pk)])


def test_what_twilio_calls_an_opt_out_is_one(twilio):
    by_twilio(WRITTEN | {"Body": "Cancel", "OptOutType": "STOP"})

    assert (DeliveryReport.objects.get().kind, kept()) == ("unsubscribed", [])


@pytest.mark.parametrize("body", ["Please stop calling me", "Cancel", "Bus stop", ""])
def test_whatever_else_is_written_is_for_a_person(body):
    assert not Text(provider="x", event="1", sender=ANA, text=body).says_stop


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("38761111111", ANA),
        ("0038761111111", ANA),
        (ANA, ANA),
        ("061111111", "061111111"),
        ("BANK", "BANK"),
        ("000", "000"),
    ],
)
def test_numbers_without_a_plus(number, expected):
    assert international(number) == expected


def test_without_sms_there_is_no_door(settings):
    settings.SMS_URL = ""

    assert Browser().post(DOOR, {}).status_code == 404
    assert Browser().get(DOOR).status_code == 405


def test_an_option_that_does_not_exist_is_told_at_the_start():
    with pytest.raises(ImproperlyConfigured):
        provider_at("http-gateway://x.example/?field.to={to}&field.text={text}&message.when=at")
