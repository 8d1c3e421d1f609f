"""Whether the sender's domain says that our mails are its own: the judgement, and the questions to a real DNS server."""

import socket
import time
from contextlib import suppress
from datetime import timedelta

import dns.resolver
import pytest
from django.urls import reverse

from mail.findings import State
from mail.pausing import pause_channel
from mail.reading import Channel
from mail.sending_domain import (
    PATIENCE_OF_A_PAGE,
    Answers,
    check_sending_domain,
    doubts_about,
    judge,
    look_up,
)
from tests.dns_server import running_dns
from tests.factories.staff import UserFactory

OK, MISSING, UNKNOWN = State.OK, State.MISSING, State.UNKNOWN
SPF, KEY, DMARC = "v=spf1 include:mail.example -all", "v=DKIM1; k=rsa; p=MIGf", "v=DMARC1; p=quarantine"


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        ([SPF], OK),
        (["google-site-verification=1", SPF], OK),
        (["V=SPF1 mx ~all"], OK),
        ([], MISSING),
        (["v=spf10 -all"], MISSING),
        ([SPF, "v=spf1 mx -all"], MISSING),
        (["v=spf1 +all"], MISSING),
        (["v=spf1 mx all"], MISSING),
        (None, UNKNOWN),
    ],
)
def test_spf(texts, state):
    found = judge("cx.example", Answers(spf=texts, dmarc=[], dkim={}), selectors=("s",))[0]
    assert (found.name, found.state) == ("SPF", state)
    assert found.sentence.endswith((".", "….", "-all."))


@pytest.mark.parametrize(
    ("keys", "selectors", "state"),
    [
        ({"s1": [KEY]}, ("s1",), OK),
        ({"s1": ["k=rsa;p=MIGf"]}, ("s1",), OK),
        ({"s1": []}, ("s1",), MISSING),
        ({"s1": ["v=DKIM1; p="]}, ("s1",), MISSING),
        ({"a": [], "b": [KEY]}, ("a", "b"), OK),
        ({"a": [], "b": []}, ("a", "b"), UNKNOWN),
        ({"a": None, "b": None}, ("a", "b"), UNKNOWN),
        ({"s1": None}, ("s1",), UNKNOWN),
    ],
)
def test_dkim(keys, selectors, state):
    found = judge("cx.example", Answers(spf=[], dmarc=[], dkim=keys), selectors=selectors)[1]
    assert (found.name, found.state) == ("DKIM", state)


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        ([DMARC], OK),
        (["v = DMARC1 ;p = none; rua=mailto:x@y"], OK),
        ([], MISSING),
        (["v=DMARC1"], MISSING),
        (["v=DMARC1; p=perhaps"], MISSING),
        ([DMARC, DMARC], MISSING),
        (None, UNKNOWN),
    ],
)
def test_dmarc(texts, state):
    found = judge("cx.example", Answers(spf=[], dmarc=texts, dkim={}), selectors=("s",))[2]
    assert (found.name, found.state) == ("DMARC", state)


def states(resolver) -> list[State]:
    return [finding.state for finding in check_sending_domain(resolver)]


def test_a_domain_that_says_everything(settings):
    settings.DEFAULT_FROM_EMAIL, settings.DKIM_SELECTOR = "Meridian <hello@mail.meridian.example>", "s7"
    zone = {
        "mail.meridian.example": ["v=spf1 mx", SPF],
        "s7._domainkey.mail.meridian.example": ['v=DKIM1; p=MI" "Gf'],
        "_dmarc.meridian.example": [DMARC],
    }
    with running_dns(zone) as resolver:
        assert states(resolver) == [
            MISSING,
            OK,
            OK,
        ]  # two SPF records; the policy is that of the domain above
        zone["mail.meridian.example"] = [SPF]
        assert states(resolver) == [OK, OK, OK]
        assert "_dmarc.example" not in resolver.asked


def test_a_domain_that_says_nothing(settings):
    settings.DEFAULT_FROM_EMAIL, settings.DKIM_SELECTOR = "hello@meridian.example", ""
    with running_dns({}) as resolver:
        assert states(resolver) == [MISSING, UNKNOWN, MISSING]


def test_where_dns_does_not_answer_nothing_is_claimed():
    with running_dns({"cx.example": [SPF]}, is_broken=True) as resolver:
        found = look_up("cx.example", selectors=("a", "b"), resolver=resolver)
        assert found == Answers(spf=None, dmarc=None, dkim={"a": None, "b": None})
        assert set(resolver.asked) == {"cx.example"}  # and not asked eleven times more
    assert {finding.state for finding in judge("cx.example", found, selectors=("a", "b"))} == {UNKNOWN}


def test_a_page_has_only_the_doubts_and_asks_once_in_some_minutes(settings):
    settings.DKIM_SELECTOR = "s7"
    zone = {"cx.example": [SPF], "s7._domainkey.cx.example": [KEY]}
    with running_dns(zone) as resolver:
        first = doubts_about("Meridian <hello@cx.example>", resolver)
        questions = len(resolver.asked)
        zone["_dmarc.cx.example"] = [DMARC]

        assert [(doubt.name, doubt.state) for doubt in first] == [("DMARC", MISSING)]
        assert doubts_about("other@cx.example", resolver) == first
        assert len(resolver.asked) == questions == 3
        assert len(doubts_about("hello@elsewhere.example", resolver)) == 3


def test_a_dns_server_that_is_silent_costs_a_page_a_second_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]

        began = time.monotonic()
        first = doubts_about("hello@cx.example", resolver)
        took = time.monotonic() - began
        silent.setblocking(False)
        assert silent.recv(4096)
        with suppress(BlockingIOError):
            while silent.recv(4096):
                pass
        again = doubts_about("hello@cx.example", resolver)
        with pytest.raises(BlockingIOError):
            silent.recv(4096)

    assert took < PATIENCE_OF_A_PAGE + 2
    assert [doubt.sentence for doubt in first] == [
        "Whether mail servers can trust mails from cx.example is not known: DNS is not reachable from here."
    ]
    assert again == first


def test_where_no_dns_server_is_named_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr("mail.sending_domain.system_resolver", lambda: None)

    assert [doubt.name for doubt in doubts_about("hello@cx.example")] == ["DNS"]


@pytest.mark.django_db
def test_the_page_of_channels_says_where_messages_go(client, settings, monkeypatch):
    client.force_login(UserFactory(roles=["Administrators"]))
    page = client.get(reverse("admin:mail_channels")).text
    assert page.count("Stays here") == 3
    assert "Just checked" not in page

    settings.EMAIL_URL = "smtp+tls://me:hush-hush@mail.example"
    settings.SMS_URL = "twilio://AC1:hush-hush@sms.example:1?from=+387&tls=no"
    settings.BOUNCE_IMAP_URL = "imaps://returned%40cx.example:hush-hush@mail.example"
    settings.OUTBOUND_PORTS = {1}
    with running_dns({}) as resolver:
        monkeypatch.setattr("mail.sending_domain.system_resolver", lambda: resolver)
        page = client.get(reverse("admin:mail_channels"), {"check": "1"}).text

    assert (page.count("Leaves the house"), page.count("Stays here")) == (2, 1)
    for said in (
        "mail.example",
        "twilio · sms.example",
        "returned@cx.example",
        "/hooks/sms/",
        "Just checked",
    ):
        assert said in page
    assert "hush-hush" not in page


@pytest.mark.django_db
def test_a_resting_channel_says_why_and_until_when(client, settings):
    settings.SMS_URL = "twilio://AC1:x@sms.example?from=+387"
    pause_channel(channel=Channel.SMS, wait=timedelta(hours=1), words="429 too many")
    client.force_login(UserFactory(roles=["Administrators"]))

    page = client.get(reverse("admin:mail_channels")).text
    assert "Rests" in page
    assert "429 too many" in page
