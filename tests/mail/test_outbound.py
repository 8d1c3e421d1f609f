"""The one HTTP client: where it may go, what it hands over, and what it makes of odd answers."""

import socket
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import transaction

from mail.network_addresses import is_public
from mail.outbound import LONGEST_ANSWER, Client, NoAnswer, NotReached, Request, check_url
from tests.web import Call, Reply, running_web

LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.fixture
def client(settings):
    settings.OUTBOUND_ALLOW_PRIVATE = LOOPBACK
    with Client(connections=2, timeout=timedelta(seconds=2)) as client:
        yield client


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::",
        "100::1", "2001::1", "4000::1", "fec0::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "193.0.6.139",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_an_address_that_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["gopher://x", "file:///etc/passwd", "x", "http://", "http://u:p@x/", "http://u@x/", "http://[x", "http://x:0/",
     "http://x:99999/", "ftp://x/", "//x/"],
)  # fmt: skip
def test_what_is_not_a_web_address_is_not_called(url):
    with pytest.raises(NotReached):
        check_url(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_the_own_machine_is_not_called_however_it_is_written(client, settings, host):
    settings.OUTBOUND_ALLOW_PRIVATE = []
    with running_web(lambda _call: Reply()) as web:
        port = web.url.rpartition(":")[2]
        with pytest.raises(NotReached):
            client.send(Request(url=f"http://{host}:{port}/"))

        assert web.calls == []


def test_a_name_is_looked_up_once_and_every_address_of_it_must_be_public(client, settings, monkeypatch):
    """A resolver that says another address to whoever asks again gains nothing by it."""
    settings.OUTBOUND_ALLOW_PRIVATE = []
    asked = []

    def resolver(answers):
        def getaddrinfo(host, port, *_a, **_k):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

        return getaddrinfo

    with running_web(lambda _call: Reply()) as web:
        port = web.url.rpartition(":")[2]
        monkeypatch.setattr("mail.outbound.socket.getaddrinfo", resolver(["93.184.216.34", "127.0.0.1"]))
        with pytest.raises(NotReached, match="not public"):
            client.send(Request(url=f"http://rebinding.example:{port}/"))

        settings.OUTBOUND_ALLOW_PRIVATE = LOOPBACK
        monkeypatch.setattr("mail.outbound.socket.getaddrinfo", resolver(["127.0.0.1"]))
        client.send(Request(url=f"http://rebinding.example:{port}/"))

        assert [call.headers["host"] for call in web.calls] == [f"rebinding.example:{port}"]
    assert asked.count("rebinding.example") == 2  # once a call


@pytest.mark.parametrize("port", [25, 6379, 8080])
def test_public_hosts_are_called_at_web_ports_only(client, monkeypatch, port):
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]
    monkeypatch.setattr("mail.outbound.socket.getaddrinfo", lambda *_a, **_k: public)
    with pytest.raises(NotReached, match="OUTBOUND_PORTS"):
        client.send(Request(url=f"http://mail.example:{port}/"))


def test_connections_stay_open_and_nothing_but_what_was_asked_goes_out(client):
    with running_web(lambda _call: Reply(201, b"made", {"X-Number": "7"})) as web:
        for _n in range(3):
            answer = client.send(Request(url=f"{web.url}/a?b=1", headers={"X-Key": "k"}, body=b"hi"))

        assert (answer.status, answer.body, answer.headers["x-number"]) == (201, b"made", "7")
        assert (answer.words, answer.document()) == ("201 made", {})
        assert len(web.connections) == 1
        assert len(web.calls) == 3
        assert web.calls[0] == Call("POST", "/a?b=1", web.calls[0].headers, b"hi")
        assert web.calls[0].headers["x-key"] == "k"


def test_a_redirect_is_an_answer_and_is_not_followed(client):
    with running_web(lambda _call: Reply(302, headers={"Location": "/there"})) as web:
        assert client.send(Request(url=web.url)).status == 302
        assert [call.path for call in web.calls] == ["/"]


def test_a_huge_answer_is_cut(client):
    with running_web(lambda _call: Reply(200, b"x" * 20_000_000)) as web:
        assert len(client.send(Request(url=web.url)).body) == LONGEST_ANSWER


@pytest.mark.parametrize(
    "reply",
    [Reply(after=2), Reply(body=b"x" * 100, drip=0.05), Reply(hangs_up=True)],
    ids=["silent", "slow", "gone"],
)
def test_no_whole_answer_in_time_is_no_answer(client, reply):
    client.timeout = 0.3
    with running_web(lambda _call: reply) as web:
        with pytest.raises(NoAnswer):
            client.send(Request(url=web.url))
        assert len(web.calls) == 1


@pytest.mark.parametrize(
    "bad",
    [{"url": "http://127.0.0.1:1/"}, {"url": "http://nowhere.invalid/"}, {"headers": {"X": "a\r\nY: b"}}],
)
def test_what_never_left_is_told_as_not_reached(client, bad):
    with running_web(lambda _call: Reply()) as web:
        with pytest.raises(NotReached):
            client.send(Request(**{"url": web.url} | bad))
        assert web.calls == []


@pytest.mark.django_db(transaction=True)
def test_nobody_is_called_inside_a_transaction(client):
    with transaction.atomic(), pytest.raises(RuntimeError):
        client.send(Request(url="http://127.0.0.1:1/"))
