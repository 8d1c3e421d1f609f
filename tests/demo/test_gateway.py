"""The demo's telephone company, as the platform meets it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from urllib.request import urlopen

import pytest
from django.test import RequestFactory

from demo import gateway
from demo.gateway import Company, serve
from demo.processes import SMS_URL, free_port, telephones
from mail.messages import Ending, Message
from mail.post import post_office
from mail.reading import Channel, Kind
from mail.sms.post import provider_at
from tests.conftest import NOON
from tests.web import Reply, running_web

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "between-us"


@contextmanager
def running_company() -> Iterator[int]:
    with serve(Company(SECRET), port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


def sms(number: str, text: str = "Kako smo? <b>") -> Message:
    return Message("", number, text.encode(), key=f"invitation.42.{number}")


def test_it_takes_sms_shows_them_and_tells_with_its_signature_that_they_arrived(settings, monkeypatch):
    monkeypatch.setattr(gateway, "ARRIVES_AFTER", 0.0)
    heard = threading.Event()

    def hear(_call):
        heard.set()
        return Reply(204)

    with running_web(hear) as web, running_company() as port:
        settings.PUBLIC_BASE_URL = web.url
        settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]
        settings.SMS_URL = SMS_URL.format(port=port, secret=SECRET)
        settings.OUTBOUND_TIMEOUT = timedelta(seconds=5)
        with post_office(Channel.SMS) as post:
            outcomes = post.hand_over([sms("+12015550112"), sms("+12015550107")])
        assert heard.wait(5)
        page = urlopen(f"http://127.0.0.1:{port}/").read().decode()

    assert [(outcome.ending, outcome.id) for outcome in outcomes] == [
        (Ending.ACCEPTED, "sms-1"),
        (Ending.REFUSED, ""),
    ]
    assert "+12015550112" in page
    assert "Kako smo? &lt;b&gt;" in page
    assert "+12015550107" not in page

    (call,) = web.calls
    request = RequestFactory().post(
        call.path,
        call.body,
        content_type="application/json",
        headers={"X-Signature": call.headers["x-signature"]},
    )
    (report,) = provider_at(settings.SMS_URL).read_reports(request, at=NOON)
    assert (report.kind, report.key, report.message_id) == (
        Kind.DELIVERED,
        "invitation.42.+12015550112",
        "sms-1",
    )


def test_a_provider_of_ones_own_is_left_alone(monkeypatch):
    monkeypatch.setenv("SMS_URL", "twilio://AC1:x@sms.example?from=+387")

    assert telephones(beside=1) == ({}, {})


def test_the_platform_may_call_this_machine_besides_what_it_might_call_before(monkeypatch):
    monkeypatch.delenv("SMS_URL", raising=False)
    monkeypatch.setenv("OUTBOUND_ALLOW_PRIVATE", "10.0.0.0/8")

    command, environment = telephones(beside=free_port(0))

    assert "demo.gateway" in command["telephones"]
    assert environment["OUTBOUND_ALLOW_PRIVATE"] == "10.0.0.0/8,127.0.0.1/32"
    assert provider_at(environment["SMS_URL"]).name == "http-gateway"
